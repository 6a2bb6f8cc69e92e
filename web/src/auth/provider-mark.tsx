import { Match, Switch } from 'solid-js'
import { cn } from '~/ui/cn'

/** The sign of a provider in the colour of the text; a key for those without one here. */
export function ProviderMark(props: { id: string; class?: string }) {
  const size = () => cn('size-4.5 shrink-0', props.class)
  return (
    <Switch
      fallback={
        <svg viewBox="0 0 24 24" class={size()} fill="none" stroke="currentColor" stroke-width="2" aria-hidden="true">
          <path d="M11.5 12.5 3.5 20.5h4v-3h3v-3l1-2M20.5 9a5.5 5.5 0 1 1-11 0 5.5 5.5 0 0 1 11 0z" stroke-linejoin="round" />
          <path d="M16 8.1h.01" stroke-width="3" stroke-linecap="round" />
        </svg>
      }
    >
      <Match when={props.id === 'google'}>
        <svg viewBox="0 0 24 24" class={size()} fill="none" stroke="currentColor" stroke-width="3.4" aria-hidden="true">
          <path d="M18.4 5.9A8.8 8.8 0 1 0 20.8 12H12.2" />
        </svg>
      </Match>
      <Match when={props.id === 'github'}>
        <svg viewBox="0 0 24 24" class={size()} fill="currentColor" aria-hidden="true">
          <path d="M12 .8a11.4 11.4 0 0 0-3.6 22.2c.6.1.8-.2.8-.5v-2.1c-3.2.7-3.9-1.4-3.9-1.4-.5-1.3-1.3-1.7-1.3-1.7-1-.7.1-.7.1-.7 1.2.1 1.8 1.2 1.8 1.2 1 1.8 2.7 1.3 3.3 1 .1-.8.4-1.3.7-1.6-2.5-.3-5.2-1.3-5.2-5.7 0-1.2.5-2.3 1.2-3.1-.1-.3-.5-1.4.1-3 0 0 1-.3 3.2 1.2a11 11 0 0 1 5.7 0c2.2-1.5 3.1-1.2 3.1-1.2.7 1.6.3 2.7.2 3 .7.8 1.2 1.9 1.2 3.1 0 4.4-2.7 5.4-5.3 5.7.4.4.8 1 .8 2.1v3.2c0 .3.2.7.8.5A11.4 11.4 0 0 0 12 .8z" />
        </svg>
      </Match>
      <Match when={props.id === 'twitter'}>
        <svg viewBox="0 0 24 24" class={size()} fill="none" stroke="currentColor" aria-hidden="true">
          <path d="M3 2.8h4.5L21 21.2h-4.5z" stroke-width="2" stroke-linejoin="round" />
          <path d="M20.6 2 13.3 10.4M10.7 13.6 3.4 22" stroke-width="2.4" />
        </svg>
      </Match>
    </Switch>
  )
}

/** The sign of passkeys: a finger's lines. */
export function PasskeyMark() {
  return (
    <svg viewBox="0 0 24 24" class="size-4.5 shrink-0" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" aria-hidden="true">
      <path d="M3.5 15.5c.4-1.2.5-2.4.5-3.5a8 8 0 0 1 13.4-5.9M20 12c0 2.6-.2 5-.7 7.3M6.7 19.8C7.6 17.4 8 14.8 8 12a4 4 0 0 1 8 0c0 3.3-.4 6.3-1.2 9.2M12 12c0 3.3-.5 6.4-1.5 9.3" />
    </svg>
  )
}
