import { createFileRoute, redirect } from '@tanstack/solid-router'
import { Shell } from '~/app/shell'
import { sessionQuery } from '~/auth/session'

export const Route = createFileRoute('/_app')({
  beforeLoad: async ({ context, location }) => {
    const account = await context.client.ensureQueryData(sessionQuery)
    if (!account) throw redirect({ to: '/sign-in', search: location.href === '/' ? {} : { redirect: location.href } })
    return { account }
  },
  component: () => {
    const context = Route.useRouteContext()
    return <Shell account={context().account} />
  },
})
