import { createFileRoute, redirect } from '@tanstack/solid-router'
import { InvitePage } from '~/auth/invite-page'

export const Route = createFileRoute('/invite/$token')({
  loader: async ({ context: { client }, params: { token } }) => {
    const followed = await (await import('~/auth/accept')).follow(client, token)
    if (followed.room !== '') throw redirect({ to: '/rooms/$slug', params: { slug: followed.room } })
    return followed
  },
  gcTime: 0, // it is another answer once one is signed in
  component: () => {
    const data = Route.useLoaderData()
    const params = Route.useParams()
    return <InvitePage token={params().token} account={data().account} opened={data().opened} />
  },
})
