import { m, t } from '~/i18n/i18n'
import { permissions, type Action } from '~/permissions.gen'
import type { Role, RoomKind } from '~/realtime/wire.gen'

/** What a kind of room means for those in it and those outside. */
export const kindWords: Readonly<Record<RoomKind, { title: string; text: string }>> = {
  public: { title: m('Public'), text: m('Everybody on this server can find it, read it and join.') },
  private: { title: m('Private'), text: m('Only its members see it. To others it is as if it weren’t there.') },
  direct: { title: m('Direct@@a conversation of two'), text: m('Between the two of you. Nobody else can see it.') },
  group: { title: m('Group'), text: m('For the people in it, who are all equal. Nobody else can see it.') },
}

const atLeast: Readonly<Record<Role | '', string>> = {
  '': m('Nobody may {what} here.'),
  guest: m('Everybody may {what}.'),
  bot: m('Members may {what}.'),
  member: m('Members may {what}.'),
  moderator: m('Only moderators and owners may {what}.'),
  admin: m('Only owners of the room and admins of the server may {what}.'),
  owner: m('Only owners may {what}.'),
}

/** Who may do something in a kind of room, in a sentence. */
export function whoMay(action: Action, kind: RoomKind): string {
  return t(atLeast[permissions[action][kind]], { what: t(permissions[action].words) })
}
