import type { Message } from '~/realtime/wire.gen'
import type { MessageRoom } from './message-room'

// What this person may do to a message. The server decides; here it is known
// what needn't be offered.

const MODERATORS: ReadonlySet<string> = new Set(['owner', 'admin', 'moderator'])

export function moderates(room: MessageRoom): boolean {
  return MODERATORS.has(room.session.role())
}

function there(m: Message): boolean {
  return m.deletedAt === undefined && m.type === 'text'
}

export function mayEdit(room: MessageRoom, m: Message): boolean {
  return there(m) && m.userId === room.me().id && room.place !== 'pins'
}

export function mayDelete(room: MessageRoom, m: Message): boolean {
  return there(m) && (m.userId === room.me().id || moderates(room))
}

export function mayPin(room: MessageRoom, m: Message): boolean {
  return there(m) && room.session.role() !== 'guest'
}
