import type { RoomSummary } from '~/realtime/wire.gen'
import { parseRooms } from './parse-room'

// The list of rooms as it was last, kept in this browser: it is there at once, and
// without a network. It is one person's, and gone when they sign out.

const PREFIX = 'snug:rooms:'
/** Those with the latest messages. */
const ROOMS = 200

export interface KeptRooms {
  load(): RoomSummary[]
  keep(rooms: readonly RoomSummary[]): void
}

export function makeKeptRooms(userId: string): KeptRooms {
  return {
    load() {
      try {
        return parseRooms(JSON.parse(localStorage.getItem(PREFIX + userId) ?? 'null')) ?? []
      } catch {
        return []
      }
    },
    keep(rooms) {
      try {
        localStorage.setItem(PREFIX + userId, JSON.stringify({ rooms: [...rooms].sort((a, b) => b.lastAt - a.lastAt).slice(0, ROOMS) }))
      } catch {
        // Storage is blocked or full: the list comes from the server, or not at all.
      }
    },
  }
}

/** Removes what was kept for everybody but one person; without one for all. */
export function forgetRooms(except?: string) {
  try {
    for (const key of Object.keys(localStorage)) {
      if (key.startsWith(PREFIX) && key !== PREFIX + (except ?? '')) localStorage.removeItem(key)
    }
  } catch {
    // What can't be opened holds nothing.
  }
}
