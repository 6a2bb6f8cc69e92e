// A moment that somebody chooses by the browser's own field: still to come, and at most
// a year ahead, as the server has it.

const YEAR_MS = 365 * 24 * 3_600_000
const MINUTE_MS = 60_000

/** A time as the field has it, in this place's own clock: "2026-03-04T18:30". */
export function fieldOf(time: number): string {
  const day = new Date(time)
  return `${String(day.getFullYear()).padStart(4, '0')}-${two(day.getMonth() + 1)}-${two(day.getDate())}T${two(day.getHours())}:${two(day.getMinutes())}`
}

function two(n: number): string {
  return String(n).padStart(2, '0')
}

/** Between which moments one may choose. */
export function momentBounds(now: number): { min: string; max: string } {
  return { min: fieldOf(now + MINUTE_MS), max: fieldOf(now + YEAR_MS) }
}

/** What is in the field, as Unix ms; undefined: nothing that may be chosen. */
export function momentIn(field: string, now: number): number | undefined {
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?$/.test(field) ? new Date(field).getTime() : NaN
  return time > now && time <= now + YEAR_MS ? time : undefined
}
