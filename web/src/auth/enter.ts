import { useQueryClient } from '@tanstack/solid-query'
import { useRouter } from '@tanstack/solid-router'
import { withRedirect, type Entered } from './calls'
import { optionsQuery } from './options'
import { forgetSession, safeRedirect, setSession } from './session'

/** What comes after a step of signing in: where to go, with what the page knows brought up to date. */
export function useEnter() {
  const client = useQueryClient()
  const router = useRouter()

  // Resolves when the next page is there, so that buttons stay busy until then.
  async function go(href: string) {
    await router.navigate({ href, replace: true })
  }

  // There is a first account now, an invitation is used up.
  function outdateOptions() {
    void client.invalidateQueries({ queryKey: optionsQuery.queryKey, refetchType: 'none' })
  }

  return {
    /** Goes on as a reply says; 'confirm' is the caller's own to show. */
    async after(entered: Exclude<Entered, { step: 'confirm' }>, redirect: string | undefined) {
      const target = safeRedirect(redirect)
      if (entered.step === 'secondFactor') return go(withRedirect('/two-factor', target))
      setSession(client, entered.account)
      outdateOptions()
      return go(target)
    },
    /** Signed in, but the page doesn't know as whom. */
    async anew(redirect: string | undefined) {
      forgetSession(client)
      outdateOptions()
      return go(safeRedirect(redirect))
    },
    go,
  }
}
