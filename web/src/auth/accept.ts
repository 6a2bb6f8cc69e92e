import type { QueryClient } from '@tanstack/solid-query'
import { post } from '~/api'
import type { Accepted, Invitation } from '~/api.gen'
import { member, type Result } from '~/http'
import { openInvitation } from './calls'
import { optionsQuery } from './options'
import { sessionQuery, type Account } from './session'

/** Enters the room that an invitation leads into. */
function acceptInvitation(token: string): Promise<Result<Accepted>> {
  return post('/api/account/invites/accept', { token }, (value) => {
    const room = member(value, 'room')
    return typeof room === 'string' ? { room } : null
  })
}

export interface Followed {
  account: Account | null
  /** What the invitation says to who has no account here; with one, why it doesn't let in. */
  opened: Result<Invitation> | null
  /** The room that was entered; '': none. */
  room: string
}

/** Goes where the link of an invitation leads. */
export async function follow(client: QueryClient, token: string): Promise<Followed> {
  const account = await client.ensureQueryData(sessionQuery).catch(() => null)
  if (account && !account.guest) {
    const accepted = await acceptInvitation(token)
    return accepted.ok ? { account, opened: null, room: accepted.value.room } : { account, opened: accepted, room: '' }
  }
  const opened = await openInvitation(token)
  // They know of the invitation from now on.
  client.removeQueries({ queryKey: optionsQuery.queryKey })
  return { account: null, opened, room: '' }
}
