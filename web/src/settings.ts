import { queryOptions } from '@tanstack/solid-query'
import { call, member, RequestError } from './http'
import type { ServerInfo, Settings as All } from './realtime/wire.gen'

/** What the server allows, as much as a client has to know. */
export type Settings = Pick<All, 'maxMessageChars' | 'maxFileBytes' | 'maxFiles' | 'server'>

/** A server's own, while it hasn't said. */
export const defaultSettings: Settings = { maxMessageChars: 10_000, maxFileBytes: 100_000_000, maxFiles: 10, server: { name: '', description: '', nameFixed: false } }

export const settingsQuery = queryOptions({
  queryKey: ['settings'],
  queryFn: async ({ signal }) => {
    const result = await call('/api/settings', { signal }, parseSettings)
    if (!result.ok) throw new RequestError(result.failure)
    return result.value
  },
  staleTime: 3600_000,
  retry: false,
})

function parseSettings(value: unknown): Settings | null {
  if (typeof value !== 'object' || value === null) return null
  const settings = { ...defaultSettings }
  for (const name of ['maxMessageChars', 'maxFileBytes', 'maxFiles'] as const) {
    const n = member(value, name)
    if (typeof n === 'number' && Number.isFinite(n) && n >= 0) settings[name] = n
  }
  settings.server = parseServer(member(value, 'server')) ?? settings.server
  return settings
}

export function parseServer(value: unknown): ServerInfo | null {
  const name = member(value, 'name')
  const description = member(value, 'description')
  if (typeof name !== 'string' || typeof description !== 'string') return null
  return { name, description, nameFixed: member(value, 'nameFixed') === true }
}
