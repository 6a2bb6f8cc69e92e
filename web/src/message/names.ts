import type { MessageRoom } from './message-room'

/** The name of someone by their id, as far as this room knows it. */
export function nameOf(room: MessageRoom, userId: string): string {
  if (userId === room.me().id) return 'you'
  const { people, messages } = room.session.room()
  return (
    people.find((p) => p.userId === userId)?.userName ??
    messages.findLast((m) => m.userId === userId && m.userName !== '')?.userName ??
    'someone'
  )
}

/** "Ada, Bob and you"; of many, the first few and a number. */
export function inWords(names: readonly string[], most = 8): string {
  if (names.length <= 1) return names[0] ?? ''
  const shown = names.length > most ? [...names.slice(0, most), `${names.length - most} more`] : names
  return `${shown.slice(0, -1).join(', ')} and ${shown.at(-1) ?? ''}`
}
