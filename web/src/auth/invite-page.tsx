import { Link, useRouter } from '@tanstack/solid-router'
import { Match, Show, Switch } from 'solid-js'
import type { Result } from '~/http'
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
          <AuthPage title="You are in already" lead={`You are signed in as ${account().name}. ${refused() ?? 'The invitation stays good for somebody else.'}`}>
            <div class="mt-6 grid">
              <Link to="/" class={buttonVariants({ size: 'large' })}>
                Go to the rooms
              </Link>
            </div>
          </AuthPage>
        )}
      </Match>
      <Match when={props.opened?.ok ? props.opened.value : null}>
        {(invitation) => (
          <AuthPage
            title="You are invited"
            lead={
              <>
                <Show when={invitation().invitedBy} fallback={<>Somebody invited you to <Where name={invitation().roomName} />.</>}>
                  {(name) => (
                    <>
                      <strong class="font-medium text-ink" dir="auto">{name()}</strong> invited you to <Where name={invitation().roomName} />.
                    </>
                  )}
                </Show>
                <Show when={invitation().email}>
                  {(email) => (
                    <>
                      {' '}The invitation is for <strong class="font-medium text-ink">{email()}</strong>.
                    </>
                  )}
                </Show>
              </>
            }
          >
            <div class="mt-6 flex flex-col gap-2.5">
              <Link to="/sign-up" {...back(invitation())} class={buttonVariants({ size: 'large' })}>
                Create your account
              </Link>
              <Link to="/sign-in" {...back(invitation())} class={buttonVariants({ variant: 'outline', size: 'large' })}>
                I have an account
              </Link>
            </div>
          </AuthPage>
        )}
      </Match>
      <Match when={failure()}>
        {(f) => (
          <AuthPage
            title={f().kind === 'refused' ? "That didn't work" : 'No way through'}
            lead={inWords(f())}
            aside={
              <>
                Have an account? <ToSignIn />
              </>
            }
          >
            <Show when={f().kind !== 'refused'}>
              <div class="mt-6 grid">
                <Button size="large" onClick={() => void router.invalidate()}>
                  Try again
                </Button>
              </div>
            </Show>
          </AuthPage>
        )}
      </Match>
    </Switch>
  )
}

function Where(props: { name: string }) {
  return (
    <Show when={props.name} fallback="talk here">
      {(name) => <>the room <strong class="font-medium text-ink" dir="auto">{name()}</strong></>}
    </Show>
  )
}
