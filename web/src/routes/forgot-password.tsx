import { createFileRoute, useRouter } from '@tanstack/solid-router'
import { ForgotPasswordPage } from '~/auth/forgot-password-page'
import { visitor } from '~/auth/visitors'
import { only } from '~/search'

declare module '@tanstack/solid-router' {
  interface HistoryState {
    /** What was typed into the form that one comes from: it has no business in the address. */
    email?: string
  }
}

const validateSearch = only('redirect')

export const Route = createFileRoute('/forgot-password')({
  validateSearch,
  beforeLoad: async ({ context }) => void (await visitor(context.client)),
  component: () => {
    const search = Route.useSearch()
    return <ForgotPasswordPage redirect={search().redirect} email={useRouter().state.location.state.email ?? ''} />
  },
})
