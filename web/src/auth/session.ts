import { queryOptions, type QueryClient } from '@tanstack/solid-query'
import { call, RequestError, type Result } from '~/http'

// Accounts, as the server's /api/auth speaks of them.

export interface Account {
  id: string
  name: string
  email: string
  image: string | null
}

export interface Credentials {
  email: string
  password: string
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

export function signIn(credentials: Credentials): Promise<Result<Account>> {
  return call('/api/auth/sign-in/email', { method: 'POST', body: credentials }, (v) => parseAccount(member(v, 'user')))
}

export function signUp(who: Credentials & { name: string }): Promise<Result<Account>> {
  return call('/api/auth/sign-up/email', { method: 'POST', body: who }, (v) => parseAccount(member(v, 'user')))
}

export function signOut(): Promise<Result<true>> {
  return call('/api/auth/sign-out', { method: 'POST', body: {} }, (v) => (member(v, 'success') === true ? true : null))
}

/** The session as a query, fresh for five minutes: live sockets end with it anyway. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async ({ signal }): Promise<Account | null> => {
    const result = await getSession(signal)
    if (!result.ok) throw new RequestError(result.failure)
    return result.value.account
  },
  staleTime: 5 * 60_000,
  networkMode: 'always',
  retry: false,
})

/** Tells the rest of the page who is signed in now. */
export function setSession(client: QueryClient, account: Account | null) {
  client.setQueryData(sessionQuery.queryKey, account)
}

/**
 * A place within this app to go to after signing in. Whatever else the address
 * says (another host, a scheme) is not followed.
 */
export function safeRedirect(target: string | undefined): string {
  if (!target || !target.startsWith('/') || /^\/[/\\]/.test(target) || /[\\\p{Cc}]/u.test(target)) return '/'
  return target
}

function parseAccount(value: unknown): Account | null {
  const id = member(value, 'id')
  const name = member(value, 'name')
  const email = member(value, 'email')
  const image = member(value, 'image')
  if (typeof id !== 'string' || typeof name !== 'string' || typeof email !== 'string') return null
  return { id, name, email, image: typeof image === 'string' && image !== '' ? image : null }
}

function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
