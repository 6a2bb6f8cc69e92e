import { queryOptions } from '@tanstack/solid-query'
import { post } from '~/api'
import type { InviteBody, Invite as Listed, MadeInvite as Made } from '~/api.gen'
import { member, type Result } from '~/http'
import { done, fetched, listOf, listOptions, text, textOrNull, time, yes } from './parse'

export interface Invite {
  id: string
  /** The only address that may use it; null: whoever has the link. */
  email: string | null
  createdAt: number | null
  expiresAt: number | null
  usesLeft: number
  invitedBy: string
  /** Of the room that it leads into; '': none. */
  roomName: string
  /** Whoever has no account may make one by it. */
  accounts: boolean
  /** Why it lets nobody in; '': it does. */
  dead: Listed['dead']
}

const reasons: readonly Listed['dead'][] = ['banned', 'role', 'room']

function parseInvite(value: unknown): Invite | null {
  const id = text<Listed>(value, 'id')
  const usesLeft = member(value, 'usesLeft')
  if (!id || typeof usesLeft !== 'number') return null
  return {
    id,
    email: textOrNull<Listed>(value, 'email'),
    createdAt: time<Listed>(value, 'createdAt'),
    expiresAt: time<Listed>(value, 'expiresAt'),
    usesLeft,
    invitedBy: text<Listed>(value, 'invitedBy'),
    roomName: text<Listed>(value, 'roomName'),
    accounts: yes<Listed>(value, 'accounts'),
    dead: reasons.find((reason) => reason === text<Listed>(value, 'dead')) ?? '',
  }
}

export const invitesQuery = queryOptions({
  queryKey: ['account', 'invites'],
  queryFn: ({ signal }) => fetched('/api/account/invites', { signal }, listOf(parseInvite)),
  ...listOptions,
})

export type MadeInvite = Pick<Made, 'url' | 'mailed'>

export function createInvite(request: InviteBody): Promise<Result<MadeInvite>> {
  return post('/api/account/invites', request, (value) => {
    const url = text<Made>(value, 'url')
    return url ? { url, mailed: yes<Made>(value, 'mailed') } : null
  })
}

export function revokeInvite(id: string): Promise<Result<true>> {
  return post('/api/account/invites/revoke', { id }, done)
}
