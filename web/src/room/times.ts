// Days and times as the reader's own language and time zone have them.

const time = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' })
const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'short' })
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' })
const withYear = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' })

export function timeOf(timestamp: number): string {
  return time.format(timestamp)
}

export function fullTimeOf(timestamp: number): string {
  return full.format(timestamp)
}

export function sameDay(a: number, b: number): boolean {
  const x = new Date(a)
  const y = new Date(b)
  return x.getDate() === y.getDate() && x.getMonth() === y.getMonth() && x.getFullYear() === y.getFullYear()
}

/** "Today", "Yesterday", or the day's name. */
export function dayOf(timestamp: number, now: number): string {
  if (sameDay(timestamp, now)) return 'Today'
  const yesterday = new Date(now)
  yesterday.setDate(yesterday.getDate() - 1)
  if (sameDay(timestamp, yesterday.getTime())) return 'Yesterday'
  return new Date(timestamp).getFullYear() === new Date(now).getFullYear() ? weekday.format(timestamp) : withYear.format(timestamp)
}
