import type { RoomSummary } from '~/realtime/wire.gen'
import type { ListedRoom } from './rooms'

// What a room has unread, as the server counts it: all messages above the mark, replies in
// threads, deleted ones and one's own too, but none where all of them are one's own. What
// comes in and what is read changes the count at once; where that is a guess it says so.

/** As many unread messages are told apart. */
export const UNREAD_LIMIT = 100

export interface Counted {
  room: ListedRoom
  /** The server counts the same. */
  sure: boolean
}

/**
 * Messages of (after, through] that a window of the room shows; through undefined: of all
 * after. Undefined where the window doesn't reach so far. It has no replies in threads.
 */
export type CountShown = (after: number, through?: number) => number | undefined

/** Something was posted, and this page isn't told each event of the room. */
export function heard(room: ListedRoom, seq: number, mention: boolean, now: number): Counted {
  const step = seq - Math.max(room.head, room.newest)
  // Counted already; of a mention it isn't known.
  if (step <= 0) return { room: counted(room, seq, now), sure: !mention || room.mentioned >= seq || seq <= (room.read ?? 0) }
  const sure = (step === 1 && !ownAbove(room)) || (room.unread >= UNREAD_LIMIT && !mention)
  return { room: { ...added({ ...room, head: seq }, seq, now), ...(mention && { mentions: capped(room.mentions + 1), mentioned: seq }) }, sure }
}

/** A message came in where this page is told each event of the room. */
export function posted(room: ListedRoom, seq: number, own: boolean, at: number): Counted {
  if (seq <= Math.max(room.head, room.newest)) return { room: counted(room, seq, at), sure: true }
  if (own && room.unread === 0) return { room: { ...room, head: seq, newest: seq, lastAt: Math.max(room.lastAt, at) }, sure: true }
  return { room: added({ ...room, head: seq }, seq, at), sure: !ownAbove(room) }
}

// Told before by the server, or read before it came in.
function counted(room: ListedRoom, seq: number, at: number): ListedRoom {
  return seq > room.newest ? { ...room, newest: seq, lastAt: Math.max(room.lastAt, at) } : room
}

function added(room: ListedRoom, seq: number, at: number): ListedRoom {
  return { ...room, newest: seq, lastAt: Math.max(room.lastAt, at), unread: capped(room.unread + 1) }
}

// What one said oneself counts as soon as somebody else says something, and how much that
// is isn't known.
function ownAbove(room: ListedRoom): boolean {
  return room.unread === 0 && room.newest > (room.read ?? 0)
}

/** The read mark moved, or was set back. */
export function readTo(before: ListedRoom, read: number, shown: CountShown): Counted {
  const room = read > before.head ? { ...before, head: read } : before
  if (read === room.read) return { room, sure: true }
  if (read >= room.newest) {
    const mentions = Math.min(room.mentions, room.apart)
    return { room: { ...room, read, unread: 0, mentions }, sure: mentions === room.mentions }
  }
  const unread = above(room, read, shown)
  return { room: { ...room, read, unread, mentions: Math.min(room.mentions, unread + room.apart) }, sure: false }
}

function above(room: ListedRoom, read: number, shown: CountShown): number {
  const back = read < (room.read ?? 0)
  // The newest is one at least.
  if (back) return capped(shown(read) ?? Math.max(room.unread, 1))
  const most = Math.min(room.unread, room.newest - read)
  if (room.read === undefined || room.unread >= UNREAD_LIMIT) return capped(shown(read) ?? most)
  const passed = shown(room.read, read)
  return passed === undefined ? most : Math.min(most, Math.max(0, room.unread - passed))
}

/** What the server tells of a room, with what this page knows and the server doesn't. */
export function merged(known: ListedRoom | undefined, told: RoomSummary, lookedAt: boolean, shown: CountShown): ListedRoom {
  const apart = told.unread === 0 ? told.mentions : Math.min(known?.apart ?? 0, told.mentions)
  const now: ListedRoom = { ...known, ...told, told: told.read, lastAt: Math.max(told.lastAt, known?.lastAt ?? 0), apart, mentioned: known?.mentioned ?? 0 }
  if (known?.read === undefined && told.read === 0 && told.slug === EVERYBODYS) {
    // Everybody is in it from the start: whoever opens it first begins at its end.
    return lookedAt ? readTo({ ...now, read: undefined }, told.newest, shown).room : { ...now, read: undefined }
  }
  if (known?.read === undefined) return now
  // Set back elsewhere, or ahead of what the server knows.
  const read = told.read < known.told && !lookedAt ? told.read : Math.max(told.read, known.read)
  return readTo(now, read, shown).room
}

/** The room that everybody is in. */
export const EVERYBODYS = 'global'

function capped(n: number): number {
  return Math.min(n, UNREAD_LIMIT)
}
