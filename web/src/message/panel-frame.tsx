import ChevronLeft from 'lucide-solid/icons/chevron-left'
import X from 'lucide-solid/icons/x'
import { onMount, Show, type JSX } from 'solid-js'
import { explain, type Failure } from '~/http'
import { t } from '~/i18n/i18n'
import { composing } from '~/keys/composing'
import { Button } from '~/ui/button'
import { handFocusOn, writingPlace } from '~/ui/focus-keeper'

/** The frame of what stands beside a room. Narrow windows show it in the room's place. */
export function PanelFrame(props: { title: string; close: string; detail?: string; actions?: JSX.Element; onClose(): void; children: JSX.Element }) {
  let panel!: HTMLElement
  let heading!: HTMLHeadingElement
  onMount(() => {
    panel.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || event.defaultPrevented || composing(event)) return
      event.preventDefault()
      props.onClose()
    })
    // Where a field in it took the focus it keeps it.
    if (!panel.contains(document.activeElement)) heading.focus({ preventScroll: true })
  })
  // Whoever was in it is back where one writes, not at the top of the page.
  handFocusOn(() => panel, writingPlace)
  return (
    <aside
      ref={panel}
      class="fixed inset-0 z-30 flex flex-col bg-paper sm:start-66 md:static md:z-auto md:w-90 md:shrink-0 md:border-s md:border-line"
      aria-label={props.title}
    >
      <header class="flex h-14 shrink-0 items-center gap-1 border-b border-line ps-1.5 pe-2 md:ps-4">
        <Button variant="quiet" size="icon" class="md:hidden" aria-label={props.close} onClick={() => props.onClose()}>
          <ChevronLeft class="size-5 mirrored" aria-hidden="true" />
        </Button>
        <div class="min-w-0 flex-1">
          <h2 ref={heading} tabindex="-1" class="truncate text-body font-semibold outline-none">{props.title}</h2>
          <Show when={props.detail}>
            <p class="truncate text-day text-muted" dir="auto">{props.detail}</p>
          </Show>
        </div>
        {props.actions}
        <Button variant="quiet" size="icon" class="max-md:hidden" aria-label={props.close} onClick={() => props.onClose()}>
          <X class="size-4.5" aria-hidden="true" />
        </Button>
      </header>
      {props.children}
    </aside>
  )
}

/** What a panel shows that couldn't be loaded. */
export function PanelFailure(props: { what: string; failure: Failure; onRetry(): void }) {
  return (
    <div class="flex flex-col items-start gap-3 p-4" role="alert">
      <p class="text-body">{props.what} {explain(props.failure)}</p>
      <Button variant="outline" size="small" onClick={() => props.onRetry()}>{t('Try again')}</Button>
    </div>
  )
}
