import { createFileRoute, redirect } from '@tanstack/solid-router'
import { acceptInvitation, openInvitation } from '~/auth/calls'
import { InvitePage } from '~/auth/invite-page'
import { optionsQuery } from '~/auth/options'
import { sessionQuery } from '~/auth/session'

export const Route = createFileRoute('/invite/$token')({
  loader: async ({ context: { client }, params }) => {
    const account = await client.ensureQueryData(sessionQuery).catch(() => null)
    if (account && !account.guest) {
      const accepted = await acceptInvitation(params.token)
      if (accepted.ok && accepted.value.room !== '') throw redirect({ to: '/rooms/$slug', params: { slug: accepted.value.room } })
      return { account, opened: accepted.ok ? null : accepted }
    }
    const opened = await openInvitation(params.token)
    // They know of the invitation from now on.
    client.removeQueries({ queryKey: optionsQuery.queryKey })
    return { account: null, opened }
  },
  gcTime: 0, // it is another answer once one is signed in
  component: () => {
    const data = Route.useLoaderData()
    const params = Route.useParams()
    return <InvitePage token={params().token} account={data().account} opened={data().opened} />
  },
})
