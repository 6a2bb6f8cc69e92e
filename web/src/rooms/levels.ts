import type { Notify } from '~/realtime/wire.gen'

// Of what in a room one wants to be told, and for how long not.

export const levels: readonly { value: Notify; label: string }[] = [
  { value: '', label: 'As in my settings' },
  { value: 'all', label: 'Every message' },
  { value: 'mentions', label: 'Mentions only' },
  { value: 'nothing', label: 'Nothing' },
]

export function levelWords(notify: Notify): string {
  return levels.find((l) => l.value === notify)?.label ?? ''
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** For how long a room may be snoozed: until when, in ms. */
export const snoozes: readonly { label: string; until(now: number): number }[] = [
  { label: 'For 30 minutes', until: (now) => now + 30 * MINUTE },
  { label: 'For 2 hours', until: (now) => now + 2 * HOUR },
  { label: 'Until tomorrow morning', until: tomorrow },
  { label: 'For a week', until: (now) => now + 7 * 24 * HOUR },
]

// Nine o'clock of the reader's own tomorrow.
function tomorrow(now: number): number {
  const day = new Date(now)
  day.setDate(day.getDate() + 1)
  return day.setHours(9, 0, 0, 0)
}
