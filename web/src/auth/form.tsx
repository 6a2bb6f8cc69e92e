import { Link } from '@tanstack/solid-router'
import { createEffect, createSignal, onCleanup, onMount, Show, type JSX } from 'solid-js'
import { Dynamic } from 'solid-js/web'
import { explain, seconds, type Failure, type Result } from '~/http'
import { t } from '~/i18n/i18n'
import { Mark } from '~/mark'
import { onDemand } from '~/on-demand'
import { serverDescription, serverName } from '~/server-name'
import { Button, buttonVariants } from '~/ui/button'
import { cn } from '~/ui/cn'
import { TextField, TextFieldDescription, TextFieldError, TextFieldInput, TextFieldLabel } from '~/ui/text-field'

// Not needed to sign in: where it doesn't come, the page is there without it.
const languageChoice = onDemand(() => import('./language-choice'))

/**
 * The frame of the pages for those who aren't signed in. It hangs from the top:
 * what appears in it pushes nothing up. Its heading takes the focus, if nothing else
 * in it does.
 */
export function AuthPage(props: { title: string; lead?: JSX.Element; aside?: JSX.Element; children?: JSX.Element }) {
  let page: HTMLElement | undefined
  let heading: HTMLHeadingElement | undefined
  createEffect(() => {
    document.title = `${props.title} · ${serverName()}`
  })
  onMount(() => {
    if (!page?.contains(document.activeElement)) heading?.focus()
  })
  return (
    <main ref={page} class="grid min-h-full justify-items-center px-4 pb-10 pt-8 sm:pt-[max(2rem,8dvh)]">
      <div class="w-full max-w-[25rem]">
        <div class="mb-6 flex items-center gap-2.5 px-1 sm:mb-7">
          <Mark class="size-8 shrink-0" />
          <p class="min-w-0 text-title font-semibold tracking-tight wrap-anywhere" dir="auto">
            {serverName()}
            <span class="block text-meta font-normal text-muted">{serverDescription()}</span>
          </p>
        </div>
        <div class="rounded-card border border-line bg-surface p-5 sm:p-7">
          <h1 ref={heading} tabindex="-1" class="text-headline font-semibold tracking-tight outline-none wrap-anywhere">{props.title}</h1>
          <Show when={props.lead}>
            <p class="mt-1 text-body text-muted wrap-anywhere">{props.lead}</p>
          </Show>
          {props.children}
        </div>
        <Show when={props.aside}>
          <p class="mt-5 px-1 text-body text-muted">{props.aside}</p>
        </Show>
        <Dynamic component={languageChoice()?.default} />
      </div>
    </main>
  )
}

interface FieldProps {
  label: string
  name: string
  type?: 'text' | 'email' | 'password'
  inputmode?: 'numeric' | 'text'
  autocomplete: string
  value: string
  onChange(value: string): void
  /** '' while there is nothing to complain of. */
  fault: string
  hint?: string
  autofocus?: boolean
  readOnly?: boolean
  /** Stands at the end of the label's line. */
  beside?: JSX.Element
  class?: string
}

export function Field(props: FieldProps) {
  let input: HTMLInputElement | undefined
  const [shown, setShown] = createSignal(false)
  const isPassword = () => props.type === 'password'
  onMount(() => {
    // On a phone that would hide half of the page behind a keyboard.
    if (props.autofocus && !matchMedia('(pointer: coarse)').matches) input?.focus()
  })
  return (
    <TextField
      name={props.name}
      value={props.value}
      onChange={(value: string) => props.onChange(value)}
      validationState={props.fault ? 'invalid' : 'valid'}
      readOnly={props.readOnly ?? false}
      class="relative"
    >
      <TextFieldLabel>{props.label}</TextFieldLabel>
      <div class="relative">
        <TextFieldInput
          ref={input}
          type={isPassword() && shown() ? 'text' : (props.type ?? 'text')}
          inputmode={props.inputmode}
          autocomplete={props.autocomplete}
          autocapitalize={props.autocomplete === 'name' ? 'words' : 'none'}
          spellcheck={false}
          class={cn(isPassword() && 'pe-18', props.readOnly && 'bg-sunken text-muted', props.class)}
        />
        <Show when={isPassword()}>
          <Button
            type="button"
            variant="quiet"
            size="small"
            class="absolute end-1.5 top-1/2 -translate-y-1/2 text-muted pointer-coarse:end-0.5"
            aria-label={shown() ? t('Hide password') : t('Show password')}
            onClick={() => {
              setShown(!shown())
              input?.focus()
            }}
          >
            {shown() ? t('Hide@@the password') : t('Show@@the password')}
          </Button>
        </Show>
      </div>
      <Show when={props.hint && !props.fault}>
        <TextFieldDescription>{props.hint}</TextFieldDescription>
      </Show>
      <TextFieldError>{props.fault}</TextFieldError>
      {/* After the field, so that Tab goes from one field to the next. */}
      <Show when={props.beside}>
        <div class="absolute end-0 top-0 text-meta">{props.beside}</div>
      </Show>
    </TextField>
  )
}

/** Puts the focus into the first field of a form that something is wrong with; false if there is none. */
export function focusFault(form: HTMLElement): boolean {
  const field = form.querySelector<HTMLElement>('[aria-invalid="true"]')
  field?.focus()
  return field !== null
}

/** Counts seconds down to nothing. */
export function createCountdown(finished?: () => void) {
  const [left, setLeft] = createSignal(0)
  let ticking: ReturnType<typeof setInterval> | undefined
  onCleanup(() => clearInterval(ticking))
  return {
    left,
    start(from: number) {
      const end = Date.now() + from * 1_000
      setLeft(from)
      clearInterval(ticking)
      ticking = setInterval(() => {
        const now = Math.max(0, Math.ceil((end - Date.now()) / 1_000))
        setLeft(now)
        if (now > 0) return
        clearInterval(ticking)
        finished?.()
      }, 250)
    },
  }
}

/** What went wrong, in words; most people never need those of refusals, so they are fetched then. */
export async function say(failure: Failure, own?: Readonly<Record<string, string>>): Promise<string> {
  if (failure.kind !== 'refused') return explain(failure)
  const { inWords } = await import('./words')
  return inWords(failure, own)
}

/**
 * Sending something: what is under way, and what went wrong. `done` is told of
 * what went well and may take its time, in which the form stays busy. `words` may
 * say a refusal better than the table does.
 */
export function createSubmission<T>(options: {
  send(): Promise<Result<T>>
  done(value: T): void | Promise<void>
  words?(failure: Failure): string | undefined
}) {
  const [busy, setBusy] = createSignal(false)
  const [failure, setFailure] = createSignal<Failure | null>(null)
  const [message, setMessage] = createSignal('')
  const wait = createCountdown(clear)

  function clear() {
    setFailure(null)
    setMessage('')
  }

  return {
    busy,
    failure,
    message,
    /** For eyes only: a counter that speaks each second is a nuisance. */
    countdown: () => (failure()?.kind === 'limited' && wait.left() > 0 ? t('Wait {time}', { time: seconds(wait.left()) }) : ''),
    clear,
    async send() {
      if (busy() || wait.left() > 0) return
      setBusy(true)
      clear()
      const result = await options.send()
      if (result.ok) {
        await options.done(result.value)
      } else {
        setMessage(options.words?.(result.failure) ?? (await say(result.failure)))
        setFailure(result.failure)
        if (result.failure.kind === 'limited') wait.start(result.failure.retryAfterSeconds)
      }
      setBusy(false)
    },
  }
}

/** What went wrong, read out as it appears. */
export function Alert(props: { message: string; class?: string }) {
  return (
    <div role="alert" class={cn('empty:hidden', props.class)}>
      <Show when={props.message}>
        <p class="animate-fade-in rounded-control bg-bad-soft px-3 py-2 text-meta text-bad wrap-anywhere">{props.message}</p>
      </Show>
    </div>
  )
}

/** The submit button with what went wrong above it. */
export function Submit(props: { label: string; busyLabel: string; busy: boolean; message: string; countdown: string; mark?: JSX.Element }) {
  return (
    <div class="mt-1 flex flex-col gap-3">
      <Alert message={props.message} />
      <Button type="submit" size="large" class="relative" disabled={props.countdown !== ''} aria-busy={props.busy}>
        {props.countdown || (props.busy ? props.busyLabel : props.label)}
        {props.mark}
      </Button>
    </div>
  )
}

/** The way to the sign-in page, from any other. */
export function ToSignIn(props: { redirect?: string | undefined; children?: JSX.Element; button?: boolean }) {
  return (
    <Link
      to="/sign-in"
      search={props.redirect ? { redirect: props.redirect } : {}}
      class={props.button ? cn(buttonVariants({ size: 'large' }), 'w-full') : buttonVariants({ variant: 'link', size: 'inline' })}
    >
      {props.children ?? t('Sign in')}
    </Link>
  )
}
