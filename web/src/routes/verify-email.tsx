import { createFileRoute } from '@tanstack/solid-router'
import { VerifyEmailPage } from '~/auth/verify-email-page'
import { visitor } from '~/auth/visitors'
import { only } from '~/search'

const validateSearch = only('redirect', 'error', 'change')

export const Route = createFileRoute('/verify-email')({
  validateSearch,
  beforeLoad: async ({ context }) => void (await visitor(context.client)),
  component: () => {
    const search = Route.useSearch()
    return <VerifyEmailPage redirect={search().redirect} error={search().error} change={search().change !== undefined} />
  },
})
