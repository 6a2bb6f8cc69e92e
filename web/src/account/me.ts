import { queryOptions, type QueryClient } from '@tanstack/solid-query'
import { post } from '~/api'
import type { AccountReply, DeletedReply, DeletionBody, PasswordBody, Role, WholeUser } from '~/api.gen'
import { callbackTo, withRedirect } from '~/auth/calls'
import { parseAccount, sessionQuery, type Account } from '~/auth/session'
import { member, type Result } from '~/http'
import { done, fetched, listOptions, text, yes } from './parse'

// The account of the person at this browser, and what they change of it.

export interface Me extends Account {
  emailVerified: boolean
  /** Made up by the server for somebody whose provider gave none. */
  emailMissing: boolean
  role: Role
  twoFactor: boolean
  hasPassword: boolean
  /** Signed in so lately that no password is asked for. */
  fresh: boolean
}

const roles: readonly Role[] = ['owner', 'admin', 'moderator', 'member', 'guest', 'bot']

export function parseMe(value: unknown): Me | null {
  const user = member(value, 'user')
  const account = parseAccount(user)
  if (!account) return null
  return {
    ...account,
    emailVerified: yes<WholeUser>(user, 'emailVerified'),
    emailMissing: account.email.endsWith('.placeholder.invalid'),
    role: roles.find((role) => role === text<WholeUser>(user, 'role')) ?? 'member',
    twoFactor: yes<WholeUser>(user, 'twoFactorEnabled'),
    hasPassword: yes<AccountReply>(value, 'hasPassword'),
    fresh: yes<AccountReply>(value, 'fresh'),
  }
}

export const meQuery = queryOptions({
  queryKey: ['account', 'me'],
  queryFn: ({ signal }) => fetched('/api/account', { signal }, parseMe),
  ...listOptions,
})

/** Shows what is new of a profile everywhere on this page. */
export function showProfile(client: QueryClient, change: { name?: string; email?: string; image?: string | null }) {
  client.setQueryData(sessionQuery.queryKey, (account) => account && { ...account, ...change })
  client.setQueryData(meQuery.queryKey, (me) => me && { ...me, ...change })
}

export function updateName(name: string): Promise<Result<true>> {
  return post('/api/auth/update-user', { name }, done)
}

export function removePicture(): Promise<Result<true>> {
  return post('/api/account/avatar/remove', {}, done)
}

/** Where a link of a mail about the address leads to. */
export const addressPage = () => callbackTo(withRedirect('/verify-email', '/account/profile'))

export function changeEmail(newEmail: string): Promise<Result<true>> {
  return post('/api/auth/change-email', { newEmail, callbackURL: `${addressPage()}&change=1` }, done)
}

export function changePassword(change: PasswordBody): Promise<Result<true>> {
  return post('/api/auth/change-password', change, done)
}

/** How a deletion was taken: it is done, or waits for the link in a mail. */
export type Deletion = 'deleted' | 'mailed'

export function deleteAccount(proof: DeletionBody): Promise<Result<Deletion>> {
  return post('/api/auth/delete-user', proof, (value) => {
    if (!yes<DeletedReply>(value, 'success')) return null
    return text<DeletedReply>(value, 'message') === 'Verification email sent' ? 'mailed' : 'deleted'
  })
}
