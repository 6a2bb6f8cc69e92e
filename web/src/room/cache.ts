import type { Database } from '~/database'
import { emptyRoom, stale, attached, type Posted, type RoomState } from '~/realtime/reduce'
import { WINDOWS } from './database'

// What was read last in each room, kept in this browser: a room that was seen
// before is shown at once, and without a network. It is one person's, and gone
// when they sign out or another signs in.

/** Messages kept of a room. */
const MESSAGES = 200
/** Rooms kept; those that were read longest ago go first. */
const ROOMS = 50

interface StoredWindow {
  userId: string
  room: string
  stream: string
  through: number
  start: number
  hasOlder: boolean
  role: string
  messages: readonly Posted[]
  /** Unix ms */
  savedAt: number
}

export interface RoomCache {
  /** Null: there is nothing, or it can't be had. */
  load(room: string): Promise<RoomState | null>
  /** Keeps the newest of a room, if it is known to be that. */
  save(room: string, state: RoomState): Promise<void>
  forget(room: string): Promise<void>
}

export function makeRoomCache(database: Database, userId: string): RoomCache {
  return {
    async load(room) {
      try {
        const stored: StoredWindow | undefined = await database.run(WINDOWS, 'readonly', (s) => s.get([userId, room]))
        return stored ? revive(stored) : null
      } catch {
        return null
      }
    },
    async save(room, state) {
      if (!attached(state) || stale(state)) return
      const { stream, through, role } = state
      const messages = state.messages.slice(-MESSAGES)
      const cut = messages.length < state.messages.length
      const start = cut ? (messages[0]?.seq ?? state.start) : state.start
      const stored: StoredWindow = { userId, room, stream, through, role, messages, start, hasOlder: cut || state.hasOlder, savedAt: Date.now() }
      try {
        await database.run(WINDOWS, 'readwrite', (s) => s.put(stored))
        await bound(database)
      } catch {
        // Storage is full or blocked: the room is fetched the next time.
      }
    },
    async forget(room) {
      await database.run(WINDOWS, 'readwrite', (s) => s.delete([userId, room])).catch(() => {})
    },
  }
}

/** Removes what was kept of all rooms, for everybody or for all others. */
export async function wipeRoomCache(database: Database, except?: string): Promise<void> {
  try {
    if (except === undefined) {
      await database.run(WINDOWS, 'readwrite', (s) => s.clear())
      return
    }
    const keys = await database.run(WINDOWS, 'readonly', (s) => s.getAllKeys())
    for (const key of keys) {
      if (Array.isArray(key) && key[0] !== except) await database.run(WINDOWS, 'readwrite', (s) => s.delete(key))
    }
  } catch {
    // What can't be opened holds nothing.
  }
}

async function bound(database: Database): Promise<void> {
  const keys = await database.run(WINDOWS, 'readonly', (s) => s.index('savedAt').getAllKeys())
  for (const key of keys.slice(0, -ROOMS)) await database.run(WINDOWS, 'readwrite', (s) => s.delete(key))
}

function revive({ stream, through, role, messages, start, hasOlder }: StoredWindow): RoomState {
  return {
    ...emptyRoom, stream, through, role, messages, start, hasOlder,
    loaded: true,
    edge: Math.max(through, messages.at(-1)?.seq ?? 0),
    fresh: through,
    runFrom: through,
    tailFrom: through,
    recentFrom: through,
    events: messages.filter((m) => m.event !== undefined),
  }
}
