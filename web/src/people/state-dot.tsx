import { Show } from 'solid-js'
import { m, t } from '~/i18n/i18n'
import type { State, Status } from '~/realtime/wire.gen'
import { cn } from '~/ui/cn'

// Each has its words, and a shape of its own: whole, hollow, or with a bar.
const disc = 'M5 0a5 5 0 1 0 .01 0z'
const signs: Readonly<Record<State, readonly [words: string, colour: string, path: string]>> = {
  online: [m('online'), 'text-good', disc],
  away: [m('away'), 'text-muted', `${disc}M5 2.5a2.5 2.5 0 1 0 .01 0z`],
  dnd: [m('do not disturb'), 'text-bad', `${disc}M2.5 4h5v2h-5z`],
  offline: [m('offline'), '', ''],
}

/** How a person is, in words; '' while it isn't known. */
export function stateWords(state: State | undefined): string {
  return state ? t(signs[state][0]) : ''
}

/** The same as a sign at the corner of a face; nothing for who isn't here. Its words stand elsewhere. */
export function StateDot(props: { state: State | undefined; class?: string }) {
  const sign = () => signs[props.state ?? 'offline']
  return (
    <Show when={sign()[2]}>
      <svg viewBox="0 0 10 10" class={cn('absolute -end-0.5 -bottom-0.5 size-2.5 rounded-full bg-paper ring-2 ring-paper', sign()[1], props.class)} data-state={props.state} aria-hidden="true">
        <path d={sign()[2]} fill="currentColor" fill-rule="evenodd" />
      </svg>
    </Show>
  )
}

/** What a person says of themselves, as a sign beside their name. */
export function StatusSign(props: { status: Status | undefined; class?: string }) {
  return (
    <Show when={props.status}>
      {(status) => (
        <span class={cn('shrink-0 font-emoji text-meta', props.class)} role="img" aria-label={status().text || status().emoji} title={status().text}>
          {status().emoji || '💬'}
        </span>
      )}
    </Show>
  )
}
