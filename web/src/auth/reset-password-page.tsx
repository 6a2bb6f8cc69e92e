import { useQueryClient } from '@tanstack/solid-query'
import { Link } from '@tanstack/solid-router'
import { createSignal, Match, Switch } from 'solid-js'
import { plural, t } from '~/i18n/i18n'
import { buttonVariants } from '~/ui/button'
import { resetPassword } from './calls'
import { newPasswordFault, PASSWORD_MIN } from './fields'
import { AuthPage, createSubmission, Field, focusFault, Submit, ToSignIn } from './form'
import { forgetSession } from './session'
import { wordsFor } from './words'

export function ResetPasswordPage(props: { token: string | undefined; error: string | undefined }) {
  const client = useQueryClient()
  const [password, setPassword] = createSignal('')
  const [tried, setTried] = createSignal(false)
  const [state, setState] = createSignal<'choosing' | 'done' | 'unusable'>(props.token && !props.error ? 'choosing' : 'unusable')
  let form: HTMLFormElement | undefined
  const submission = createSubmission({
    send: () => resetPassword(props.token ?? '', password()),
    done() {
      // Whoever was signed in by the old password isn't any more, here neither.
      forgetSession(client)
      setState('done')
    },
  })

  async function submit(event: SubmitEvent) {
    event.preventDefault()
    setTried(true)
    if (form && focusFault(form)) return
    await submission.send()
    const failure = submission.failure()
    if (failure?.kind === 'refused' && failure.code === 'INVALID_TOKEN') setState('unusable')
  }

  return (
    <Switch>
      <Match when={state() === 'choosing'}>
        <AuthPage title={t('Choose a new password')} lead={t('It signs you out everywhere.')}>
          <form ref={form} class="mt-6 flex flex-col gap-4" onSubmit={(event) => void submit(event)} noValidate>
            <Field
              label={t('New password')} name="new-password" type="password" autocomplete="new-password" autofocus hint={plural(PASSWORD_MIN, 'At least 1 character.', 'At least {count} characters.')}
              value={password()} onChange={setPassword} fault={tried() ? newPasswordFault(password()) : ''}
            />
            <Submit label={t('Set the password')} busyLabel={t('Setting…')} busy={submission.busy()} message={submission.message()} countdown={submission.countdown()} />
          </form>
        </AuthPage>
      </Match>
      <Match when={state() === 'done'}>
        <AuthPage title={t('Your new password is set')} lead={t('Sign in with it from now on.')}>
          <div class="mt-6 grid">
            <ToSignIn button />
          </div>
        </AuthPage>
      </Match>
      <Match when={state() === 'unusable'}>
        <AuthPage title={t("That didn't work")} lead={wordsFor(props.error ?? 'INVALID_TOKEN')} aside={<ToSignIn>{t('Back to signing in')}</ToSignIn>}>
          <div class="mt-6 grid">
            <Link to="/forgot-password" class={buttonVariants({ size: 'large' })}>
              {t('Ask for a new link')}
            </Link>
          </div>
        </AuthPage>
      </Match>
    </Switch>
  )
}
