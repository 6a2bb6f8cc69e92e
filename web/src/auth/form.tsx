import { useQueryClient } from '@tanstack/solid-query'
import { useRouter } from '@tanstack/solid-router'
import { createSignal, onCleanup, onMount, Show, type JSX } from 'solid-js'
import { explain, seconds, type Failure, type Result } from '~/http'
import { Mark } from '~/mark'
import { Button } from '~/ui/button'
import { TextField, TextFieldDescription, TextFieldError, TextFieldInput, TextFieldLabel } from '~/ui/text-field'
import { safeRedirect, setSession, type Account } from './session'

/** The frame of the pages for those who aren't signed in. */
export function AuthPage(props: { title: string; lead: string; aside: JSX.Element; children: JSX.Element }) {
  onMount(() => {
    document.title = `${props.title} · Snug`
  })
  return (
    <main class="grid min-h-full place-items-center px-4 py-8 sm:py-12">
      <div class="w-full max-w-[25rem]">
        <div class="mb-6 flex items-center gap-2.5 px-1 sm:mb-8">
          <Mark class="size-8" />
          <span class="text-title font-semibold tracking-tight">Snug</span>
        </div>
        <div class="rounded-card border border-line bg-surface p-5 sm:p-7">
          <h1 class="text-headline font-semibold tracking-tight">{props.title}</h1>
          <p class="mt-1 text-body text-muted">{props.lead}</p>
          {props.children}
        </div>
        <p class="mt-5 px-1 text-body text-muted">{props.aside}</p>
      </div>
    </main>
  )
}

interface FieldProps {
  label: string
  name: string
  type?: 'text' | 'email' | 'password'
  autocomplete: string
  value: string
  onChange(value: string): void
  /** '' while there is nothing to complain of. */
  fault: string
  hint?: string
  autofocus?: boolean
}

export function Field(props: FieldProps) {
  let input: HTMLInputElement | undefined
  const [shown, setShown] = createSignal(false)
  const isPassword = () => props.type === 'password'
  onMount(() => {
    if (props.autofocus) input?.focus()
  })
  return (
    <TextField
      name={props.name}
      value={props.value}
      onChange={(value: string) => props.onChange(value)}
      validationState={props.fault ? 'invalid' : 'valid'}
    >
      <TextFieldLabel>{props.label}</TextFieldLabel>
      <div class="relative">
        <TextFieldInput
          ref={input}
          type={isPassword() && shown() ? 'text' : (props.type ?? 'text')}
          autocomplete={props.autocomplete}
          autocapitalize={props.type === 'text' ? 'words' : 'none'}
          spellcheck={false}
          class={isPassword() ? 'pe-18' : ''}
        />
        <Show when={isPassword()}>
          <Button
            type="button"
            variant="quiet"
            size="small"
            class="absolute end-1.5 top-1/2 -translate-y-1/2 text-muted pointer-coarse:end-0.5"
            onClick={() => {
              setShown(!shown())
              input?.focus()
            }}
          >
            {shown() ? 'Hide' : 'Show'}
            <span class="sr-only"> password</span>
          </Button>
        </Show>
      </div>
      <Show when={props.hint && !props.fault}>
        <TextFieldDescription>{props.hint}</TextFieldDescription>
      </Show>
      <TextFieldError>{props.fault}</TextFieldError>
    </TextField>
  )
}

/**
 * Sending a form: what is under way, what went wrong, and where to go when it
 * went well. `words` may say a refusal better than the server did.
 */
export function createSubmission(options: {
  send(): Promise<Result<Account>>
  words(failure: Failure): string | undefined
  redirect: string | undefined
}) {
  const client = useQueryClient()
  const router = useRouter()
  const [busy, setBusy] = createSignal(false)
  const [failure, setFailure] = createSignal<Failure | null>(null)
  const [waitLeft, setWaitLeft] = createSignal(0)
  let ticking: ReturnType<typeof setInterval> | undefined
  onCleanup(() => clearInterval(ticking))

  function countDown(from: number) {
    const end = Date.now() + from * 1_000
    setWaitLeft(from)
    clearInterval(ticking)
    ticking = setInterval(() => {
      const left = Math.max(0, Math.ceil((end - Date.now()) / 1_000))
      setWaitLeft(left)
      if (left > 0) return
      clearInterval(ticking)
      setFailure(null)
    }, 250)
  }

  return {
    busy,
    waitLeft,
    message() {
      const f = failure()
      if (!f) return ''
      return options.words(f) ?? explain(f)
    },
    /** For eyes only: a counter that speaks each second is a nuisance. */
    countdown: () => (failure()?.kind === 'limited' && waitLeft() > 0 ? `Wait ${seconds(waitLeft())}` : ''),
    async send() {
      if (busy() || waitLeft() > 0) return
      setBusy(true)
      setFailure(null)
      const result = await options.send()
      setBusy(false)
      if (!result.ok) {
        setFailure(result.failure)
        if (result.failure.kind === 'limited') countDown(result.failure.retryAfterSeconds)
        return
      }
      setSession(client, result.value)
      router.history.push(safeRedirect(options.redirect))
    },
  }
}

/** The submit button with what went wrong above it. */
export function Submit(props: { label: string; busyLabel: string; busy: boolean; message: string; countdown: string }) {
  return (
    <div class="mt-1 flex flex-col gap-3">
      <div role="alert" class="empty:hidden">
        <Show when={props.message}>
          <p class="animate-fade-in rounded-control bg-bad-soft px-3 py-2 text-meta text-bad">{props.message}</p>
        </Show>
      </div>
      <Button type="submit" size="large" disabled={props.countdown !== ''} aria-busy={props.busy}>
        {props.countdown || (props.busy ? props.busyLabel : props.label)}
      </Button>
    </div>
  )
}
