import { useQueryClient } from '@tanstack/solid-query'
import { createSignal, Show } from 'solid-js'
import { callbackTo, requestLink, requestVerification, signUp, withRedirect } from './calls'
import { CheckMail } from './check-mail'
import { useEnter } from './enter'
import { emailFault, nameFault, newPasswordFault, PASSWORD_MIN } from './fields'
import { Alert, AuthPage, createSubmission, Field, focusFault, Submit, ToSignIn } from './form'
import type { SignInOptions } from '~/api.gen'
import { addressMayJoin, mayJoin } from './options'
import { safeRedirect, sessionQuery } from './session'
import { Or, WayButtons } from './way-buttons'
import { orderWays } from './ways'
import { WithOptions } from './with-options'

const TITLE = 'Create an account'

export function SignUpPage(props: { redirect: string | undefined }) {
  return (
    <WithOptions title={TITLE}>
      {(options) => (mayJoin(options) ? <SignUp options={options} redirect={props.redirect} /> : <NoWayIn options={options} redirect={props.redirect} />)}
    </WithOptions>
  )
}

/** For those who can't make an account here, or not yet. */
function NoWayIn(props: { options: SignInOptions; redirect: string | undefined }) {
  const byInvitation = props.options.signUp === 'invite'
  return (
    <AuthPage
      title={byInvitation ? 'You need an invitation' : 'No new accounts'}
      lead={
        byInvitation
          ? 'People come to this server by invitation. Ask somebody who is in for one, and open its link in this browser.'
          : 'This server takes no new accounts. If that should change, whoever runs it can tell.'
      }
    >
      <div class="mt-6">
        <ToSignIn button redirect={props.redirect}>
          Sign in with an account
        </ToSignIn>
      </div>
    </AuthPage>
  )
}

function SignUp(props: { options: SignInOptions; redirect: string | undefined }) {
  const { options, redirect } = props
  const { invite } = options
  const client = useQueryClient()
  const enter = useEnter()
  const ways = orderWays(options, null, false)
  const guest = client.getQueryData(sessionQuery.queryKey)?.guest ?? false

  const [name, setName] = createSignal('')
  const [email, setEmail] = createSignal(invite?.email ?? '')
  const [password, setPassword] = createSignal('')
  const [tried, setTried] = createSignal(false)
  const [mailed, setMailed] = createSignal<'confirmation' | 'link'>()
  const [trouble, setTrouble] = createSignal('')
  let form: HTMLFormElement | undefined

  const confirmTo = callbackTo(withRedirect('/verify-email', safeRedirect(redirect)))
  const sendLink = () =>
    requestLink({
      email: email().trim(),
      name: name().trim(),
      callbackURL: callbackTo(safeRedirect(redirect)),
      errorCallbackURL: callbackTo(withRedirect('/sign-in', safeRedirect(redirect))),
    })
  const byPassword = createSubmission({
    send: () => signUp({ name: name().trim(), email: email().trim(), password: password(), callbackURL: confirmTo }),
    async done(entered) {
      if (entered.step === 'confirm') setMailed('confirmation')
      else await enter.after(entered, redirect)
    },
  })
  const byLink = createSubmission({ send: sendLink, done: () => void setMailed('link') })
  const sending = options.passwords ? byPassword : byLink

  function addressFault(): string {
    const fault = emailFault(email())
    if (fault || addressMayJoin(options, email())) return fault
    return `Use an address ${domains(options)}.`
  }

  function submit(event: SubmitEvent) {
    event.preventDefault()
    setTried(true)
    setTrouble('')
    if (form && focusFault(form)) return
    void sending.send()
  }

  const hasForm = options.passwords || options.magicLinks
  const hasButtons = ways.buttons.length > 0
  return (
    <Show
      when={mailed()}
      fallback={
        <AuthPage
          title={TITLE}
          lead={lead(options, guest)}
          aside={
            <>
              Have an account? <ToSignIn redirect={redirect} />
            </>
          }
        >
          <div class="mt-6 flex flex-col gap-5">
            <Alert message={trouble()} />
            {hasButtons && <WayButtons ways={ways.buttons} redirect={redirect} report={setTrouble} />}
            {hasButtons && hasForm && <Or />}
            <Show when={hasForm}>
              <form ref={form} class="flex flex-col gap-4" onSubmit={submit} noValidate>
                <Field
                  label="Name" name="name" autocomplete="name" autofocus={!hasButtons} hint="What others will see."
                  value={name()} onChange={setName} fault={tried() ? nameFault(name()) : ''}
                />
                <Field
                  label="E-mail" name="email" type="email" autocomplete="username"
                  hint={invite?.email ? 'The address that you were invited by.' : options.signUp === 'domain' && !options.firstAccount && !invite ? `An address ${domains(options)}.` : ''}
                  readOnly={Boolean(invite?.email)}
                  value={email()} onChange={setEmail} fault={tried() ? addressFault() : ''}
                />
                <Show when={options.passwords}>
                  <Field
                    label="Password" name="new-password" type="password" autocomplete="new-password" hint={`At least ${PASSWORD_MIN} characters.`}
                    value={password()} onChange={setPassword} fault={tried() ? newPasswordFault(password()) : ''}
                  />
                </Show>
                <Submit
                  label={options.passwords ? 'Create account' : 'E-mail me a link'} busyLabel={options.passwords ? 'Creating…' : 'Sending…'}
                  busy={sending.busy()} message={sending.message()} countdown={sending.countdown()}
                />
              </form>
            </Show>
          </div>
        </AuthPage>
      }
    >
      {(what) => (
        <CheckMail
          email={email().trim()}
          mail={options.mail}
          purpose={what() === 'link' ? 'Open it in this browser, and you are in.' : 'It confirms that the address is yours: open it, and you are in.'}
          again={() => (what() === 'link' ? sendLink() : requestVerification(email().trim(), confirmTo))}
          onOtherAddress={() => setMailed(undefined)}
          aside={
            <>
              Had an account already? <ToSignIn redirect={redirect} />
            </>
          }
        />
      )}
    </Show>
  )
}

function lead(options: SignInOptions, guest: boolean): string {
  if (options.firstAccount) return 'You are the first here: this account will own the server.'
  if (options.invite) return `${options.invite.invitedBy ?? 'Somebody'} invited you. A name, and you are in the room.`
  if (guest) return 'What you wrote as a guest stays yours.'
  return 'A name, and you are in the room.'
}

function domains(options: SignInOptions): string {
  return `at ${new Intl.ListFormat('en', { type: 'disjunction' }).format(options.domains)}`
}
