import { createFileRoute } from '@tanstack/solid-router'
import { TwoFactorPage } from '~/auth/two-factor-page'
import { visitorsOnly } from '~/auth/visitors'
import { only } from '~/search'

const validateSearch = only('redirect')

export const Route = createFileRoute('/two-factor')({
  validateSearch,
  beforeLoad: ({ context, search }) => visitorsOnly(context.client, search.redirect),
  component: () => {
    const search = Route.useSearch()
    return <TwoFactorPage redirect={search().redirect} />
  },
})
