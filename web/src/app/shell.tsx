import { useQueryClient } from '@tanstack/solid-query'
import { Link, Outlet, useRouter, useRouterState } from '@tanstack/solid-router'
import Hash from 'lucide-solid/icons/hash'
import { createMemo, For, Match, Show, Switch } from 'solid-js'
import { sessionQuery, setSession, type Account } from '~/auth/session'
import { Mark } from '~/mark'
import { Notice } from '~/notice'
import { useQuery } from '~/query'
import { Button, buttonVariants } from '~/ui/button'
import { cn } from '~/ui/cn'
import { Toaster } from '~/ui/toast'
import { AccountMenu } from './account-menu'
import { BackgroundLater } from './background-later'
import { LiveProvider, useLive } from './live'
import type { ListedRoom } from './rooms'
import { Wayfinding } from './wayfinding'

/** The frame around the rooms, for someone who is signed in. */
export function Shell(props: { account: Account }) {
  const client = useQueryClient()
  const router = useRouter()

  // What changes of the account later is in the cache; nothing is fetched here.
  const session = useQuery(() => ({ ...sessionQuery, enabled: false }))
  const account = () => session.data ?? props.account

  // Signed out here, in another tab, or by the server: the same way out.
  function leave(keepPlace: boolean) {
    const { href, pathname } = router.latestLocation
    if (!pathname.startsWith('/sign-') && pathname !== '/delete-account') {
      setSession(client, null)
      void router.navigate({ to: '/sign-in', search: keepPlace ? { redirect: href } : {} })
    }
  }

  return (
    <Show when={account().id} keyed>
      <LiveProvider account={account()} onSignedOut={() => leave(true)}>
        <Frame onSignedOut={() => leave(false)} />
        <BackgroundLater />
        <Toaster />
      </LiveProvider>
    </Show>
  )
}

function Frame(props: { onSignedOut(): void }) {
  const { state } = useLive()
  const atAccount = useRouterState({ select: (s) => s.location.pathname.startsWith('/account') })
  const ended = () => {
    const s = state()
    return s.status === 'ended' ? s.reason : undefined
  }
  return (
    <Switch
      fallback={
        <div class="relative flex h-dvh">
          <a
            href="#main"
            class={cn(buttonVariants({ size: 'small' }), 'absolute start-3 top-3.5 z-10 not-focus:sr-only')}
            onClick={(event) => {
              // A fragment would become a part of the address.
              event.preventDefault()
              // A room that isn't there has nowhere to write.
              const target = document.getElementById('composer') ?? document.getElementById('main')
              target?.focus()
            }}
          >
            {atAccount() ? 'Skip to the page' : 'Skip to writing'}
          </a>
          <Sidebar onSignedOut={props.onSignedOut} />
          <Outlet />
        </div>
      }
    >
      <Match when={ended() === 'banned'}>
        <Notice title="You can't be here any more" text="Your account was shut out of this server. If you think that is a mistake, ask whoever runs it." />
      </Match>
      <Match when={ended() === 'outdated'}>
        <Notice title="There is a newer Snug" text="The server was updated while this page was open. What you wrote is kept.">
          <Button onClick={() => location.reload()}>Reload</Button>
        </Notice>
      </Match>
    </Switch>
  )
}

function Sidebar(props: { onSignedOut(): void }) {
  // A phone shows one column at a time: the rooms, or one of them.
  const alone = useRouterState({ select: (s) => s.location.pathname.replace(/\/$/, '') === '/rooms' })
  return (
    <aside class="w-66 shrink-0 flex-col border-e border-line bg-sunken max-sm:w-full max-sm:border-e-0 sm:flex" classList={{ 'max-sm:hidden': !alone(), flex: alone() }}>
      <div class="flex h-14 shrink-0 items-center gap-2.5 px-4">
        <Mark />
        <span class="text-title font-semibold tracking-tight">Snug</span>
      </div>
      <Wayfinding />
      <RoomNav />
      <div class="border-t border-line p-2">
        <AccountMenu onSignedOut={props.onSignedOut} />
      </div>
    </aside>
  )
}

function RoomNav() {
  const { rooms } = useLive()
  // A room keeps its element while its numbers change.
  const slugs = createMemo(() => rooms.rooms().map((r) => r.slug), [], { equals: (a, b) => a.join('\n') === b.join('\n') })
  return (
    <nav aria-label="Rooms" class="scrollbar-calm min-h-0 flex-1 overflow-y-auto px-2 py-2">
      <h2 class="px-2 pb-1 text-day font-medium text-muted">Rooms</h2>
      <ul>
        <For each={slugs()}>{(slug) => <RoomLink slug={slug} room={rooms.rooms().find((r) => r.slug === slug)} />}</For>
      </ul>
    </nav>
  )
}

function RoomLink(props: { slug: string; room: ListedRoom | undefined }) {
  const { rooms } = useLive()
  const unread = () => (props.room ? rooms.unread(props.room) : 0)
  return (
    <li>
      <Link
        to="/rooms/$slug"
        params={{ slug: props.slug }}
        search={{}}
        activeOptions={{ includeSearch: false }}
        class="flex min-h-8 items-center gap-2 rounded-control px-2 text-body pointer-coarse:min-h-11"
        activeProps={{ class: 'forced-border bg-ink/7 text-ink' }}
        inactiveProps={{ class: 'text-muted hover:bg-ink/5' }}
      >
        <Hash class="size-4 shrink-0 text-muted" aria-hidden="true" />
        <span class="min-w-0 flex-1 truncate" classList={{ 'font-semibold text-ink': unread() > 0 }} dir="auto">
          {props.room?.name ?? props.slug}
        </span>
        <Show when={unread() > 0}>
          <span
            class="min-w-5 rounded-full px-1.5 text-center text-day font-semibold tabular-nums"
            classList={{ 'bg-accent text-on-accent': props.room?.mentioned, 'bg-ink/10 text-ink': !props.room?.mentioned }}
          >
            {unread() > 99 ? '99+' : unread()}
            <span class="sr-only"> unread</span>
          </span>
        </Show>
      </Link>
    </li>
  )
}
