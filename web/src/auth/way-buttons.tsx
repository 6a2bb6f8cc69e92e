import { createSignal, For, onCleanup, onMount, Show, type JSX } from 'solid-js'
import { t } from '~/i18n/i18n'
import { Button } from '~/ui/button'
import { cn } from '~/ui/cn'
import { callbackTo, signInAt, withRedirect } from './calls'
import { say } from './form'
import { PasskeyMark, ProviderMark } from './provider-mark'
import { safeRedirect } from './session'
import { SHORT, shortName, wholeRows, type Way } from './ways'

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

  const whole = () => wholeRows(props.ways)
  return (
    <div class="grid grid-cols-2 gap-2.5">
      <For each={props.ways}>
        {(way, index) =>
          way.kind === 'provider' ? (
            <WayButton
              icon={<ProviderMark id={way.provider.id} />}
              label={t('Continue with {provider}', { provider: way.provider.name })}
              short={shortName(way)}
              busyLabel={t('Going to {provider}…', { provider: way.provider.name })}
              last={way.last}
              wide={whole()[index()] ?? true}
              busy={leaving() === way.provider.id}
              onClick={() => void go(way.provider.id)}
            />
          ) : (
            <WayButton
              icon={<PasskeyMark />}
              label={t('Use a passkey')}
              short={shortName(way)}
              busyLabel={t('Waiting for your passkey…')}
              last={way.last}
              wide={whole()[index()] ?? true}
              busy={props.passkey?.busy() ?? false}
              onClick={() => void props.passkey?.choose()}
            />
          )
        }
      </For>
    </div>
  )
}

interface WayButtonProps {
  icon: JSX.Element
  label: string
  /** What of the label is seen where there is half the room. */
  short: string
  busyLabel: string
  last: boolean
  wide: boolean
  busy: boolean
  onClick(): void
}

function WayButton(props: WayButtonProps) {
  const shown = () => {
    if (props.busy) return props.wide ? props.busyLabel : t('Waiting…')
    if (!props.wide) return props.short
    return (props.last || props.short.length > SHORT) && props.label.includes(props.short) ? <Shortened {...props} /> : props.label
  }
  return (
    <Button
      type="button"
      variant="outline"
      size="large"
      class={cn('w-full min-w-0 justify-start gap-3 px-4', props.wide && 'col-span-full')}
      aria-busy={props.busy}
      aria-label={props.wide || props.busy ? undefined : props.label}
      onClick={() => props.onClick()}
    >
      {props.icon}
      <span class="truncate">{shown()}</span>
      <Show when={props.last}>
        <LastUsed />
      </Show>
    </Button>
  )
}

/** The label, of which a phone shows the name alone: it hasn't the room for all. */
function Shortened(props: { label: string; short: string }) {
  const at = () => props.label.lastIndexOf(props.short)
  return (
    <>
      <span class="max-sm:sr-only">{props.label.slice(0, at())}</span>
      {props.short}
      <span class="max-sm:sr-only">{props.label.slice(at() + props.short.length)}</span>
    </>
  )
}

/** Marks the way that was used last in this browser. */
export function LastUsed(props: { class?: string }) {
  return (
    <span class={cn('forced-border ms-auto inline-flex h-5 shrink-0 items-center rounded-full bg-accent-soft px-2 text-day font-medium text-accent-strong', props.class)}>
      {t('Last used')}
    </span>
  )
}

/** A line between the buttons and the form. */
export function Or() {
  return (
    <div class="flex items-center gap-3 text-meta text-muted">
      <span class="h-px flex-1 bg-line" />
      {t('or@@between two ways to sign in')}
      <span class="h-px flex-1 bg-line" />
    </div>
  )
}
