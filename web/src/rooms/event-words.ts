import { seconds } from '~/http'
import { m, t } from '~/i18n/i18n'
import type { Role, RoomFrame } from '~/realtime/wire.gen'

/** What somebody is, as it is said of them. */
export const roleWords: Readonly<Record<Role, string>> = {
  owner: m('Owner'), admin: m('Admin'), moderator: m('Moderator'), member: m('Member'), guest: m('Guest'), bot: m('Bot'),
}

/** What happened to a room, in one line, for `me`. */
export function eventWords(frame: RoomFrame, me: string): string {
  const mine = frame.by === me
  const self = frame.user !== undefined && frame.user.userId === frame.by
  const toMe = frame.user?.userId === me
  const said = {
    who: frame.byName || t('Somebody'),
    whom: frame.user?.userName ?? t('somebody@@to whom something is done'),
    name: frame.name ?? '',
    topic: frame.topic ?? '',
  }
  switch (frame.event) {
    case 'member_added':
      if (self) return mine ? t('You joined') : t('{who} joined', said)
      if (frame.invited) return mine ? t('{whom} came by your invitation', said) : toMe ? t('You came by an invitation of {who}', said) : t('{whom} came by an invitation of {who}', said)
      return mine ? t('You added {whom}', said) : toMe ? t('{who} added you', said) : t('{who} added {whom}', said)
    case 'member_removed':
      if (self) return mine ? t('You left') : t('{who} left', said)
      return mine ? t('You removed {whom}', said) : toMe ? t('{who} removed you', said) : t('{who} removed {whom}', said)
    case 'role_changed': {
      const of = made[frame.role === 'owner' || frame.role === 'moderator' ? frame.role : 'member']
      return t(self ? (mine ? of.yourself : of.themselves) : mine ? of.byYou : toMe ? of.you : of.whom, said)
    }
    case 'renamed':
      return mine ? t('You renamed the room to “{name}”', said) : t('{who} renamed the room to “{name}”', said)
    case 'topic_changed':
      if (said.topic === '') return mine ? t('You removed the topic') : t('{who} removed the topic', said)
      return mine ? t('You changed the topic to “{topic}”', said) : t('{who} changed the topic to “{topic}”', said)
    case 'archived':
      return mine ? t('You archived the room') : t('{who} archived the room', said)
    case 'unarchived':
      return mine ? t('You opened the room again') : t('{who} opened the room again', said)
    case 'kind_changed':
      if (frame.kind === 'public') return mine ? t('You made the room public') : t('{who} made the room public', said)
      return mine ? t('You made the room private') : t('{who} made the room private', said)
    case 'slow_mode': {
      if (!frame.seconds) return mine ? t('You turned slow mode off') : t('{who} turned slow mode off', said)
      const on = { ...said, span: seconds(frame.seconds) }
      return mine ? t('You turned slow mode on: one message every {span}', on) : t('{who} turned slow mode on: one message every {span}', on)
    }
  }
}

// The roles that are given in a room.
const made = {
  owner: {
    yourself: m('You made yourself an owner'), themselves: m('{who} made themselves an owner'), byYou: m('You made {whom} an owner'), you: m('{who} made you an owner'), whom: m('{who} made {whom} an owner'),
  },
  moderator: {
    yourself: m('You made yourself a moderator'), themselves: m('{who} made themselves a moderator'), byYou: m('You made {whom} a moderator'), you: m('{who} made you a moderator'), whom: m('{who} made {whom} a moderator'),
  },
  member: {
    yourself: m('You made yourself a member'), themselves: m('{who} made themselves a member'), byYou: m('You made {whom} a member'), you: m('{who} made you a member'), whom: m('{who} made {whom} a member'),
  },
}
