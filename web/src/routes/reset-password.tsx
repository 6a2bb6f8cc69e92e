import { createFileRoute } from '@tanstack/solid-router'
import { ResetPasswordPage } from '~/auth/reset-password-page'
import { only } from '~/search'

const validateSearch = only('token', 'error')

export const Route = createFileRoute('/reset-password')({
  validateSearch,
  component: () => {
    const search = Route.useSearch()
    return <ResetPasswordPage token={search().token} error={search().error} />
  },
})
