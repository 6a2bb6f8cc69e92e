import { useQueryClient } from '@tanstack/solid-query'
import { useRouter } from '@tanstack/solid-router'
import { renewing } from '~/app/renewal'
import { setSession } from '~/auth/session'
import { m } from '~/i18n/i18n'
import { createAction } from './action'
import { deleteAccount } from './me'

const words = {
  invalid_password: m('Wrong password.'),
  last_owner: m('You are the only owner of this server, and others are here. Make somebody else an owner first.'),
  invalid_token: m('This link does not work any more: it was used already, it is too old, or it is for another account.'),
}

/** The deletion of the account, and the way to the page that says so. */
export function createDeletion(proof: () => { password?: string; token?: string }, mailed: () => void) {
  const client = useQueryClient()
  const router = useRouter()
  return createAction(
    // Nobody is to find the session gone, and go to the sign-in page, before the
    // last page is there.
    () =>
      renewing(async () => {
        const result = await deleteAccount(proof())
        if (result.ok && result.value === 'deleted') {
          await router.navigate({ to: '/delete-account', search: { done: 'true' }, replace: true })
          setSession(client, null)
        }
        return result
      }),
    { words, done: (how) => how === 'mailed' && mailed() },
  )
}
