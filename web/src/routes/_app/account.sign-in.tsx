import { createFileRoute } from '@tanstack/solid-router'
import { SignInWaysPage } from '~/account/sign-in-ways-page'

export const Route = createFileRoute('/_app/account/sign-in')({
  validateSearch: (search): { error?: string; linked?: string } => ({
    ...(typeof search['error'] === 'string' ? { error: search['error'] } : {}),
    ...(typeof search['linked'] === 'string' ? { linked: search['linked'] } : {}),
  }),
  component: () => {
    const search = Route.useSearch()
    return <SignInWaysPage error={search().error} linked={search().linked} />
  },
})
