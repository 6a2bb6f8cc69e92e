import type { Place } from './session'

// Where one was in each room, for the next time this tab shows it. A session of
// the room keeps it while it lives; this outlives a reload.

function key(userId: string, room: string): string {
  return `snug:place:${userId}:${room}`
}

export function loadPlace(userId: string, room: string): Place {
  try {
    const value: unknown = JSON.parse(sessionStorage.getItem(key(userId, room)) ?? 'null')
    if (typeof value !== 'object' || value === null) return null
    const [seq, offset]: unknown[] = [Reflect.get(value, 'seq'), Reflect.get(value, 'offset')]
    return typeof seq === 'number' && typeof offset === 'number' ? { seq, offset } : null
  } catch {
    return null
  }
}

export function savePlace(userId: string, room: string, place: Place) {
  try {
    if (place) sessionStorage.setItem(key(userId, room), JSON.stringify(place))
    else sessionStorage.removeItem(key(userId, room))
  } catch {
    // Storage is blocked or full: the place lasts as long as the page.
  }
}
