import { useQueryClient } from '@tanstack/solid-query'
import { createContext, createSignal, onCleanup, untrack, useContext, type Accessor, type JSX } from 'solid-js'
import { getSession, setSession, type Account } from '~/auth/session'
import { makeDrafts, type Drafts } from '~/composer/drafts'
import { browserSurroundings, makeConnection, openBrowserSocket, type Connection, type ConnectionState } from '~/realtime/connection'
import { attached } from '~/realtime/reduce'
import { makeIndexedDBStore, makeMemoryStore } from '~/room/outbox-store'
import { makeRoomSession, type RoomSession } from '~/room/session'
import { makeTheme } from '~/theme'
import { settled } from './renewal'
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
  /** The session of a room, made at the first call. */
  room(slug: string): RoomSession
}

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
  const store = 'indexedDB' in globalThis ? makeIndexedDBStore(indexedDB) : makeMemoryStore()
  const theme = makeTheme()
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
  connection.subscribe({
    onState(next) {
      setState(next)
      if (next.status !== 'ended') return
      if (next.reason === 'signedOut') props.onSignedOut()
      if (next.reason === 'replaced') void giveWay()
    },
  })

  const rooms = makeRoomList({
    userId,
    connection,
    count(slug, read) {
      const room = sessions.get(slug)?.room()
      if (!room || !attached(room) || room.start > read + 1) return undefined
      return room.messages.reduce((n, m) => (m.seq > read && m.userId !== userId && m.deletedAt === undefined ? n + 1 : n), 0)
    },
  })

  // The page becomes that of whoever is signed in now.
  async function giveWay() {
    const result = await settled(getSession)
    if (result.ok && result.value.account) setSession(client, result.value.account)
    else props.onSignedOut()
  }

  const drafts = makeDrafts({ userId, post: (room, content, more) => live.room(room).post(content, more) })

  onCleanup(() => {
    drafts.dispose()
    for (const session of sessions.values()) session.dispose()
    rooms.dispose()
    connection.stop()
    theme.dispose()
  })

  const live: Live = {
    account: () => props.account,
    connection,
    state,
    theme,
    drafts,
    rooms,
    room(slug) {
      let session = sessions.get(slug)
      if (!session) {
        session = makeRoomSession({ slug, userId, connection, client, store, marks: rooms, onSignedOut: () => props.onSignedOut() })
        sessions.set(slug, session)
      }
      return session
    },
  }
  return <LiveContext.Provider value={live}>{props.children}</LiveContext.Provider>
}
