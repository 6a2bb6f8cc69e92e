// Times as people say them; far ones as dates, in the reader's own way.

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const sameYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long' })
const otherYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long', year: 'numeric' })
const withTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'long', timeStyle: 'short' })

/** "just now", "5 minutes ago", "yesterday", "on 3 March". */
export function ago(time: number, now: number): string {
  const past = now - time
  if (past < MINUTE) return 'just now'
  if (past < HOUR) return `${count(past / MINUTE, 'minute')} ago`
  const days = daysBetween(time, now)
  if (past < 12 * HOUR || days === 0) return `${count(past / HOUR, 'hour')} ago`
  if (days === 1) return 'yesterday'
  if (days < 14) return `${count(days, 'day')} ago`
  return `on ${date(time, now)}`
}

/** "in 5 minutes", "tomorrow", "in 12 days", "on 3 March 2027". */
export function ahead(time: number, now: number): string {
  const left = time - now
  if (left < MINUTE) return 'in a moment'
  if (left < HOUR) return `in ${count(left / MINUTE, 'minute')}`
  const days = daysBetween(now, time)
  if (days === 0) return `in ${count(left / HOUR, 'hour')}`
  if (days === 1) return 'tomorrow'
  if (days < 60) return `in ${count(days, 'day')}`
  return `on ${date(time, now)}`
}

/** "3 March", with its year where that is another one. */
export function date(time: number, now: number): string {
  return new Date(time).getFullYear() === new Date(now).getFullYear() ? sameYear.format(time) : otherYear.format(time)
}

/** Date and time in full, for those who want to know exactly. */
export function exactly(time: number): string {
  return withTime.format(time)
}

// Calendar days, whatever hours a change of the clocks adds or takes.
function daysBetween(from: number, to: number): number {
  return Math.round((midnight(to) - midnight(from)) / DAY)
}

function midnight(time: number): number {
  const d = new Date(time)
  return Date.UTC(d.getFullYear(), d.getMonth(), d.getDate())
}

function count(n: number, unit: string): string {
  const whole = Math.max(1, Math.floor(n))
  return `${whole} ${unit}${whole === 1 ? '' : 's'}`
}
