import { dates, t } from '~/i18n/i18n'

// Days and times as the reader's own language and time zone have them.

const weekday = dates({ weekday: 'long', day: 'numeric', month: 'long' })
const withYear = dates({ weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })

export const timeOf = dates({ hour: 'numeric', minute: '2-digit' })
export const fullTimeOf = dates({ dateStyle: 'full', timeStyle: 'short' })

export function sameDay(a: number, b: number): boolean {
  const x = new Date(a)
  const y = new Date(b)
  return x.getDate() === y.getDate() && x.getMonth() === y.getMonth() && x.getFullYear() === y.getFullYear()
}

/** "Today", "Yesterday", or the day's name. */
export function dayOf(timestamp: number, now: number): string {
  if (sameDay(timestamp, now)) return t('Today')
  const yesterday = new Date(now)
  yesterday.setDate(yesterday.getDate() - 1)
  if (sameDay(timestamp, yesterday.getTime())) return t('Yesterday')
  return new Date(timestamp).getFullYear() === new Date(now).getFullYear() ? weekday(timestamp) : withYear(timestamp)
}
