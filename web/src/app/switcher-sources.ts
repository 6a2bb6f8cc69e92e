import type { PersonEntry, RoomEntry } from '~/switcher/entries'
import type { Live } from './live'

// What the switcher knows without asking.

export function roomEntries(live: Live): RoomEntry[] {
  return live.rooms.rooms().map((room) => ({
    kind: 'room',
    key: `room ${room.slug}`,
    slug: room.slug,
    label: room.name,
    also: [room.slug],
    unread: live.rooms.unread(room),
    mentioned: room.mentioned,
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
