import { useQueryClient } from '@tanstack/solid-query'
import { useRouter } from '@tanstack/solid-router'
import { createSignal, Show } from 'solid-js'
import { t } from '~/i18n/i18n'
import { T } from '~/i18n/t'
import { Button } from '~/ui/button'
import { callbackTo, requestVerification, withRedirect } from './calls'
import { CheckMail } from './check-mail'
import { emailFault } from './fields'
import { AuthPage, createSubmission, Field, focusFault, Submit, ToSignIn } from './form'
import { safeRedirect, sessionQuery } from './session'
import { WithOptions } from './with-options'
import { wordsFor } from './words'

/**
 * Where the link in a mail that confirms an address leads to. With `change` the
 * address is to be another one, which takes a link at each of the two.
 */
export function VerifyEmailPage(props: { redirect: string | undefined; error: string | undefined; change: boolean }) {
  const client = useQueryClient()
  const router = useRouter()
  const account = client.getQueryData(sessionQuery.queryKey) ?? null
  const changing = () => (props.change ? account : null)

  return (
    <Show
      when={props.error}
      fallback={
        <AuthPage
          title={changing() ? t('The link worked') : t('Your e-mail is confirmed')}
          lead={
            <Show when={changing()} fallback={account ? t('All is set: you are signed in.') : t('Sign in, and you are in the room.')}>
              {(who) => (
                <T
                  text="Your address here is {email}. Still the old one? Then open the link in the mail that is on its way to the new one."
                  email={<strong class="font-medium text-ink">{who().email}</strong>}
                />
              )}
            </Show>
          }
        >
          <div class="mt-6 grid">
            <Show when={account} fallback={<ToSignIn button redirect={props.redirect} />}>
              <Button size="large" onClick={() => router.history.push(safeRedirect(props.redirect))}>
                {t('Go on')}
              </Button>
            </Show>
          </div>
        </AuthPage>
      }
    >
      {(error) => (
        <WithOptions title={t('Not confirmed yet')}>
          {(options) => <Again error={error()} mail={options.mail} email={account?.guest === false ? account.email : ''} redirect={props.redirect} />}
        </WithOptions>
      )}
    </Show>
  )
}

/** The link was no good: another can be had. */
function Again(props: { error: string; mail: boolean; email: string; redirect: string | undefined }) {
  const [email, setEmail] = createSignal(props.email)
  const [tried, setTried] = createSignal(false)
  const [mailed, setMailed] = createSignal(false)
  let form: HTMLFormElement | undefined
  const send = () => requestVerification(email().trim(), callbackTo(withRedirect('/verify-email', safeRedirect(props.redirect))))
  const submission = createSubmission({ send, done: () => void setMailed(true) })

  function submit(event: SubmitEvent) {
    event.preventDefault()
    setTried(true)
    if (form && focusFault(form)) return
    void submission.send()
  }

  return (
    <Show
      when={mailed()}
      fallback={
        <AuthPage title={t('Not confirmed yet')} lead={wordsFor(props.error)} aside={<ToSignIn redirect={props.redirect}>{t('Back to signing in')}</ToSignIn>}>
          <form ref={form} class="mt-6 flex flex-col gap-4" onSubmit={submit} noValidate>
            <Field
              label={t('E-mail')} name="email" type="email" autocomplete="username" autofocus
              value={email()} onChange={setEmail} fault={tried() ? emailFault(email()) : ''}
            />
            <Submit label={t('Send a new link')} busyLabel={t('Sending…')} busy={submission.busy()} message={submission.message()} countdown={submission.countdown()} />
          </form>
        </AuthPage>
      }
    >
      <CheckMail
        email={email().trim()}
        mail={props.mail}
        perhaps
        purpose={t('Open it to confirm the address.')}
        again={send}
        onOtherAddress={() => setMailed(false)}
        aside={<ToSignIn redirect={props.redirect}>{t('Back to signing in')}</ToSignIn>}
      />
    </Show>
  )
}
