import { createFileRoute, redirect } from '@tanstack/solid-router'
import { safeRedirect, sessionQuery } from '~/auth/session'
import { SignUpPage } from '~/auth/sign-up-page'

export const Route = createFileRoute('/sign-up')({
  validateSearch: (search): { redirect?: string } =>
    typeof search['redirect'] === 'string' ? { redirect: search['redirect'] } : {},
  beforeLoad: async ({ context, search }) => {
    // Whether someone is signed in is only a convenience here: a server that
    // can't be reached is told by the form.
    const account = await context.client.ensureQueryData(sessionQuery).catch(() => null)
    if (account) throw redirect({ href: safeRedirect(search.redirect) })
  },
  component: () => {
    const search = Route.useSearch()
    return <SignUpPage redirect={search().redirect} />
  },
})
