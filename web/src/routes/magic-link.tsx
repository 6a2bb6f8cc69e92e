import { createFileRoute } from '@tanstack/solid-router'
import { MagicLinkPage } from '~/auth/magic-link-page'
import { only } from '~/search'

const validateSearch = only('token', 'callbackURL', 'error')

export const Route = createFileRoute('/magic-link')({
  validateSearch,
  component: () => {
    const search = Route.useSearch()
    return <MagicLinkPage token={search().token} callbackURL={search().callbackURL} error={search().error} />
  },
})
