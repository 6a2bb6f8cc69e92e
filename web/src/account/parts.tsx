import { Link } from '@tanstack/solid-router'
import ChevronLeft from 'lucide-solid/icons/chevron-left'
import { children, createEffect, createMemo, createSignal, createUniqueId, For, Match, onCleanup, onMount, Show, Switch, type Accessor, type JSX } from 'solid-js'
import { signOut } from '~/auth/session'
import { explain, RequestError } from '~/http'
import { t } from '~/i18n/i18n'
import type { Query } from '~/query'
import { Button, buttonVariants } from '~/ui/button'
import { cn } from '~/ui/cn'
import { showToast } from '~/ui/toast'
import { isSignedOut, useLeave, type Action } from './action'
import { GuestBanner } from './guest-banner'

// What the pages of the account are made of.

/** Loading that is over sooner shows nothing of itself. */
const SKELETON_MS = 200

/** One page: on a phone below a bar that leads back to the list of them. */
export function Page(props: { title: string; lead?: string; children: JSX.Element }) {
  onMount(() => {
    document.title = t('{title} · Snug', { title: props.title })
  })
  return (
    <div class="mx-auto w-full max-w-[44rem] px-4 pb-[max(4rem,env(safe-area-inset-bottom))] sm:px-6 md:mx-0 md:px-10">
      <div class="sticky top-0 z-10 -mx-4 mb-5 flex h-14 items-center gap-1 border-b border-line bg-paper px-2 sm:-mx-6 sm:px-4 md:static md:mx-0 md:mb-0 md:h-auto md:border-0 md:px-0 md:pt-10">
        <Link to="/account" class={cn(buttonVariants({ variant: 'quiet', size: 'icon' }), 'md:hidden')} aria-label={t('Back to account')}>
          <ChevronLeft class="size-5 mirrored" aria-hidden="true" />
        </Link>
        <h1 tabindex="-1" class="min-w-0 truncate text-title font-semibold tracking-tight outline-none md:text-headline">
          {props.title}
        </h1>
      </div>
      <Show when={props.lead}>
        <p class="max-w-[36rem] text-body text-muted md:mt-1">{props.lead}</p>
      </Show>
      <GuestBanner class="mt-5" />
      <div class="mt-6 flex flex-col gap-9 md:mt-8 md:gap-10">{props.children}</div>
    </div>
  )
}

/** What belongs together on a page. */
export function Block(props: { title: string; text?: JSX.Element; action?: JSX.Element; children: JSX.Element }) {
  const id = createUniqueId()
  return (
    <section aria-labelledby={id} class="min-w-0">
      <div class={cn('mb-3 flex flex-wrap justify-between gap-x-6 gap-y-3', props.text ? 'items-end' : 'items-center')}>
        <div class={cn('min-w-0 max-w-[34rem] flex-1', props.text ? 'basis-64' : 'basis-32')}>
          {/* The focus comes here when what had it is gone. */}
          <h2 id={id} tabindex="-1" class="rounded-control text-title font-semibold tracking-tight">
            {props.title}
          </h2>
          <Show when={props.text}>
            <p class="mt-0.5 text-body text-muted">{props.text}</p>
          </Show>
        </div>
        {props.action}
      </div>
      {props.children}
    </section>
  )
}

export function Card(props: { class?: string; children: JSX.Element }) {
  return <div class={cn('divide-y divide-line rounded-card border border-line bg-surface', props.class)}>{props.children}</div>
}

/**
 * A row of a card: what it is, more about it, and what can be done with it, which
 * comes below where much is said.
 */
export function Item(props: { lead?: JSX.Element; title: JSX.Element; text?: JSX.Element; much?: boolean; children?: JSX.Element }) {
  const actions = children(() => props.children)
  return (
    <div class="flex flex-wrap items-center gap-x-4 gap-y-3 px-4 py-3.5 sm:px-5">
      <div class={cn('flex min-w-0 flex-1 items-center gap-3.5', props.much ? 'basis-60' : 'basis-40')}>
        {props.lead}
        <div class="min-w-0 flex-1">
          <div class="flex flex-wrap items-center gap-x-2 gap-y-1 text-body font-medium [overflow-wrap:anywhere]">{props.title}</div>
          <Show when={props.text}>
            <div class="text-meta text-muted [overflow-wrap:anywhere]">{props.text}</div>
          </Show>
        </div>
      </div>
      <Show when={actions()}>
        <div class={cn('flex flex-wrap items-center gap-2', props.much && props.lead && 'max-sm:ps-12.5')}>{actions()}</div>
      </Show>
    </div>
  )
}

/** The sign of a thing in a row. */
export function Sign(props: { children: JSX.Element }) {
  return <span class="grid size-9 shrink-0 place-items-center rounded-full bg-ink/6 text-ink">{props.children}</span>
}

/** Where a list will be, and what it is for. */
export function Empty(props: { title: string; text: string }) {
  return (
    <div class="flex flex-col gap-1 rounded-card border border-dashed border-line-strong/50 px-4 py-5 sm:px-5">
      <p class="text-body font-medium">{props.title}</p>
      <p class="max-w-[34rem] text-body text-muted">{props.text}</p>
    </div>
  )
}

/** What a query brings, and what stands there until it does or when it can't; `loading` and `failed` say these. */
export function Loaded<T>(props: { query: Query<T>; loading: string; failed: string; skeleton: JSX.Element; children: (data: Accessor<NonNullable<T>>) => JSX.Element }) {
  const leave = useLeave()
  const failure = () => (props.query.error instanceof RequestError ? props.query.error.failure : null)
  createEffect(() => {
    if (isSignedOut(failure())) leave()
  })
  const data = () => props.query.data
  const words = () => {
    const f = failure()
    return f ? explain(f) : t('This page ran into a fault of its own.')
  }
  return (
    <Switch fallback={<Late loading={props.loading}>{props.skeleton}</Late>}>
      <Match when={data()}>
        {(d) => (
          <>
            {props.children(d)}
            <p role="status" class="mt-2 text-meta text-muted empty:hidden">
              {props.query.isRefetchError ? t('Not up to date. {why}', { why: words() }) : ''}
            </p>
          </>
        )}
      </Match>
      <Match when={props.query.isLoadingError}>
        <div role="alert" class="flex flex-wrap items-center justify-between gap-3 rounded-card border border-line bg-surface px-4 py-4 sm:px-5">
          <div class="min-w-0 flex-1 basis-56">
            <p class="text-body font-medium">{props.failed}</p>
            <p class="text-body text-muted">{words()}</p>
          </div>
          <Button variant="outline" aria-busy={props.query.isFetching} onClick={() => void props.query.refetch()}>
            {t('Try again')}
          </Button>
        </div>
      </Match>
    </Switch>
  )
}

function Late(props: { loading: string; children: JSX.Element }) {
  const [late, setLate] = createSignal(false)
  const timer = setTimeout(() => setLate(true), SKELETON_MS)
  onCleanup(() => clearTimeout(timer))
  return (
    <div aria-busy="true">
      <Show when={late()}>
        <span class="sr-only" role="status">{props.loading}</span>
        {props.children}
      </Show>
    </div>
  )
}

/** Rows that stay in place, with the focus in them, when what they show changes. */
export function Keyed<T extends { id: string }>(props: { each: readonly T[]; children: (item: Accessor<T>) => JSX.Element }) {
  const ids = createMemo<string[]>((before) => {
    const now = props.each.map((item) => item.id)
    return now.length === before.length && now.every((id, i) => id === before[i]) ? before : now
  }, [])
  const byId = createMemo(() => new Map(props.each.map((item) => [item.id, item])))
  return (
    <For each={ids()}>
      {(id) => {
        // A row that is being removed may still be asked.
        const item = createMemo<T | undefined>((last) => byId().get(id) ?? last)
        return <Show when={item()}>{(current) => props.children(current)}</Show>
      }}
    </For>
  )
}

/** What went wrong with an action; where that helps, with the way to sign in again. */
export function Fault(props: { action: Pick<Action<never>, 'message' | 'stale'>; class?: string }) {
  return (
    <div role="alert" class={cn('empty:hidden', props.class)}>
      <Show when={props.action.message()}>
        {(message) => (
          <div class="flex animate-fade-in flex-wrap items-center justify-between gap-x-4 gap-y-2 rounded-control bg-bad-soft px-3 py-2 text-meta text-bad">
            <p class="min-w-0 flex-1 basis-48">{message()}</p>
            <Show when={props.action.stale()}>
              <SignInAgain />
            </Show>
          </div>
        )}
      </Show>
    </div>
  )
}

/** Ends the session for a new one, and comes back here. */
export function SignInAgain() {
  const leave = useLeave()
  const [busy, setBusy] = createSignal(false)
  async function again() {
    setBusy(true)
    const result = await signOut()
    setBusy(false)
    if (result.ok) leave()
    else showToast({ tone: 'bad', title: t('You are still signed in'), text: explain(result.failure) })
  }
  return (
    <Button variant="outline" size="small" aria-busy={busy()} onClick={() => void again()}>
      {t('Sign in again')}
    </Button>
  )
}

/** The button that does it, with what it says meanwhile. */
export function Act(props: {
  action: Pick<Action<never>, 'busy' | 'countdown'>
  label: string
  busyLabel: string
  /** The label with what it does it to, for those who don't see where it stands. */
  named?: string
  variant?: 'solid' | 'outline' | 'quiet' | 'danger'
  size?: 'small' | 'medium'
  /** Absent: it sends its form. */
  onClick?: () => void
  disabled?: boolean
  class?: string
}) {
  return (
    <Button
      type={props.onClick ? 'button' : 'submit'}
      variant={props.variant}
      size={props.size}
      class={props.class}
      disabled={props.disabled || props.action.countdown() !== ''}
      aria-busy={props.action.busy()}
      aria-label={props.action.countdown() || props.action.busy() ? undefined : props.named}
      onClick={() => props.onClick?.()}
    >
      {props.action.countdown() || (props.action.busy() ? props.busyLabel : props.label)}
    </Button>
  )
}
