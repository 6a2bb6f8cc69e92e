import { queryOptions, type QueryClient } from '@tanstack/solid-query'
import { call, member, RequestError, type Result } from '~/http'
import { language } from '~/i18n/language'
import { isLanguage, type Language } from '~/i18n/languages'

// What one wants to be told of, and when not, as the server keeps it for all devices.

export type Level = 'all' | 'mentions' | 'nothing'

export interface QuietHours {
  on: boolean
  /** "22:00" */
  from: string
  to: string
  /** The days that it begins on: 0 is Sunday. */
  days: readonly number[]
  timezone: string
}

export interface Attention {
  notify: { rooms: Level; directs: Level }
  quietHours: QuietHours
  /** Unix ms; 0: not now. */
  snoozedUntil: number
  mail: 'missed' | 'off'
  sounds: boolean
  desktop: boolean
  /** What mails are written in; null: no client has said so yet. */
  language: Language | null
}

export function timezoneHere(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC'
}

/** What holds while nobody has said otherwise. */
export function defaults(): Attention {
  return {
    notify: { rooms: 'mentions', directs: 'all' },
    quietHours: { on: false, from: '22:00', to: '07:00', days: [0, 1, 2, 3, 4, 5, 6], timezone: timezoneHere() },
    snoozedUntil: 0,
    mail: 'missed',
    sounds: true,
    desktop: true,
    language: null,
  }
}

export const attentionQuery = queryOptions({
  queryKey: ['account', 'attention'],
  queryFn: async ({ signal }): Promise<Attention> => {
    const result = await call('/api/attention', { signal }, parseAttention)
    if (!result.ok) throw new RequestError(result.failure)
    return result.value
  },
  staleTime: 5 * 60_000,
  retry: false,
})

/** What is left out stays. */
function saveAttention(change: Partial<Attention>): Promise<Result<Attention>> {
  return call('/api/attention', { method: 'PUT', body: change }, parseAttention)
}

/** The last of the changes that are on their way to the server. */
const saving = new WeakMap<QueryClient, Promise<Result<Attention>>>()

/** Changes the settings: shown at once, and saved one after the other. */
export async function changeAttention(client: QueryClient, to: Partial<Attention>): Promise<Result<Attention>> {
  client.setQueryData(attentionQuery.queryKey, (now) => now && { ...now, ...to })
  const turn = (saving.get(client) ?? Promise.resolve()).then(() => saveAttention(to))
  saving.set(client, turn)
  const result = await turn
  if (saving.get(client) !== turn) return result
  saving.delete(client)
  if (result.ok) client.setQueryData(attentionQuery.queryKey, result.value)
  else await client.invalidateQueries({ queryKey: attentionQuery.queryKey })
  return result
}

/** Takes over what was changed elsewhere. What is being changed here is newer, and its answer has both. */
export async function refreshAttention(client: QueryClient) {
  const before = client.getQueryData(attentionQuery.queryKey)
  const result = await call('/api/attention', {}, parseAttention)
  if (!result.ok || saving.has(client) || client.getQueryData(attentionQuery.queryKey) !== before) return
  client.setQueryData(attentionQuery.queryKey, result.value)
}

/**
 * Reads the settings, and tells the server what this client speaks where it has another
 * language: a mail of what was missed is written when no page is there to say.
 */
export async function tellLanguage(client: QueryClient) {
  const spoken = language()
  const kept = await client.fetchQuery(attentionQuery)
  if (kept.language === spoken) return
  const result = await saveAttention({ language: spoken })
  // Not all of the answer: other settings may be on their way.
  if (result.ok) client.setQueryData(attentionQuery.queryKey, (now) => now && { ...now, language: spoken })
}

export function parseAttention(value: unknown): Attention | null {
  if (typeof value !== 'object' || value === null) return null
  const none = defaults()
  const notify = member(value, 'notify')
  const hours = member(value, 'quietHours')
  const days = member(hours, 'days')
  const until = member(value, 'snoozedUntil')
  const spoken = text(member(value, 'language'))
  return {
    notify: { rooms: level(member(notify, 'rooms'), none.notify.rooms), directs: level(member(notify, 'directs'), none.notify.directs) },
    quietHours: {
      on: member(hours, 'on') === true,
      from: clock(member(hours, 'from'), none.quietHours.from),
      to: clock(member(hours, 'to'), none.quietHours.to),
      days: Array.isArray(days) ? days.filter((d) => Number.isInteger(d) && d >= 0 && d <= 6) : none.quietHours.days,
      timezone: text(member(hours, 'timezone')) || none.quietHours.timezone,
    },
    snoozedUntil: typeof until === 'number' ? until : 0,
    mail: member(value, 'mail') === 'off' ? 'off' : 'missed',
    sounds: member(value, 'sounds') !== false,
    desktop: member(value, 'desktop') !== false,
    language: isLanguage(spoken) ? spoken : null,
  }
}

function level(value: unknown, otherwise: Level): Level {
  return value === 'all' || value === 'mentions' || value === 'nothing' ? value : otherwise
}

function clock(value: unknown, otherwise: string): string {
  return typeof value === 'string' && /^([01]\d|2[0-3]):[0-5]\d$/.test(value) ? value : otherwise
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
