import { dates, plural, t } from '~/i18n/i18n'

// Times as people say them; far ones as dates, in the reader's own way.

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const sameYear = dates({ day: 'numeric', month: 'long' })
const otherYear = dates({ day: 'numeric', month: 'long', year: 'numeric' })
const withTime = dates({ dateStyle: 'long', timeStyle: 'short' })

/** "just now", "5 minutes ago", "yesterday", "on 3 March". */
export function ago(time: number, now: number): string {
  const past = now - time
  if (past < MINUTE) return t('just now')
  if (past < HOUR) return plural(whole(past / MINUTE), '1 minute ago', '{count} minutes ago')
  const days = daysBetween(time, now)
  if (past < 12 * HOUR || days === 0) return plural(whole(past / HOUR), '1 hour ago', '{count} hours ago')
  if (days === 1) return t('yesterday')
  if (days < 14) return plural(days, '1 day ago', '{count} days ago')
  return t('on {date}', { date: date(time, now) })
}

/** "in 5 minutes", "tomorrow", "in 12 days", "on 3 March 2027". */
export function ahead(time: number, now: number): string {
  const left = time - now
  if (left < MINUTE) return t('in a moment')
  if (left < HOUR) return plural(whole(left / MINUTE), 'in 1 minute', 'in {count} minutes')
  const days = daysBetween(now, time)
  if (days === 0) return plural(whole(left / HOUR), 'in 1 hour', 'in {count} hours')
  if (days === 1) return t('tomorrow')
  if (days < 60) return plural(days, 'in 1 day', 'in {count} days')
  return t('on {date}', { date: date(time, now) })
}

/** "3 March", with its year where that is another one. */
export function date(time: number, now: number): string {
  return new Date(time).getFullYear() === new Date(now).getFullYear() ? sameYear(time) : otherYear(time)
}

/** Date and time in full, for those who want to know exactly. */
export function exactly(time: number): string {
  return withTime(time)
}

// Calendar days, whatever hours a change of the clocks adds or takes.
function daysBetween(from: number, to: number): number {
  return Math.round((midnight(to) - midnight(from)) / DAY)
}

function midnight(time: number): number {
  const d = new Date(time)
  return Date.UTC(d.getFullYear(), d.getMonth(), d.getDate())
}

function whole(n: number): number {
  return Math.max(1, Math.floor(n))
}
