import type { JSX } from 'solid-js'
import { t } from '~/i18n/i18n'
import { Button } from '~/ui/button'
import { handFocusOn } from '~/ui/focus-keeper'

/** Where unread begins. It takes no height: it comes and goes without moving a row. */
export function UnreadLine() {
  return (
    <div class="pointer-events-none absolute inset-x-3 top-0 sm:inset-x-5" role="separator" aria-label={t('New messages')} data-testid="unread-line">
      <div class="border-t border-accent" />
      {/* Drawn, and no text of the row: it is in nobody's copy of it. */}
      <span
        class="absolute end-0 top-0 rounded-b-control bg-accent px-1.5 text-day font-medium text-on-accent before:content-[attr(data-word)]"
        data-word={t('New@@what is below this line')}
        aria-hidden="true"
      />
    </div>
  )
}

/** A button that floats over the messages, `next` of which the focus is in as it goes. */
export function Pill(props: { class: string; loud?: boolean; next(): Element; onClick(): void; children: JSX.Element }) {
  let box!: HTMLDivElement
  handFocusOn(() => box, props.next)
  return (
    <div ref={box} class={`pointer-events-none absolute inset-x-0 flex justify-center ${props.class}`}>
      <Button
        variant={props.loud ? 'solid' : 'outline'}
        size="small"
        class="pointer-events-auto h-8 animate-pop-in rounded-full px-3.5 shadow-float"
        onClick={() => props.onClick()}
      >
        {props.children}
      </Button>
    </div>
  )
}
