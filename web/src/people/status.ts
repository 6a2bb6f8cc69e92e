import { call, type Result } from '~/http'
import { isCount, isFields, isText } from '~/realtime/frames'
import type { OwnStatus } from '~/realtime/wire.gen'

// What one says of oneself.

export const noStatus: OwnStatus = { emoji: '', text: '', until: 0, dnd: false }

/** Characters of a status. */
export const STATUS_CHARS = 100

export function getStatus(): Promise<Result<OwnStatus>> {
  return call('/api/status', {}, parseStatus)
}

export function putStatus(status: OwnStatus): Promise<Result<OwnStatus>> {
  return call('/api/status', { method: 'PUT', body: status }, parseStatus)
}

function parseStatus(value: unknown): OwnStatus | null {
  if (!isFields(value)) return null
  const { emoji, text, until, dnd } = value
  return { emoji: isText(emoji) ? emoji : '', text: isText(text) ? text : '', until: isCount(until) ? until : 0, dnd: dnd === true }
}

/** How long it is to last. */
export type Lasting = 'half' | 'hour' | 'today' | 'week' | 'never'

const MINUTE_MS = 60_000

/** When that is over, Unix ms; 0: never. Days are those of this place, and weeks begin on Mondays. */
export function untilOf(lasting: Lasting, now: number): number {
  switch (lasting) {
    case 'half':
      return now + 30 * MINUTE_MS
    case 'hour':
      return now + 60 * MINUTE_MS
    case 'today':
      return midnight(now, 1)
    case 'week':
      return midnight(now, 7 - ((new Date(now).getDay() + 6) % 7))
    case 'never':
      return 0
  }
}

// Days aren't all of one length.
function midnight(now: number, days: number): number {
  const day = new Date(now)
  return new Date(day.getFullYear(), day.getMonth(), day.getDate() + days).getTime()
}
