import { useQueryClient } from '@tanstack/solid-query'
import { useRouter, useRouterState } from '@tanstack/solid-router'
import { createEffect, createMemo, lazy, Match, on, onCleanup, onMount, Suspense, Switch, untrack } from 'solid-js'
import { Dynamic } from 'solid-js/web'
import { followRole } from '~/account/role'
import { createBadge } from '~/attention/badge'
import { loadInbox } from '~/attention/inbox'
import { makeNotices } from '~/attention/notices'
import { attentionQuery, refreshAttention, tellLanguage } from '~/attention/settings'
import { makeSounds } from '~/attention/sounds'
import { createUpdates } from '~/attention/updates'
import { sessionQuery } from '~/auth/session'
import { explain } from '~/http'
import { giveBackTyped } from '~/i18n/choose'
import { t } from '~/i18n/i18n'
import { createOpenReports } from '~/moderation/open-reports'
import { onDemand } from '~/on-demand'
import { createFocused } from '~/room/unread'
import { makeRoom, readAll } from '~/rooms/calls'
import type { Entry } from '~/switcher/entries'
import { showToast } from '~/ui/toast'
import { createGreeting } from '~/welcome/greeting'
import { createCommands } from './commands'
import { createGlobalKeys } from './global-keys'
import { useLive } from './live'
import { peopleEntries, roomEntries } from './switcher-sources'

const loadSwitcher = () => import('~/switcher/switcher')
const loadShortcuts = () => import('~/keys/shortcuts-dialog')
const preload = () => void Promise.allSettled([loadSwitcher(), loadShortcuts()])
const Switcher = lazy(loadSwitcher)
const Shortcuts = lazy(loadShortcuts)
const AllRead = lazy(() => import('./all-read-dialog'))
// It opens by itself: where it doesn't come, the page is there without it.
const setup = onDemand(() => import('~/welcome/setup-dialog'))

/** The browser asks for leave once; so do we. */
const UNASKED = 'snug:asked-to-notify'
/** News of what was read come in bursts. */
const RECOUNT_MS = 400

/**
 * What goes on whatever page is shown: keys that work everywhere, notices, counts in
 * title and icon, newer versions. It comes as a chunk of its own, after the first view.
 */
export default function Background() {
  const live = useLive()
  const router = useRouter()
  const client = useQueryClient()
  const room = useRouterState({
    select: (s) => {
      const last = s.matches.at(-1)
      return last?.routeId === '/_app/rooms/$slug' ? last.params.slug : undefined
    },
  })
  const thread = useRouterState({
    select: (s) => {
      const last = s.matches.at(-1)
      return last?.routeId === '/_app/rooms/$slug' ? last.search.thread : undefined
    },
  })
  const focused = createFocused()

  function go(path: string) {
    router.history.push(path)
  }

  createOpenReports(live)
  followRole(live.connection, client)
  createBadge({ unread: live.rooms.total, calls: live.inboxUnread })
  createUpdates({ connection: live.connection, onOpen: go })
  createGreeting(() => room() !== undefined)

  // The inbox is counted by the server: what is read there has more ways than this page knows.
  let recount: ReturnType<typeof setTimeout> | undefined
  onCleanup(() => clearTimeout(recount))
  function count() {
    clearTimeout(recount)
    recount = setTimeout(() => {
      void loadInbox(1).then((result) => result.ok && live.setInboxUnread(result.value.unread))
    }, RECOUNT_MS)
  }
  onCleanup(
    live.connection.subscribe({
      onFrame(frame) {
        if (frame.type === 'notice' || frame.type === 'attention' || (frame.type === 'read' && frame.userId === live.account().id)) count()
        if (frame.type !== 'attention') return
        void refreshAttention(client)
        live.rooms.recount() // of the mentions that wait
      },
      onState: (state) => state.status === 'open' && count(),
    }),
  )
  count()

  tellLanguage(client).catch(() => {}) // without the settings all is shown, and it is told another time
  const sounds = makeSounds()
  const notices = makeNotices({
    userId: untrack(() => live.account().id),
    connection: live.connection,
    sounds,
    early: live.takeNotices(),
    watched: (notice) => focused() && room() === notice.room && (notice.thread === undefined || thread() === notice.thread),
    wants() {
      const wanted = client.getQueryData(attentionQuery.queryKey)
      return { desktop: wanted?.desktop ?? true, sounds: wanted?.sounds ?? true }
    },
    onUnasked: askToNotify,
    onOpen: go,
  })
  onCleanup(live.rooms.onLoad((_, went) => notices.left(went)))
  onCleanup(() => {
    // Whoever comes next at this browser has no business with what one was told.
    if (!client.getQueryData(sessionQuery.queryKey)) notices.withdrawAll()
    notices.dispose()
    sounds.dispose()
  })

  const search = () => void router.navigate({ to: '/rooms/$slug', params: { slug: room() ?? 'global' }, search: { panel: 'search' } })
  createGlobalKeys({
    live,
    here: room,
    onRoom: (slug) => void router.navigate({ to: '/rooms/$slug', params: { slug }, search: {} }),
    onSearch: search,
    onInbox: () => void router.navigate({ to: '/inbox' }),
    onAllRead: askAllRead,
  })
  const commands = createCommands({ live, router, onSearch: search, onAllRead: askAllRead })

  onMount(giveBackTyped)
  // The room that one came from to the list of them.
  const lastRoom = createMemo<string | undefined>((before) => room() ?? before)
  const path = useRouterState({ select: (s) => s.location.pathname.replace(/\/$/, '') })
  onMount(() => {
    if (!matchMedia('(any-pointer: coarse)').matches) return
    const end = new AbortController()
    onCleanup(() => end.abort())
    const narrow = matchMedia('(width < 40rem)')
    const options = {
      shows: () => (!narrow.matches ? undefined : path() === '/rooms' ? ('rooms' as const) : room() !== undefined ? ('room' as const) : undefined),
      left: () => lastRoom() !== undefined,
      openRooms: () => void router.navigate({ to: '/rooms' }),
      back() {
        const slug = lastRoom()
        if (slug !== undefined) void router.navigate({ to: '/rooms/$slug', params: { slug }, search: {} })
      },
    }
    void import('~/gestures/rooms').then(({ swipeToRooms }) => end.signal.aborted || swipeToRooms(options, end.signal), () => {})
  })

  // At hand before they are wanted, also without a network.
  onMount(() => {
    const timer = setTimeout(() => ('requestIdleCallback' in globalThis ? requestIdleCallback(preload) : preload()), 500)
    onCleanup(() => clearTimeout(timer))
  })

  createEffect(() => {
    if (live.opened() !== 'setup') return
    setup.load().catch(() => {
      if (untrack(live.opened) !== 'setup') return
      live.open(undefined)
      showToast({ tone: 'bad', title: explain({ kind: 'unreachable' }) })
    })
  })

  // What was open gives the focus back to where it was.
  let back: Element | null = null
  createEffect(
    on(live.opened, (now, before) => {
      if (now !== undefined && before === undefined) back = document.activeElement
      if (now !== undefined || before === undefined) return
      queueMicrotask(() => {
        if (back instanceof HTMLElement && back.isConnected && document.activeElement === document.body) back.focus({ preventScroll: true })
      })
    }),
  )

  function choose(entry: Entry) {
    switch (entry.kind) {
      case 'room':
        return void router.navigate({ to: '/rooms/$slug', params: { slug: entry.slug }, search: {} })
      case 'person':
        return void makeRoom({ name: '', kind: 'direct', people: [entry.userId] }).then((result) => {
          if (result.ok) void router.navigate({ to: '/rooms/$slug', params: { slug: result.value.slug }, search: {} })
          else showToast({ tone: 'bad', title: t('No way to write to {name} now', { name: entry.label }), text: explain(result.failure) })
        })
      case 'search':
        return void router.navigate({ to: '/rooms/$slug', params: { slug: room() ?? 'global' }, search: { panel: 'search', q: entry.text, in: 'all' } })
      case 'command':
        return entry.act()
    }
  }

  function askAllRead() {
    if (remembered(ALL_READ)) void markAllRead()
    else live.open('allRead')
  }

  async function markAllRead() {
    live.open(undefined)
    remember(ALL_READ)
    const result = await readAll()
    if (!result.ok) return showToast({ tone: 'bad', title: t('They are still unread'), text: explain(result.failure) })
    for (const r of live.rooms.rooms()) live.rooms.set(r.slug, Math.max(r.newest, r.read ?? 0))
    live.setInboxUnread(0)
    showToast({ title: t('Everything is read') })
  }

  return (
    <Suspense>
      <Switch>
        <Match when={live.opened() === 'switcher'}>
          <Switcher
            rooms={() => roomEntries(live)}
            people={() => peopleEntries(live, room())}
            commands={commands}
            here={room}
            me={live.account().id}
            onChoose={choose}
            onClose={() => live.open(undefined)}
          />
        </Match>
        <Match when={live.opened() === 'shortcuts'}>
          <Shortcuts onClose={() => live.open(undefined)} />
        </Match>
        <Match when={live.opened() === 'allRead'}>
          <AllRead onConfirm={() => void markAllRead()} onClose={() => live.open(undefined)} />
        </Match>
        <Match when={live.opened() === 'setup'}>
          <Dynamic component={setup()?.default} onClose={() => live.open(undefined)} />
        </Match>
      </Switch>
    </Suspense>
  )
}

const ALL_READ = 'snug:all-read'

function askToNotify() {
  if (document.visibilityState !== 'visible' || remembered(UNASKED)) return
  remember(UNASKED)
  showToast({
    title: t('Be told of this while you look elsewhere?'),
    text: t('Snug can show it as a notification of your system. You can change that in your account.'),
    durationMs: 30_000,
    action: { label: t('Turn on'), act: () => void Notification.requestPermission() },
  })
}

function remembered(key: string): boolean {
  try {
    return localStorage.getItem(key) !== null
  } catch {
    return false
  }
}

function remember(key: string) {
  try {
    localStorage.setItem(key, '1')
  } catch {
    // Storage is blocked or full: it is asked again.
  }
}
