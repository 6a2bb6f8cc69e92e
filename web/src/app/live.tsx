import { useQueryClient } from '@tanstack/solid-query'
import { createContext, createEffect, createSignal, onCleanup, untrack, useContext, type Accessor, type Component, type JSX } from 'solid-js'
import { keepAccount } from '~/auth/last-account'
import { getSession, setSession, type Account } from '~/auth/session'
import { makeDrafts, type Drafts } from '~/composer/drafts'
import { browserSurroundings, makeConnection, openBrowserSocket, type Connection, type ConnectionState } from '~/realtime/connection'
import { attached } from '~/realtime/reduce'
import type { Notice } from '~/realtime/wire.gen'
import { makeRoomCache, wipeRoomCache } from '~/room/cache'
import { makeRoomDatabase } from '~/room/database'
import { makeIndexedDBStore, makeMemoryStore } from '~/room/outbox-store'
import { makeRoomSession, type RoomSession } from '~/room/session'
import { makeTheme } from '~/theme'
import { settled } from './renewal'
import { makeRoomDesk, type RoomDesk } from './desk'
import { makeListSettings, type ListSettings } from './list-settings'
import { forgetRooms, makeKeptRooms } from './kept-rooms'
import { makePresence, type Presence } from './presence'
import { makeRoomList, type RoomList } from './rooms'

/** What lives as long as someone is signed in: one connection, the rooms on it, the look. */
export interface Live {
  /** Always the same person, whose name and picture may change. */
  account: Accessor<Account>
  connection: Connection
  state: Accessor<ConnectionState>
  theme: ReturnType<typeof makeTheme>
  /** What is written and not yet posted. */
  drafts: Drafts
  rooms: RoomList
  /** Notices that came before this was called, the first time; whoever tells of them listens from then on. */
  takeNotices(): readonly Notice[]
  /** Unread entries of the inbox. */
  inboxUnread: Accessor<number>
  setInboxUnread(unread: number): void
  /** What greets the person, above the messages of a room; undefined: nothing does. */
  greeting: Accessor<Component | undefined>
  setGreeting(greeting: Component | undefined): void
  /** Reports that wait for this person, of many 100; 0 for who looks after nothing. */
  openReports: Accessor<number>
  setOpenReports(open: number): void
  /** What is open above the page. */
  opened: Accessor<Overlay | undefined>
  open(overlay: Overlay | undefined): void
  /** How people are. */
  presence: Presence
  /** How their list is shown. */
  list: ListSettings
  /** What is asked about rooms, above the page. */
  desk: RoomDesk
  /** The session of the room that is shown from now on. */
  room(slug: string): RoomSession
  /** Posts in a room that needn't be shown; false: too much is waiting there. */
  post(slug: string, content: string): boolean
}

/** What can be opened from anywhere. */
export type Overlay = 'switcher' | 'shortcuts' | 'allRead' | 'setup'

/** Rooms that stay joined, so that they are there at once; the others are shown from what was kept. */
const ROOMS_LIVE = 10
/** Notices are kept for the part that tells of them; it comes a moment after the page. */
const EARLY_NOTICES = 50

const LiveContext = createContext<Live>()

export function useLive(): Live {
  const live = useContext(LiveContext)
  if (!live) throw new Error('useLive is for what stands inside of LiveProvider')
  return live
}

export function LiveProvider(props: { account: Account; onSignedOut(): void; children: JSX.Element }) {
  const client = useQueryClient()
  // Another person is another provider.
  const userId = untrack(() => props.account.id)
  const database = 'indexedDB' in globalThis ? makeRoomDatabase(indexedDB) : undefined
  const store = database ? makeIndexedDBStore(database) : makeMemoryStore()
  const cache = database && makeRoomCache(database, userId)
  if (database) void wipeRoomCache(database, userId)
  const theme = makeTheme()
  let stopped = false
  let shown = ''
  const sessions = new Map<string, RoomSession>()

  const connection = makeConnection({
    userId,
    openSocket: openBrowserSocket,
    surroundings: browserSurroundings,
    async signedIn() {
      const result = await settled(getSession)
      if (!result.ok) return 'unknown'
      return result.value.account ? 'yes' : 'no'
    },
  })
  const [state, setState] = createSignal(connection.state())
  let early: Notice[] | undefined = []
  connection.subscribe({
    onFrame(frame) {
      if (frame.type === 'notice' && early && early.length < EARLY_NOTICES) early.push(frame.notice)
    },
    onState(next) {
      setState(next)
      if (next.status !== 'ended') return
      if (next.reason === 'signedOut') props.onSignedOut()
      if (next.reason === 'replaced') void giveWay()
      if (next.reason === 'banned') drafts.endSync()
    },
  })

  createEffect(() => keepAccount(props.account))
  forgetRooms(userId)
  const rooms = makeRoomList({
    userId,
    kept: makeKeptRooms(userId),
    connection,
    shows: (slug) => slug === shown,
    count(slug, after, through) {
      const room = untrack(() => sessions.get(slug)?.room())
      if (!room?.loaded || room.start > after + 1 || (through === undefined ? !attached(room) : room.edge < through)) return undefined
      return room.messages.reduce((n, m) => (m.seq > after && m.seq <= (through ?? Infinity) && !m.event ? n + 1 : n), 0)
    },
  })

  const presence = makePresence(connection)
  // Without it one is taken to be here.
  import('./away').then(({ watchAway }) => watchAway(connection), () => {})

  // Rooms that went may have gone for good; those that came may have been gone here.
  rooms.onLoad((came, went) => {
    for (const slug of came) if (sessions.get(slug)?.gone()) sessions.get(slug)?.check()
    for (const slug of went) if (sessions.get(slug)?.gone() === null) sessions.get(slug)?.check()
    drafts.again(came)
  })

  // The page becomes that of whoever is signed in now.
  async function giveWay() {
    const result = await settled(getSession)
    if (result.ok && result.value.account) setSession(client, result.value.account)
    else props.onSignedOut()
  }

  const drafts = makeDrafts({ userId, post: (room, content, more) => open(room).post(content, more) })

  // A tab that is hidden may never be seen again.
  const hide = () => {
    if (document.visibilityState === 'hidden') for (const session of sessions.values()) session.keep()
  }
  document.addEventListener('visibilitychange', hide)
  onCleanup(() => {
    document.removeEventListener('visibilitychange', hide)
    drafts.dispose()
    for (const session of sessions.values()) session.dispose()
    rooms.dispose()
    presence.dispose()
    stopped = true
    connection.stop()
    theme.dispose()
    // Whoever comes next at this browser has no business with what was read.
    if (database) void wipeRoomCache(database)
    forgetRooms()
  })

  // Posts of an earlier visit go, whatever room is looked at in this one.
  void store.rooms(userId).then(
    (waiting) => {
      if (!stopped) for (const slug of waiting) open(slug)
    },
    () => {},
  )

  drafts.goOn()

  function open(slug: string): RoomSession {
    // Its name outlives its place in the list.
    let label = `#${slug}`
    const session = sessions.get(slug) ?? makeRoomSession({
      slug, userId, connection, client, store, marks: rooms, onSignedOut: () => props.onSignedOut(),
      label() {
        if (rooms.find(slug)) label = rooms.label(slug)
        return label
      },
      kind: () => rooms.find(slug)?.kind,
      role: () => (rooms.settled() ? rooms.find(slug)?.role : undefined),
      ...(cache && { cache }),
    })
    // The one that was used last stands last.
    sessions.delete(slug)
    sessions.set(slug, session)
    for (const [other, idle] of sessions) {
      if (sessions.size <= ROOMS_LIVE) break
      if (other === slug || other === shown || idle.pending().some((p) => p.status !== 'failed')) continue
      idle.keep()
      idle.dispose()
      sessions.delete(other)
    }
    return session
  }

  const [inboxUnread, setInboxUnread] = createSignal(0)
  const [openReports, setOpenReports] = createSignal(0)
  const [opened, setOpened] = createSignal<Overlay>()
  const [greeting, setGreeting] = createSignal<Component>()

  const live: Live = {
    account: () => props.account,
    connection,
    state,
    theme,
    drafts,
    rooms,
    takeNotices() {
      const taken = early ?? []
      early = undefined
      return taken
    },
    inboxUnread,
    setInboxUnread: (unread) => setInboxUnread(unread),
    greeting,
    setGreeting: (next) => setGreeting(() => next),
    openReports,
    setOpenReports: (count) => setOpenReports(count),
    opened,
    open: (overlay) => setOpened(overlay),
    presence,
    list: makeListSettings(userId),
    desk: makeRoomDesk(),
    room(slug) {
      shown = slug
      return open(slug)
    },
    post: (slug, content) => open(slug).post(content),
  }
  return <LiveContext.Provider value={live}>{props.children}</LiveContext.Provider>
}
