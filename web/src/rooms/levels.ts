import { m, t } from '~/i18n/i18n'
import type { Notify } from '~/realtime/wire.gen'

// Of what in a room one wants to be told, and for how long not.

export const levels: readonly { value: Notify; label: string }[] = [
  { value: '', label: m('As in my settings') },
  { value: 'all', label: m('Every message') },
  { value: 'mentions', label: m('Mentions only') },
  { value: 'nothing', label: m('Nothing') },
]

export function levelWords(notify: Notify): string {
  const level = levels.find((l) => l.value === notify)
  return level ? t(level.label) : ''
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** For how long a room may be snoozed: until when, in ms. */
export const snoozes: readonly { label: string; until(now: number): number }[] = [
  { label: m('For 30 minutes'), until: (now) => now + 30 * MINUTE },
  { label: m('For 2 hours'), until: (now) => now + 2 * HOUR },
  { label: m('Until tomorrow morning'), until: tomorrow },
  { label: m('For a week'), until: (now) => now + 7 * 24 * HOUR },
]

// Nine o'clock of the reader's own tomorrow.
function tomorrow(now: number): number {
  const day = new Date(now)
  day.setDate(day.getDate() + 1)
  return day.setHours(9, 0, 0, 0)
}
