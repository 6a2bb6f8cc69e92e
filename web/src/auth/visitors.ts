import type { QueryClient } from '@tanstack/solid-query'
import { redirect } from '@tanstack/solid-router'
import { optionsQuery } from './options'
import { safeRedirect, sessionQuery, type Account } from './session'

// A page that comes at once with all that is on it is calmer than one that fills up.
const PATIENCE_MS = 200

/**
 * Who comes to a page that is for those who aren't signed in; what it offers is
 * fetched at the same time. Neither being there is a reason not to show the page,
 * which says so itself.
 */
export async function visitor(client: QueryClient): Promise<Account | null> {
  const offers = Promise.race([client.prefetchQuery(optionsQuery), new Promise((resolve) => setTimeout(resolve, PATIENCE_MS))])
  const [account] = await Promise.all([client.ensureQueryData(sessionQuery).catch(() => null), offers])
  return account
}

/** Sends those on who are signed in. Guests may come to stay. */
export async function visitorsOnly(client: QueryClient, target: string | undefined): Promise<void> {
  const account = await visitor(client)
  if (account && !account.guest) throw redirect({ href: safeRedirect(target) })
}
