import { createFileRoute } from '@tanstack/solid-router'
import { SignUpPage } from '~/auth/sign-up-page'
import { visitorsOnly } from '~/auth/visitors'
import { only } from '~/search'

const validateSearch = only('redirect')

export const Route = createFileRoute('/sign-up')({
  validateSearch,
  beforeLoad: ({ context, search }) => visitorsOnly(context.client, search.redirect),
  component: () => {
    const search = Route.useSearch()
    return <SignUpPage redirect={search().redirect} />
  },
})
