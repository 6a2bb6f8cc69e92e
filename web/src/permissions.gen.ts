// Generated from chat/permissions.go by its test. Do not edit: go test ./chat -run TestPermissionsOfTheClient -update
import type { Role, RoomKind } from '~/realtime/wire.gen'

// Who may: everybody with at least that role. '' is nobody. words stand behind "may".
interface Permission {
  words: string
  server: Role | ''
  public: Role | ''
  private: Role | ''
  direct: Role | ''
  group: Role | ''
}

export const permissions = {
  see: { words: 'see the room', server: '', public: 'guest', private: 'guest', direct: 'guest', group: 'guest' },
  read: { words: 'read messages', server: '', public: 'guest', private: 'guest', direct: 'guest', group: 'guest' },
  post: { words: 'post messages', server: '', public: 'guest', private: 'guest', direct: 'guest', group: 'guest' },
  react: { words: 'react to messages', server: '', public: 'guest', private: 'guest', direct: 'guest', group: 'guest' },
  edit_own: { words: 'edit their own messages', server: '', public: 'guest', private: 'guest', direct: 'guest', group: 'guest' },
  delete_own: { words: 'delete their own messages', server: '', public: 'guest', private: 'guest', direct: 'guest', group: 'guest' },
  upload: { words: 'send files', server: '', public: 'guest', private: 'guest', direct: 'guest', group: 'guest' },
  report: { words: 'report messages', server: '', public: 'guest', private: 'guest', direct: 'guest', group: 'guest' },
  pin: { words: 'pin messages', server: '', public: 'bot', private: 'bot', direct: 'bot', group: 'bot' },
  mention_all: { words: 'mention everybody at once', server: '', public: 'bot', private: 'bot', direct: 'bot', group: 'bot' },
  add_people: { words: 'add people', server: '', public: 'member', private: 'moderator', direct: '', group: 'member' },
  delete_any: { words: 'delete messages of others', server: '', public: 'moderator', private: 'moderator', direct: '', group: '' },
  mute: { words: 'mute people', server: '', public: 'moderator', private: 'moderator', direct: '', group: '' },
  remove_people: { words: 'remove people', server: '', public: 'moderator', private: 'moderator', direct: '', group: '' },
  set_slow_mode: { words: 'set slow mode', server: '', public: 'moderator', private: 'moderator', direct: '', group: '' },
  edit_room: { words: 'change the name and the topic', server: '', public: 'moderator', private: 'moderator', direct: '', group: 'member' },
  set_roles: { words: 'give and take roles', server: '', public: 'admin', private: 'owner', direct: '', group: '' },
  set_kind: { words: 'make the room public or private', server: '', public: 'admin', private: 'owner', direct: '', group: '' },
  archive: { words: 'archive the room', server: '', public: 'admin', private: 'owner', direct: '', group: '' },
  export_room: { words: 'export the room', server: '', public: 'admin', private: 'owner', direct: '', group: '' },
  delete_room: { words: 'delete the room', server: '', public: 'admin', private: 'owner', direct: '', group: '' },
  make_direct: { words: 'write to people directly', server: 'bot', public: '', private: '', direct: '', group: '' },
  make_public_room: { words: 'make public rooms', server: 'member', public: '', private: '', direct: '', group: '' },
  make_private_room: { words: 'make private rooms', server: 'member', public: '', private: '', direct: '', group: '' },
  see_reports: { words: 'see what was reported', server: 'moderator', public: 'moderator', private: 'moderator', direct: '', group: '' },
  ban: { words: 'ban people', server: 'moderator', public: '', private: '', direct: '', group: '' },
  invite: { words: 'invite people to the server', server: 'admin', public: '', private: '', direct: '', group: '' },
  set_server_roles: { words: 'give and take roles on the server', server: 'admin', public: '', private: '', direct: '', group: '' },
  name_server: { words: 'name the server', server: 'admin', public: '', private: '', direct: '', group: '' },
  see_audit: { words: 'see the audit log', server: 'admin', public: 'moderator', private: 'moderator', direct: '', group: '' },
} as const satisfies Record<string, Permission>

export type Action = keyof typeof permissions

const ranks: Record<Role | '', number> = { '': 0, guest: 1, bot: 2, member: 3, moderator: 4, admin: 5, owner: 6 }

/** Whether a role may do something in a room of that kind (the role is the one there), or on the server. */
export function may(action: Action, role: Role, kind: RoomKind | 'server'): boolean {
  const least = permissions[action][kind]
  return least !== '' && ranks[role] >= ranks[least]
}

/** Whether one may do something to somebody with that role who may not want it. */
export function outranks(role: Role, other: Role): boolean {
  return role === 'owner' || ranks[role] > ranks[other]
}
