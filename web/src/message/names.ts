import { plural, t } from '~/i18n/i18n'
import { listed } from '~/i18n/listed'
import type { MessageRoom } from './message-room'

/** The name of someone by their id, as far as this room knows it. */
export function nameOf(room: MessageRoom, userId: string): string {
  if (userId === room.me().id) return t('you')
  const { people, messages } = room.session.room()
  return (
    people.find((p) => p.userId === userId)?.userName ??
    messages.findLast((m) => m.userId === userId && m.userName !== '')?.userName ??
    t('someone')
  )
}

/** "Ada, Bob and you"; of many, the first few and a number. */
export function inWords(names: readonly string[], most = 8): string {
  const more = names.length - most
  return listed(more > 0 ? [...names.slice(0, most), plural(more, '{count} more', '{count} more')] : names)
}
