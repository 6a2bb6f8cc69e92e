import { seconds } from '~/http'
import { t } from '~/i18n/i18n'
import { isRole, isRoomKind } from '~/realtime/frames'
import { kindWords } from '~/rooms/kind-words'
import { oneOf } from '~/rooms/event-words'
import type { AuditLine } from './calls'

/** What somebody did who keeps order, in a sentence without the one who did it. */
export function auditWords(e: AuditLine): string {
  const whom = e.user?.userName || 'somebody'
  const room = e.roomName || 'the server'
  const detail = e.detail ?? ''
  switch (e.action) {
    case 'room_made':
      return `made the room ${room}`
    case 'room_renamed':
      return `renamed the room ${detail} to ${room}`
    case 'topic_changed':
      return detail === '' ? `removed the topic of ${room}` : `changed the topic of ${room} to “${detail}”`
    case 'kind_changed':
      return `made ${room} ${isRoomKind(detail) ? kindWords[detail].title.toLowerCase() : detail}`
    case 'slow_mode_set':
      return detail === '0' ? `turned slow mode off in ${room}` : `set slow mode in ${room}: one message every ${seconds(Number(detail))}`
    case 'room_archived':
      return `archived ${room}`
    case 'room_unarchived':
      return `opened ${room} again`
    case 'room_deleted':
      return `deleted the room ${room}`
    case 'member_added':
      return `added ${whom} to ${room}`
    case 'member_removed':
      return `removed ${whom} from ${room}`
    case 'role_set':
      return `made ${whom} ${isRole(detail) ? oneOf[detail] : detail} in ${room}`
    case 'muted':
      return `muted ${whom} in ${room} for ${span(Number(detail))}`
    case 'unmuted':
      return `let ${whom} write in ${room} again`
    case 'message_deleted':
      return `deleted a message of ${whom} in ${room}`
    case 'messages_deleted':
      return e.roomName === '' ? `deleted all messages of ${whom} in all rooms` : `deleted all messages of ${whom} in ${room}`
    case 'report_handled':
      return `handled a report about ${whom}${said(detail)}`
    case 'report_dismissed':
      return `dismissed a report about ${whom}${said(detail)}`
    case 'banned':
      return `banned ${whom}${said(detail)}`
    case 'unbanned':
      return `let ${whom} in again`
    case 'server_role_set':
      return `made ${whom} ${isRole(detail) ? oneOf[detail] : detail} of the server`
    case 'server_renamed':
      return detail === '' ? t('took the name of the server away') : t('named the server “{name}”', { name: detail })
    case 'server_described':
      return t('changed the description of the server')
    case 'signed_out':
      return `signed ${whom} out everywhere`
  }
  return `did something to ${e.user ? whom : room} that this page has no words for`
}

function said(words: string): string {
  return words === '' ? '' : `: ${words}`
}

/** "30 seconds", "5 minutes", "1 hour", "3 days". */
export function span(s: number): string {
  for (const [unit, size] of [['day', 86_400], ['hour', 3_600], ['minute', 60]] as const) {
    if (s >= size && s % size === 0) return `${s / size} ${unit}${s === size ? '' : 's'}`
  }
  return seconds(s)
}
