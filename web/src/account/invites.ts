import { queryOptions } from '@tanstack/solid-query'
import type { Result } from '~/http'
import { member } from '~/http'
import { done, fetched, listOf, listOptions, post, text, textOrNull, time, yes } from './parse'

export interface Invite {
  id: string
  /** The only address that may use it; null: whoever has the link. */
  email: string | null
  createdAt: number | null
  expiresAt: number | null
  usesLeft: number
  invitedBy: string
}

function parseInvite(value: unknown): Invite | null {
  const id = text(value, 'id')
  const usesLeft = member(value, 'usesLeft')
  if (!id || typeof usesLeft !== 'number') return null
  return {
    id,
    email: textOrNull(value, 'email'),
    createdAt: time(value, 'createdAt'),
    expiresAt: time(value, 'expiresAt'),
    usesLeft,
    invitedBy: text(value, 'invitedBy'),
  }
}

export const invitesQuery = queryOptions({
  queryKey: ['account', 'invites'],
  queryFn: ({ signal }) => fetched('/api/account/invites', { signal }, listOf(parseInvite)),
  ...listOptions,
})

export interface InviteRequest {
  email?: string
  uses?: number
  expiresInDays: number
}

export interface MadeInvite {
  url: string
  /** It was sent to its address. */
  mailed: boolean
}

export function createInvite(request: InviteRequest): Promise<Result<MadeInvite>> {
  return post('/api/account/invites', request, (value) => {
    const url = text(value, 'url')
    return url ? { url, mailed: yes(value, 'mailed') } : null
  })
}

export function revokeInvite(id: string): Promise<Result<true>> {
  return post('/api/account/invites/revoke', { id }, done)
}
