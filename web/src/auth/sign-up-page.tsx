import { useQueryClient } from '@tanstack/solid-query'
import { createSignal, Show } from 'solid-js'
import { locale, plural, t } from '~/i18n/i18n'
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

export function SignUpPage(props: { redirect: string | undefined }) {
  return (
    <WithOptions title={t('Create an account')}>
      {(options) => (mayJoin(options) ? <SignUp options={options} redirect={props.redirect} /> : <NoWayIn options={options} redirect={props.redirect} />)}
    </WithOptions>
  )
}

/** For those who can't make an account here, or not yet. */
function NoWayIn(props: { options: SignInOptions; redirect: string | undefined }) {
  const byInvitation = props.options.signUp === 'invite'
  return (
    <AuthPage
      title={byInvitation ? t('You need an invitation') : t('No new accounts')}
      lead={
        byInvitation
          ? t('People come to this server by invitation. Ask somebody who is in for one, and open its link in this browser.')
          : t('This server takes no new accounts. If that should change, whoever runs it can tell.')
      }
    >
      <div class="mt-6">
        <ToSignIn button redirect={props.redirect}>
          {t('Sign in with an account')}
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
    return t('Use an address at {domains}.', { domains: domains(options) })
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
          title={t('Create an account')}
          lead={lead(options, guest)}
          aside={
            <>
              {t('Have an account?')} <ToSignIn redirect={redirect} />
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
                  label={t('Name@@of a person')} name="name" autocomplete="name" autofocus={!hasButtons} hint={t('What others will see.')}
                  value={name()} onChange={setName} fault={tried() ? nameFault(name()) : ''}
                />
                <Field
                  label={t('E-mail')} name="email" type="email" autocomplete="username"
                  hint={invite?.email ? t('The address that you were invited by.') : options.signUp === 'domain' && !options.firstAccount && !invite ? t('An address at {domains}.', { domains: domains(options) }) : ''}
                  readOnly={Boolean(invite?.email)}
                  value={email()} onChange={setEmail} fault={tried() ? addressFault() : ''}
                />
                <Show when={options.passwords}>
                  <Field
                    label={t('Password')} name="new-password" type="password" autocomplete="new-password" hint={plural(PASSWORD_MIN, 'At least 1 character.', 'At least {count} characters.')}
                    value={password()} onChange={setPassword} fault={tried() ? newPasswordFault(password()) : ''}
                  />
                </Show>
                <Submit
                  label={options.passwords ? t('Create account') : t('E-mail me a link')} busyLabel={options.passwords ? t('Creating…') : t('Sending…')}
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
          purpose={what() === 'link' ? t('Open it in this browser, and you are in.') : t('It confirms that the address is yours: open it, and you are in.')}
          again={() => (what() === 'link' ? sendLink() : requestVerification(email().trim(), confirmTo))}
          onOtherAddress={() => setMailed(undefined)}
          aside={
            <>
              {t('Had an account already?')} <ToSignIn redirect={redirect} />
            </>
          }
        />
      )}
    </Show>
  )
}

function lead(options: SignInOptions, guest: boolean): string {
  if (options.firstAccount) return t('You are the first here: this account will own the server.')
  const who = options.invite?.invitedBy
  if (who) return t('{who} invited you. A name, and you are in the room.', { who })
  if (options.invite) return t('Somebody invited you. A name, and you are in the room.')
  if (guest) return t('What you wrote as a guest stays yours.')
  return t('A name, and you are in the room.')
}

function domains(options: SignInOptions): string {
  return new Intl.ListFormat(locale(), { type: 'disjunction' }).format(options.domains)
}
