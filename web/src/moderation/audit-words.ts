import { seconds } from '~/http'
import { m, plural, t } from '~/i18n/i18n'
import type { AuditLine } from './calls'

/** What somebody did who keeps order: a sentence for T, with what stands in it but {who} did it. */
export function auditWords(e: AuditLine): { text: string; whom: string; room: string; detail: string; span: string; people: string } {
  const detail = e.detail ?? ''
  return {
    text: sentence(e, detail),
    whom: e.user?.userName || t('somebody@@to whom something is done'),
    room: e.roomName || t('the server'),
    detail,
    span: e.action === 'slow_mode_set' ? seconds(Number(detail)) : e.action === 'muted' ? span(Number(detail)) : e.action === 'invite_made' ? span(Number(detail.split(' ')[1])) : '',
    people: e.action === 'invite_made' ? plural(Number(detail.split(' ')[0]), '1 person', '{count} people') : '',
  }
}

function sentence(e: AuditLine, detail: string): string {
  switch (e.action) {
    case 'room_made':
      return m('{who} made the room {room}')
    case 'room_renamed':
      return m('{who} renamed the room {detail} to {room}')
    case 'topic_changed':
      return detail === '' ? m('{who} removed the topic of {room}') : m('{who} changed the topic of {room} to “{detail}”')
    case 'kind_changed':
      if (detail === 'public') return m('{who} made {room} public')
      if (detail === 'private') return m('{who} made {room} private')
      break
    case 'slow_mode_set':
      return detail === '0' ? m('{who} turned slow mode off in {room}') : m('{who} set slow mode in {room}: one message every {span}')
    case 'room_archived':
      return m('{who} archived {room}')
    case 'room_unarchived':
      return m('{who} opened {room} again')
    case 'room_deleted':
      return m('{who} deleted the room {room}')
    case 'member_added':
      return m('{who} added {whom} to {room}')
    case 'member_invited':
      return m('{whom} came to {room} by an invitation of {who}')
    case 'member_removed':
      return m('{who} removed {whom} from {room}')
    case 'role_set':
      if (detail === 'owner') return m('{who} made {whom} an owner in {room}')
      if (detail === 'moderator') return m('{who} made {whom} a moderator in {room}')
      if (detail === 'member') return m('{who} made {whom} a member in {room}')
      break
    case 'muted':
      return m('{who} muted {whom} in {room} for {span}')
    case 'unmuted':
      return m('{who} let {whom} write in {room} again')
    case 'message_deleted':
      return m('{who} deleted a message of {whom} in {room}')
    case 'messages_deleted':
      return e.roomName === '' ? m('{who} deleted all messages of {whom} in all rooms') : m('{who} deleted all messages of {whom} in {room}')
    case 'report_handled':
      return detail === '' ? m('{who} handled a report about {whom}') : m('{who} handled a report about {whom}: {detail}')
    case 'report_dismissed':
      return detail === '' ? m('{who} dismissed a report about {whom}') : m('{who} dismissed a report about {whom}: {detail}')
    case 'banned':
      return detail === '' ? m('{who} banned {whom}') : m('{who} banned {whom}: {detail}')
    case 'unbanned':
      return m('{who} let {whom} in again')
    case 'server_role_set':
      if (detail === 'owner') return m('{who} made {whom} an owner of the server')
      if (detail === 'admin') return m('{who} made {whom} an admin of the server')
      if (detail === 'moderator') return m('{who} made {whom} a moderator of the server')
      if (detail === 'member') return m('{who} made {whom} a member of the server')
      break
    case 'invite_made':
      return e.roomName === '' ? m('{who} made an invitation to the server: for {people}, good for {span}') : m('{who} made an invitation to {room}: for {people}, good for {span}')
    case 'invite_revoked':
      if (e.roomName === '') return e.user ? m('{who} revoked an invitation to the server by {whom}') : m('{who} revoked an invitation to the server')
      return e.user ? m('{who} revoked an invitation to {room} by {whom}') : m('{who} revoked an invitation to {room}')
    case 'invite_used':
      return m('{whom} made an account by an invitation of {who}')
    case 'server_renamed':
      return detail === '' ? m('{who} took the name of the server away') : m('{who} named the server “{detail}”')
    case 'server_described':
      return m('{who} changed the description of the server')
    case 'signed_out':
      return m('{who} signed {whom} out everywhere')
  }
  return e.user ? m('{who} did something to {whom} that this page has no words for') : m('{who} did something to {room} that this page has no words for')
}

/** "30 seconds", "5 minutes", "1 hour", "3 days". */
export function span(s: number): string {
  if (s >= 86_400 && s % 86_400 === 0) return plural(s / 86_400, '1 day', '{count} days')
  if (s >= 3_600 && s % 3_600 === 0) return plural(s / 3_600, '1 hour', '{count} hours')
  if (s >= 60 && s % 60 === 0) return plural(s / 60, '1 minute', '{count} minutes')
  return seconds(s)
}
