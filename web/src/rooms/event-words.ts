import { seconds } from '~/http'
import type { Role, RoomFrame } from '~/realtime/wire.gen'

/** What somebody is, as it is said of them. */
export const roleWords: Readonly<Record<Role, string>> = {
  owner: 'Owner', admin: 'Admin', moderator: 'Moderator', member: 'Member', guest: 'Guest', bot: 'Bot',
}

/** The same with its article. */
export const oneOf: Readonly<Record<Role, string>> = {
  owner: 'an owner', admin: 'an admin', moderator: 'a moderator', member: 'a member', guest: 'a guest', bot: 'a bot',
}

/** What happened to a room, in one line, for `me`. */
export function eventWords(frame: RoomFrame, me: string): string {
  const who = frame.by === me ? 'You' : frame.byName || 'Somebody'
  const self = frame.user !== undefined && frame.user.userId === frame.by
  const whom = frame.user === undefined ? 'somebody' : frame.user.userId === me ? 'you' : frame.user.userName
  switch (frame.event) {
    case 'member_added':
      return self ? `${who} joined` : `${who} added ${whom}`
    case 'member_removed':
      return self ? `${who} left` : `${who} removed ${whom}`
    case 'role_changed':
      return `${who} made ${self ? (frame.by === me ? 'yourself' : 'themselves') : whom} ${oneOf[frame.role ?? 'member']}`
    case 'renamed':
      return `${who} renamed the room to “${frame.name ?? ''}”`
    case 'topic_changed':
      return frame.topic ? `${who} changed the topic to “${frame.topic}”` : `${who} removed the topic`
    case 'archived':
      return `${who} archived the room`
    case 'unarchived':
      return `${who} opened the room again`
    case 'kind_changed':
      return frame.kind === 'public' ? `${who} made the room public` : `${who} made the room private`
    case 'slow_mode':
      return frame.seconds ? `${who} turned slow mode on: one message every ${seconds(frame.seconds)}` : `${who} turned slow mode off`
  }
}
