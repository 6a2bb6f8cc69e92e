import { useQueryClient } from '@tanstack/solid-query'
import { createContext, createSignal, onCleanup, untrack, useContext, type Accessor, type JSX } from 'solid-js'
import { getSession, setSession, type Account } from '~/auth/session'
import { makeDrafts, type Drafts } from '~/composer/drafts'
import { browserSurroundings, makeConnection, openBrowserSocket, type Connection, type ConnectionState } from '~/realtime/connection'
import { makeIndexedDBStore, makeMemoryStore } from '~/room/outbox-store'
import { makeRoomSession, type RoomSession } from '~/room/session'
import { makeTheme } from '~/theme'
import { settled } from './renewal'

/** What lives as long as someone is signed in: one connection, the rooms on it, the look. */
export interface Live {
  /** Always the same person, whose name and picture may change. */
  account: Accessor<Account>
  connection: Connection
  state: Accessor<ConnectionState>
  theme: ReturnType<typeof makeTheme>
  /** What is written and not yet posted. */
  drafts: Drafts
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
  const rooms = new Map<string, RoomSession>()

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

  // The page becomes that of whoever is signed in now.
  async function giveWay() {
    const result = await settled(getSession)
    if (result.ok && result.value.account) setSession(client, result.value.account)
    else props.onSignedOut()
  }

  const drafts = makeDrafts({ userId, post: (room, post) => live.room(room).post(post.content) })

  onCleanup(() => {
    drafts.dispose()
    for (const room of rooms.values()) room.dispose()
    connection.stop()
    theme.dispose()
  })

  const live: Live = {
    account: () => props.account,
    connection,
    state,
    theme,
    drafts,
    room(slug) {
      let session = rooms.get(slug)
      if (!session) {
        session = makeRoomSession({ slug, userId, connection, client, store, onSignedOut: () => props.onSignedOut() })
        rooms.set(slug, session)
      }
      return session
    },
  }
  return <LiveContext.Provider value={live}>{props.children}</LiveContext.Provider>
}
