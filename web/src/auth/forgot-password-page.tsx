import { createSignal, Show } from 'solid-js'
import { t } from '~/i18n/i18n'
import { requestReset } from './calls'
import { CheckMail } from './check-mail'
import { emailFault } from './fields'
import { AuthPage, createSubmission, Field, focusFault, Submit, ToSignIn } from './form'
import { WithOptions } from './with-options'

export function ForgotPasswordPage(props: { redirect: string | undefined; email: string }) {
  return (
    <WithOptions title={t('Forgot your password?')}>
      {(options) => <ForgotPassword mail={options.mail} redirect={props.redirect} email={props.email} />}
    </WithOptions>
  )
}

function ForgotPassword(props: { mail: boolean; redirect: string | undefined; email: string }) {
  const [email, setEmail] = createSignal(props.email)
  const [tried, setTried] = createSignal(false)
  const [mailed, setMailed] = createSignal(false)
  let form: HTMLFormElement | undefined
  const send = () => requestReset(email().trim())
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
        <AuthPage
          title={t('Forgot your password?')}
          lead={t("We'll send you a link to choose a new one.")}
          aside={
            <>
              {t('Remembered it?')} <ToSignIn redirect={props.redirect} />
            </>
          }
        >
          <form ref={form} class="mt-6 flex flex-col gap-4" onSubmit={submit} noValidate>
            <Field
              label={t('E-mail')} name="email" type="email" autocomplete="username" autofocus
              value={email()} onChange={setEmail} fault={tried() ? emailFault(email()) : ''}
            />
            <Submit label={t('Send the link')} busyLabel={t('Sending…')} busy={submission.busy()} message={submission.message()} countdown={submission.countdown()} />
          </form>
        </AuthPage>
      }
    >
      <CheckMail
        email={email().trim()}
        mail={props.mail}
        perhaps
        purpose={t('It lets you choose a new password, and works for an hour.')}
        again={send}
        onOtherAddress={() => setMailed(false)}
        aside={<ToSignIn redirect={props.redirect}>{t('Back to signing in')}</ToSignIn>}
      />
    </Show>
  )
}
