// Generated from chat/permissions.go by its test. Do not edit: go test ./chat -run TestPermissionsOfTheClient -update
import { m } from '~/i18n/i18n'
import type { Role, RoomKind } from '~/realtime/wire.gen'

// Who may: everybody with at least that role. '' is nobody. words stand behind "may",
// and are said by t.
interface Permission {
  words: string
  server: Role | ''
  public: Role | ''
  private: Role | ''
  direct: Role | ''
  group: Role | ''
}

export const permissions = {
  see: { words: m('see the room'), server: '', public: 'guest', private: 'guest', direct: 'guest', group: 'guest' },
  read: { words: m('read messages'), server: '', public: 'guest', private: 'guest', direct: 'guest', group: 'guest' },
  post: { words: m('post messages'), server: '', public: 'guest', private: 'guest', direct: 'guest', group: 'guest' },
  react: { words: m('react to messages'), server: '', public: 'guest', private: 'guest', direct: 'guest', group: 'guest' },
  edit_own: { words: m('edit their own messages'), server: '', public: 'guest', private: 'guest', direct: 'guest', group: 'guest' },
  delete_own: { words: m('delete their own messages'), server: '', public: 'guest', private: 'guest', direct: 'guest', group: 'guest' },
  upload: { words: m('send files'), server: '', public: 'guest', private: 'guest', direct: 'guest', group: 'guest' },
  report: { words: m('report messages'), server: '', public: 'guest', private: 'guest', direct: 'guest', group: 'guest' },
  pin: { words: m('pin messages'), server: '', public: 'bot', private: 'bot', direct: 'bot', group: 'bot' },
  mention_all: { words: m('mention everybody at once'), server: '', public: 'bot', private: 'bot', direct: 'bot', group: 'bot' },
  add_people: { words: m('add people'), server: '', public: 'member', private: 'moderator', direct: '', group: 'member' },
  delete_any: { words: m('delete messages of others'), server: '', public: 'moderator', private: 'moderator', direct: '', group: '' },
  mute: { words: m('mute people'), server: '', public: 'moderator', private: 'moderator', direct: '', group: '' },
  remove_people: { words: m('remove people'), server: '', public: 'moderator', private: 'moderator', direct: '', group: '' },
  set_slow_mode: { words: m('set slow mode'), server: '', public: 'moderator', private: 'moderator', direct: '', group: '' },
  edit_room: { words: m('change the name and the topic'), server: '', public: 'moderator', private: 'moderator', direct: '', group: 'member' },
  set_roles: { words: m('give and take roles'), server: '', public: 'admin', private: 'owner', direct: '', group: '' },
  set_kind: { words: m('make the room public or private'), server: '', public: 'admin', private: 'owner', direct: '', group: '' },
  archive: { words: m('archive the room'), server: '', public: 'admin', private: 'owner', direct: '', group: '' },
  export_room: { words: m('export the room'), server: '', public: 'admin', private: 'owner', direct: '', group: '' },
  delete_room: { words: m('delete the room'), server: '', public: 'admin', private: 'owner', direct: '', group: '' },
  make_direct: { words: m('write to people directly'), server: 'bot', public: '', private: '', direct: '', group: '' },
  make_public_room: { words: m('make public rooms'), server: 'member', public: '', private: '', direct: '', group: '' },
  make_private_room: { words: m('make private rooms'), server: 'member', public: '', private: '', direct: '', group: '' },
  see_reports: { words: m('see what was reported'), server: 'moderator', public: 'moderator', private: 'moderator', direct: '', group: '' },
  ban: { words: m('ban people'), server: 'moderator', public: '', private: '', direct: '', group: '' },
  invite: { words: m('invite people to the server'), server: 'admin', public: '', private: '', direct: '', group: '' },
  bring_back_people: { words: m('add people again who left a room'), server: 'admin', public: '', private: '', direct: '', group: '' },
  set_server_roles: { words: m('give and take roles on the server'), server: 'admin', public: '', private: '', direct: '', group: '' },
  name_server: { words: m('name the server'), server: 'admin', public: '', private: '', direct: '', group: '' },
  see_audit: { words: m('see the audit log'), server: 'admin', public: 'moderator', private: 'moderator', direct: '', group: '' },
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
