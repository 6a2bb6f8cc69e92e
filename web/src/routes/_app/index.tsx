import { createFileRoute, redirect } from '@tanstack/solid-router'

export const Route = createFileRoute('/_app/')({
  beforeLoad: () => {
    throw redirect({ to: '/rooms/$slug', params: { slug: 'global' }, replace: true })
  },
})
