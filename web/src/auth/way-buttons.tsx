import { createSignal, For, onCleanup, onMount, Show, type JSX } from 'solid-js'
import { Button } from '~/ui/button'
import { cn } from '~/ui/cn'
import { callbackTo, signInAt, withRedirect } from './calls'
import { say } from './form'
import { PasskeyMark, ProviderMark } from './provider-mark'
import { safeRedirect } from './session'
import type { Way } from './ways'

/** The ways in that are one press each. What goes wrong is reported; '' as another try begins. */
export function WayButtons(props: {
  ways: readonly Way[]
  redirect: string | undefined
  passkey?: { busy(): boolean; choose(): Promise<void> }
  report(message: string): void
}) {
  const [leaving, setLeaving] = createSignal<string>()

  // Who comes back by the browser's button finds the page as it was left.
  function shown(event: PageTransitionEvent) {
    if (event.persisted) setLeaving(undefined)
  }
  onMount(() => addEventListener('pageshow', shown))
  onCleanup(() => removeEventListener('pageshow', shown))

  async function go(provider: string) {
    if (leaving()) return
    setLeaving(provider)
    props.report('')
    const target = safeRedirect(props.redirect)
    const result = await signInAt({
      provider,
      callbackURL: callbackTo(target),
      errorCallbackURL: callbackTo(withRedirect('/sign-in', target)),
    })
    if (result.ok) {
      location.assign(result.value)
      return
    }
    setLeaving(undefined)
    props.report(await say(result.failure))
  }

  return (
    <div class="flex flex-col gap-2.5">
      <For each={props.ways}>
        {(way) =>
          way.kind === 'provider' ? (
            <WayButton
              icon={<ProviderMark id={way.provider.id} />}
              last={way.last}
              busy={leaving() === way.provider.id}
              onClick={() => void go(way.provider.id)}
            >
              {leaving() === way.provider.id ? `Going to ${way.provider.name}…` : `Continue with ${way.provider.name}`}
            </WayButton>
          ) : (
            <WayButton
              icon={<PasskeyMark />}
              last={way.last}
              busy={props.passkey?.busy() ?? false}
              onClick={() => void props.passkey?.choose()}
            >
              {props.passkey?.busy() ? 'Waiting for your passkey…' : 'Use a passkey'}
            </WayButton>
          )
        }
      </For>
    </div>
  )
}

function WayButton(props: { icon: JSX.Element; last: boolean; busy: boolean; onClick(): void; children: JSX.Element }) {
  return (
    <Button
      type="button"
      variant="outline"
      size="large"
      class="w-full min-w-0 justify-start gap-3 px-4"
      aria-busy={props.busy}
      onClick={() => props.onClick()}
    >
      {props.icon}
      <span class="truncate">{props.children}</span>
      <Show when={props.last}>
        <LastUsed />
      </Show>
    </Button>
  )
}

/** Marks the way that was used last in this browser. */
export function LastUsed(props: { class?: string }) {
  return (
    <span class={cn('forced-border ms-auto inline-flex h-5 shrink-0 items-center rounded-full bg-accent-soft px-2 text-day font-medium text-accent-strong', props.class)}>
      Last used
    </span>
  )
}

/** A line between the buttons and the form. */
export function Or() {
  return (
    <div class="flex items-center gap-3 text-meta text-muted">
      <span class="h-px flex-1 bg-line" />
      or
      <span class="h-px flex-1 bg-line" />
    </div>
  )
}
