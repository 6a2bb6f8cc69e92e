import { createFileRoute } from '@tanstack/solid-router'
import { openInvitation } from '~/auth/calls'
import { InvitePage } from '~/auth/invite-page'
import { optionsQuery } from '~/auth/options'
import { sessionQuery } from '~/auth/session'

export const Route = createFileRoute('/invite/$token')({
  loader: async ({ context: { client }, params }) => {
    const account = await client.ensureQueryData(sessionQuery).catch(() => null)
    if (account && !account.guest) return { account, opened: null }
    const opened = await openInvitation(params.token)
    // They know of the invitation from now on.
    client.removeQueries({ queryKey: optionsQuery.queryKey })
    return { account: null, opened }
  },
  component: () => {
    const data = Route.useLoaderData()
    return <InvitePage account={data().account} opened={data().opened} />
  },
})
