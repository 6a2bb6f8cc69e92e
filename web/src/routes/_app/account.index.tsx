import { createFileRoute, redirect } from '@tanstack/solid-router'
import { AccountIndex } from '~/account/frame'

export const Route = createFileRoute('/_app/account/')({
  beforeLoad: () => {
    // Beside the list stands the first page.
    if (matchMedia('(min-width: 56.25rem)').matches) throw redirect({ to: '/account/profile', replace: true })
  },
  component: AccountIndex,
})
