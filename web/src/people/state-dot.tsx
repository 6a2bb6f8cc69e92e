import { Show } from 'solid-js'
import type { State, Status } from '~/realtime/wire.gen'
import { cn } from '~/ui/cn'

const words: Readonly<Record<State, string>> = { online: 'online', away: 'away', dnd: 'do not disturb', offline: 'offline' }

/** How a person is, in words; '' while it isn't known. */
export function stateWords(state: State | undefined): string {
  return state ? words[state] : ''
}

/** The same as a sign, told apart by its shape: whole, hollow, or with a bar. Its words stand elsewhere. */
export function StateDot(props: { state: State | undefined; class?: string }) {
  const hollow = () => props.state === 'away'
  const barred = () => props.state === 'dnd'
  return (
    <Show when={props.state && props.state !== 'offline'}>
      <svg
        viewBox="0 0 10 10"
        class={cn('size-2.5 shrink-0 rounded-full bg-paper text-good ring-2 ring-paper', (hollow() && 'text-muted') || (barred() && 'text-bad'), props.class)}
        data-state={props.state}
        aria-hidden="true"
      >
        <circle cx="5" cy="5" r={hollow() ? 3.75 : 5} fill={hollow() ? 'none' : 'currentColor'} stroke="currentColor" stroke-width={hollow() ? 2.5 : 0} />
        <Show when={barred()}>
          <path d="M2.5 5h5" class="stroke-paper" stroke-width="1.75" />
        </Show>
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
