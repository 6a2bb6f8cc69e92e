import { queryOptions } from '@tanstack/solid-query'
import type { Provider, SignInOptions } from '~/api.gen'
import { call, member, RequestError, type Result } from '~/http'
import { parseInvitation } from './calls'

export function getOptions(signal?: AbortSignal): Promise<Result<SignInOptions>> {
  return call('/api/account/options', signal ? { signal } : {}, parseOptions)
}

/** They as a query. Short-lived: the first account and an invitation change them. */
export const optionsQuery = queryOptions({
  queryKey: ['sign-in-options'],
  queryFn: async ({ signal }): Promise<SignInOptions> => {
    const result = await getOptions(signal)
    if (!result.ok) throw new RequestError(result.failure)
    return result.value
  },
  staleTime: 30_000,
  networkMode: 'always',
  retry: false,
})

/** Whether somebody could make an account here. */
export function mayJoin(options: SignInOptions): boolean {
  if (options.firstAccount || options.invite) return true
  return options.signUp === 'open' || options.signUp === 'domain'
}

/** Whether somebody with this address could; an invitation is for any domain. */
export function addressMayJoin(options: SignInOptions, email: string): boolean {
  if (options.firstAccount || options.invite || options.signUp !== 'domain') return true
  const domain = email.slice(email.lastIndexOf('@') + 1).trim().toLowerCase()
  return options.domains.some((d) => d.toLowerCase() === domain)
}

export function parseOptions(value: unknown): SignInOptions | null {
  const signUp = member(value, 'signUp')
  const domains = member(value, 'domains')
  const providers = member(value, 'providers')
  if (signUp !== 'open' && signUp !== 'invite' && signUp !== 'domain' && signUp !== 'closed') return null
  if (!Array.isArray(providers)) return null
  const yes = (name: string) => member(value, name) === true
  return {
    signUp,
    domains: Array.isArray(domains) ? domains.filter((d): d is string => typeof d === 'string') : [],
    firstAccount: yes('firstAccount'),
    passwords: yes('passwords'),
    magicLinks: yes('magicLinks'),
    passkeys: yes('passkeys'),
    guests: yes('guests'),
    requireVerified: yes('requireVerified'),
    mail: yes('mail'),
    providers: providers.flatMap((p: unknown): Provider[] => {
      const id = member(p, 'id')
      const name = member(p, 'name')
      return typeof id === 'string' && typeof name === 'string' ? [{ id, name }] : []
    }),
    invite: parseInvitation(member(value, 'invite')),
  }
}
