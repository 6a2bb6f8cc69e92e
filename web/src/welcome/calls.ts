import { queryOptions } from '@tanstack/solid-query'
import { call, member, type Result } from '~/http'
import { done, fetched } from '~/account/parse'
import type { Greeting, ServerInfo, Setup } from '~/realtime/wire.gen'
import { parseServer } from '~/settings'

// What greets people, and what the server is called.

export const NAME_CHARS = 60
export const DESCRIPTION_CHARS = 200

export const greetingQuery = queryOptions({
  queryKey: ['account', 'greeting'],
  queryFn: ({ signal }) => fetched('/api/greeting', { signal }, parseGreeting),
  staleTime: Number.POSITIVE_INFINITY,
  networkMode: 'always',
  retry: false,
})

export function changeServer(to: { name?: string; description?: string }): Promise<Result<ServerInfo>> {
  return call('/api/server', { method: 'PATCH', body: to }, parseServer)
}

export function noteSetup(setup: Exclude<Setup, 'new'>): Promise<Result<true>> {
  return call('/api/greeting/setup', { method: 'PUT', body: { setup } }, done)
}

/** They know their way now, on all their devices. */
export function beGreeted(): Promise<Result<true>> {
  return call('/api/greeting', { method: 'DELETE' }, done)
}

export function parseGreeting(value: unknown): Greeting | null {
  const setup = member(value, 'setup')
  if (setup !== 'new' && setup !== 'left' && setup !== 'done') return null
  const by = member(value, 'invitedBy')
  const userId = member(by, 'userId')
  const userName = member(by, 'userName')
  return {
    setup,
    newcomer: member(value, 'newcomer') === true,
    ...(typeof userId === 'string' && typeof userName === 'string' && { invitedBy: { userId, userName } }),
  }
}
