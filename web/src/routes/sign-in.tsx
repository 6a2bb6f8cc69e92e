import { createFileRoute } from '@tanstack/solid-router'
import { SignInPage } from '~/auth/sign-in-page'
import { visitorsOnly } from '~/auth/visitors'
import { only } from '~/search'

const validateSearch = only('redirect', 'error')

export const Route = createFileRoute('/sign-in')({
  validateSearch,
  beforeLoad: ({ context, search }) => visitorsOnly(context.client, search.redirect),
  loaderDeps: ({ search }) => ({ error: search.error }),
  // The words are fetched only where something went wrong.
  loader: async ({ deps }) => (deps.error ? (await import('~/auth/words')).wordsFor(deps.error) : ''),
  component: () => {
    const search = Route.useSearch()
    const trouble = Route.useLoaderData()
    return <SignInPage redirect={search().redirect} trouble={trouble()} />
  },
})
