import { queryOptions, type QueryClient } from '@tanstack/solid-query'
import { post } from '~/api'
import { call, member, RequestError, type Result } from '~/http'

// Who is signed in, as the server's /api/auth speaks of it.

export interface Account {
  id: string
  name: string
  email: string
  image: string | null
  /** Somebody without a way to come back: they may still make an account. */
  guest: boolean
}

/** Who is signed in in this browser; null: nobody. */
export function getSession(signal?: AbortSignal): Promise<Result<{ account: Account | null }>> {
  return call('/api/auth/get-session', signal ? { signal } : {}, (value) => {
    // "Nobody" is 200 with null.
    if (value === null) return { account: null }
    const account = parseAccount(member(value, 'user'))
    return account && { account }
  })
}

export function signOut(): Promise<Result<true>> {
  return post('/api/auth/sign-out', {}, (v) => (member(v, 'success') === true ? true : null))
}

/** Where last-account.ts keeps who was signed in last. */
export const LAST_ACCOUNT = 'snug:account'

/**
 * The session as a query, fresh for five minutes: live sockets end with it anyway.
 * Without a network it is whoever was signed in last, so that what this browser keeps
 * of the rooms can be read; once the server is there again, it has the word.
 */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async ({ signal }): Promise<Account | null> => {
    const result = await getSession(signal)
    if (!result.ok) {
      const last = result.failure.kind === 'unreachable' ? await import('./last-account').then((m) => m.lastAccount(), () => null) : null
      if (last) return last
      throw new RequestError(result.failure)
    }
    if (!result.value.account) forgetAccount()
    return result.value.account
  },
  staleTime: 5 * 60_000,
  networkMode: 'always',
  retry: false,
})

// All that is asked for about the person who is signed in, and about nobody else.
const personal = { queryKey: ['account'] }

/** Tells the rest of the page who is signed in now. What it knows of another one is forgotten. */
export function setSession(client: QueryClient, account: Account | null) {
  const before = client.getQueryData(sessionQuery.queryKey)
  if (before?.id !== account?.id || before?.guest !== account?.guest) client.removeQueries(personal)
  client.setQueryData(sessionQuery.queryKey, account)
  if (!account) forgetAccount()
}

function forgetAccount() {
  try {
    localStorage.removeItem(LAST_ACCOUNT)
  } catch {
    // What can't be opened holds nothing.
  }
}

/** Makes the rest of the page ask anew who is signed in. */
export function forgetSession(client: QueryClient) {
  client.removeQueries(personal)
  client.removeQueries({ queryKey: sessionQuery.queryKey })
}

/**
 * A place within this app to go to after signing in. Whatever else the address
 * says (another host, a scheme) is not followed.
 */
export function safeRedirect(target: string | undefined): string {
  if (!target || !target.startsWith('/') || /^\/[/\\]/.test(target) || /[\\\p{Cc}]/u.test(target)) return '/'
  return target
}

/** The same of a whole address, if it is one of this server. */
export function localPath(address: string | undefined, origin = location.origin): string {
  if (!address) return '/'
  try {
    const url = new URL(address, origin)
    return url.origin === origin ? safeRedirect(url.pathname + url.search + url.hash) : '/'
  } catch {
    return '/'
  }
}

export function parseAccount(value: unknown): Account | null {
  const id = member(value, 'id')
  const name = member(value, 'name')
  const email = member(value, 'email')
  const image = member(value, 'image')
  if (typeof id !== 'string' || typeof name !== 'string' || typeof email !== 'string') return null
  return { id, name, email, image: typeof image === 'string' && image !== '' ? image : null, guest: member(value, 'isAnonymous') === true }
}
