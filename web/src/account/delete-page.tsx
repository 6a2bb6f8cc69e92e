import { useQueryClient } from '@tanstack/solid-query'
import { Link } from '@tanstack/solid-router'
import { onMount } from 'solid-js'
import { AuthPage } from '~/auth/form'
import { setSession, type Account } from '~/auth/session'
import { t } from '~/i18n/i18n'
import { T } from '~/i18n/t'
import { buttonVariants } from '~/ui/button'
import { createDeletion } from './deletion'
import { Act, Fault } from './parts'

/** Where the link of a mail about a deletion leads, which asks once more. */
export function DeletePage(props: { token: string; account: Account }) {
  const remove = createDeletion(() => ({ token: props.token }), () => undefined)
  return (
    <AuthPage
      title={t('Delete your account?')}
      lead={
        <T
          text="The account of {email} is deleted, and you are signed out everywhere. What you wrote stays, without your name. Nobody can undo this."
          email={<b class="font-medium text-ink">{props.account.email}</b>}
        />
      }
    >
      <div class="mt-6 flex flex-col gap-3">
        <Fault action={remove} />
        <Act action={remove} variant="danger" class="h-11" label={t('Delete account')} busyLabel={t('Deleting…')} onClick={() => void remove.run()} />
        <Link to="/account/data" class={buttonVariants({ variant: 'outline', size: 'large' })}>
          {t('Keep my account')}
        </Link>
      </div>
    </AuthPage>
  )
}

/** The end of an account. */
export function DeletedPage() {
  const client = useQueryClient()
  // Whatever this page still knows about the person goes with it.
  onMount(() => setSession(client, null))
  return (
    <AuthPage title={t('Your account is deleted')} lead={t('Your name is being taken off what you wrote. Thank you for having been here.')}>
      <div class="mt-6 grid">
        <Link to="/sign-in" class={buttonVariants({ variant: 'outline', size: 'large' })}>
          {t('To the sign-in page')}
        </Link>
      </div>
    </AuthPage>
  )
}

/** A link without what makes it work. */
export function NoDeletionPage() {
  return (
    <AuthPage title={t('Nothing to delete')} lead={t('This link is not whole. Open it from the mail once more, or begin again under Your data.')}>
      <div class="mt-6 grid">
        <Link to="/account/data" class={buttonVariants({ size: 'large' })}>
          {t('To your data')}
        </Link>
      </div>
    </AuthPage>
  )
}
