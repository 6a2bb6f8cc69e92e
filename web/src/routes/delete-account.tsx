import { createFileRoute, redirect } from '@tanstack/solid-router'
import { Show } from 'solid-js'
import { DeletedPage, DeletePage, NoDeletionPage } from '~/account/delete-page'
import { sessionQuery } from '~/auth/session'

export const Route = createFileRoute('/delete-account')({
  validateSearch: (search): { token?: string; done?: 'true' } => ({
    ...(typeof search['token'] === 'string' ? { token: search['token'] } : {}),
    ...(search['done'] === 'true' ? { done: 'true' as const } : {}),
  }),
  beforeLoad: async ({ context, search, location }) => {
    if (search.done) return { account: null }
    // Only the account's own session deletes it, so that a mail that others read does not.
    const account = await context.client.ensureQueryData(sessionQuery)
    if (!account) throw redirect({ to: '/sign-in', search: { redirect: location.href } })
    return { account }
  },
  component: () => {
    const search = Route.useSearch()
    const context = Route.useRouteContext()
    return (
      <Show when={!search().done} fallback={<DeletedPage />}>
        <Show when={context().account} fallback={<NoDeletionPage />}>
          {(account) => (
            <Show when={search().token} fallback={<NoDeletionPage />}>
              {(token) => <DeletePage token={token()} account={account()} />}
            </Show>
          )}
        </Show>
      </Show>
    )
  },
})
