import type { PersonEntry, RoomEntry } from '~/switcher/entries'
import type { Live } from './live'
import { nameOf } from './naming'
import type { ListedRoom } from './rooms'

// What the switcher knows without asking.

/** Unread messages that call for attention. */
export function calls(live: Live, room: ListedRoom): number {
  return live.rooms.quiet(room) ? room.mentions : live.rooms.unread(room)
}

export function roomEntries(live: Live): RoomEntry[] {
  return live.rooms.rooms().map((room) => ({
    kind: 'room',
    key: `room ${room.slug}`,
    slug: room.slug,
    room: room.kind,
    label: nameOf(room),
    also: [room.slug, ...(room.kind === 'group' && room.name !== '' ? room.people.map((p) => p.userName) : [])],
    people: room.people,
    unread: calls(live, room),
    mentioned: room.mentions > 0,
    archived: room.archivedAt > 0,
  }))
}

/** Those who are in the room that is shown, or spoke there. */
export function peopleEntries(live: Live, slug: string | undefined): PersonEntry[] {
  if (slug === undefined) return []
  const { messages, people } = live.room(slug).room()
  const known = new Map<string, PersonEntry>()
  for (const { userId, userName, userImage } of [...people, ...messages.slice(-200).toReversed()]) {
    if (userName !== '' && !known.has(userId)) known.set(userId, { kind: 'person', key: `person ${userId}`, userId, label: userName, image: userImage })
  }
  return [...known.values()]
}
