import { queryOptions } from '@tanstack/solid-query'
import { post } from '~/api'
import type { Session as Listed } from '~/api.gen'
import type { Result } from '~/http'
import { done, fetched, listOf, listOptions, text, time, yes } from './parse'

/** A browser in which the person is signed in. */
export interface Session {
  id: string
  /** What `revokeSession` takes; opens nothing. */
  token: string
  userAgent: string
  /** In words; '' where that isn't known. */
  place: string
  address: string
  /** How it was signed in: "email", "google", … */
  method: string
  createdAt: number
  seenAt: number
  current: boolean
  /** Something is open there just now. */
  active: boolean
}

export function parseSession(value: unknown): Session | null {
  const id = text<Listed>(value, 'id')
  const token = text<Listed>(value, 'token')
  const createdAt = time<Listed>(value, 'createdAt')
  if (!id || !token || createdAt === null) return null
  return {
    id,
    token,
    userAgent: text<Listed>(value, 'userAgent'),
    place: text<Listed>(value, 'place'),
    address: text<Listed>(value, 'ipAddress'),
    method: text<Listed>(value, 'method'),
    createdAt,
    seenAt: time<Listed>(value, 'seenAt') ?? time<Listed>(value, 'updatedAt') ?? createdAt,
    current: yes<Listed>(value, 'current'),
    active: yes<Listed>(value, 'active'),
  }
}

/** This device first, then those in use, then by how lately they were seen. */
export function inOrder(sessions: readonly Session[]): Session[] {
  return [...sessions].sort((a, b) => Number(b.current) - Number(a.current) || Number(b.active) - Number(a.active) || b.seenAt - a.seenAt)
}

export const sessionsQuery = queryOptions({
  queryKey: ['account', 'sessions'],
  queryFn: async ({ signal }) => inOrder(await fetched('/api/auth/list-sessions', { signal }, listOf(parseSession))),
  ...listOptions,
  // "Active now" is about now.
  refetchInterval: 30_000,
})

export function revokeSession(token: string): Promise<Result<true>> {
  return post('/api/auth/revoke-session', { token }, done)
}

export function revokeOtherSessions(): Promise<Result<true>> {
  return post('/api/auth/revoke-other-sessions', {}, done)
}

export function revokeAllSessions(): Promise<Result<true>> {
  return post('/api/auth/revoke-sessions', {}, done)
}
