import { Link, useRouter } from '@tanstack/solid-router'
import { Match, Show, Switch } from 'solid-js'
import type { Result } from '~/http'
import { m, t } from '~/i18n/i18n'
import { T } from '~/i18n/t'
import { Button, buttonVariants } from '~/ui/button'
import type { Invitation } from '~/api.gen'
import { AuthPage, ToSignIn } from './form'
import type { Account } from './session'
import { inWords } from './words'

/** Where an invitation leads to. */
export function InvitePage(props: { token: string; account: Account | null; opened: Result<Invitation> | null }) {
  const router = useRouter()
  const failure = () => (props.opened && !props.opened.ok ? props.opened.failure : null)
  const refused = () => {
    const f = failure()
    return f && inWords(f)
  }
  // Who comes back with an account enters the room.
  const back = (invitation: Invitation) => (invitation.roomName === '' ? {} : { search: { redirect: `/invite/${props.token}` } })
  return (
    <Switch>
      <Match when={(failure() === null || failure()?.kind === 'refused') && props.account}>
        {(account) => (
          <AuthPage title={t('You are in already')} lead={`${t('You are signed in as {name}.', { name: account().name })} ${refused() ?? t('The invitation stays good for somebody else.')}`}>
            <div class="mt-6 grid">
              <Link to="/" class={buttonVariants({ size: 'large' })}>
                {t('Go to the rooms')}
              </Link>
            </div>
          </AuthPage>
        )}
      </Match>
      <Match when={props.opened?.ok ? props.opened.value : null}>
        {(invitation) => (
          <AuthPage
            title={t('You are invited')}
            lead={
              <>
                <T text={invitedTo(invitation())} who={<Name name={invitation().invitedBy ?? ''} />} room={<Name name={invitation().roomName} />} />
                <Show when={!invitation().accounts}> {t('It is for people who have an account here.')}</Show>
                <Show when={invitation().email}>
                  {(email) => (
                    <>
                      {' '}
                      <T text="The invitation is for {email}." email={<strong class="font-medium text-ink">{email()}</strong>} />
                    </>
                  )}
                </Show>
              </>
            }
          >
            <div class="mt-6 flex flex-col gap-2.5">
              <Show when={invitation().accounts}>
                <Link to="/sign-up" {...back(invitation())} class={buttonVariants({ size: 'large' })}>
                  {t('Create your account')}
                </Link>
              </Show>
              <Link to="/sign-in" {...back(invitation())} class={buttonVariants({ variant: invitation().accounts ? 'outline' : 'solid', size: 'large' })}>
                {t('I have an account')}
              </Link>
            </div>
          </AuthPage>
        )}
      </Match>
      <Match when={failure()}>
        {(f) => (
          <AuthPage
            title={f().kind === 'refused' ? t("That didn't work") : t('No way through')}
            lead={inWords(f())}
            aside={
              <>
                {t('Have an account?')} <ToSignIn />
              </>
            }
          >
            <Show when={f().kind !== 'refused'}>
              <div class="mt-6 grid">
                <Button size="large" onClick={() => void router.invalidate()}>
                  {t('Try again')}
                </Button>
              </div>
            </Show>
          </AuthPage>
        )}
      </Match>
    </Switch>
  )
}

function invitedTo({ invitedBy, roomName }: Invitation): string {
  if (invitedBy) return roomName ? m('{who} invited you to the room {room}.') : m('{who} invited you to talk here.')
  return roomName ? m('Somebody invited you to the room {room}.') : m('Somebody invited you to talk here.')
}

function Name(props: { name: string }) {
  return <strong class="font-medium text-ink" dir="auto">{props.name}</strong>
}
