import { isFields, isRole, isRoomKind, isText, list, parseUser, type Fields } from '~/realtime/frames'
import type { Notify, RoomSummary } from '~/realtime/wire.gen'

const levels: Readonly<Record<Notify, true>> = { '': true, all: true, mentions: true, nothing: true }

export function isNotify(value: unknown): value is Notify {
  return isText(value) && Object.hasOwn(levels, value)
}

/** The list of a person's rooms. Null: not one. */
export function parseRooms(value: unknown): RoomSummary[] | null {
  return isFields(value) ? list(value['rooms'], (room) => (isFields(room) ? parseRoom(room) : null)) : null
}

/** What is known of a room. Null: not one. What a list can do without may be missing. */
export function parseRoom(f: Fields): RoomSummary | null {
  const { slug, name, kind, head, newest, read, role, notify, section } = f
  if (!isText(slug) || typeof head !== 'number' || typeof newest !== 'number') return null
  return {
    slug, head, newest,
    name: isText(name) ? name : '',
    kind: isRoomKind(kind) ? kind : 'public',
    topic: isText(f['topic']) ? f['topic'] : '',
    read: number(read),
    unread: number(f['unread']),
    mentions: number(f['mentions']),
    role: isRole(role) ? role : 'member',
    notify: isNotify(notify) ? notify : '',
    snoozedUntil: number(f['snoozedUntil']),
    favourite: f['favourite'] === true,
    section: isText(section) ? section : '',
    archivedAt: number(f['archivedAt']),
    lastAt: number(f['lastAt']),
    people: list(f['people'] ?? [], parseUser) ?? [],
  }
}

export function number(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0
}
