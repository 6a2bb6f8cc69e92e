import { permissions, type Action } from '~/permissions.gen'
import type { Role, RoomKind } from '~/realtime/wire.gen'

/** What a kind of room means for those in it and those outside. */
export const kindWords: Readonly<Record<RoomKind, { title: string; text: string }>> = {
  public: { title: 'Public', text: 'Everybody on this server can find it, read it and join.' },
  private: { title: 'Private', text: 'Only its members see it. To others it is as if it weren’t there.' },
  direct: { title: 'Direct', text: 'Between the two of you. Nobody else can see it.' },
  group: { title: 'Group', text: 'For the people in it, who are all equal. Nobody else can see it.' },
}

const atLeast: Readonly<Record<Role, string>> = {
  guest: 'Everybody may',
  bot: 'Members may',
  member: 'Members may',
  moderator: 'Only moderators and owners may',
  admin: 'Only owners of the room and admins of the server may',
  owner: 'Only owners may',
}

/** Who may do something in a kind of room, in a sentence. */
export function whoMay(action: Action, kind: RoomKind): string {
  const least: Role | '' = permissions[action][kind]
  return least === '' ? `Nobody may ${permissions[action].words} here.` : `${atLeast[least]} ${permissions[action].words}.`
}
