import { createFileRoute, redirect } from '@tanstack/solid-router'

// Front ends of other makes call their first page so, and links to it are about.
export const Route = createFileRoute('/dashboard')({
  beforeLoad: () => {
    throw redirect({ to: '/', replace: true })
  },
})
