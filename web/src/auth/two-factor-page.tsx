import { createSignal, Show } from 'solid-js'
import { t } from '~/i18n/i18n'
import { Button } from '~/ui/button'
import { Checkbox } from '~/ui/checkbox'
import { verifyCode } from './calls'
import { useEnter } from './enter'
import { AuthPage, createSubmission, Field, focusFault, Submit, ToSignIn } from './form'
import { inWords, secondFactorWords } from './words'

/** After these there is nothing left to enter a code for. */
const over = new Set(['INVALID_TWO_FACTOR_COOKIE', 'TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE', 'TWO_FACTOR_ISNT_ENABLED', 'TOTP_NOT_ENABLED'])

/** The second step of signing in. */
export function TwoFactorPage(props: { redirect: string | undefined }) {
  const enter = useEnter()
  const [kind, setKind] = createSignal<'totp' | 'backup-code'>('totp')
  const [code, setCode] = createSignal('')
  const [trust, setTrust] = createSignal(false)
  const [tried, setTried] = createSignal(false)
  let form: HTMLFormElement | undefined

  // Apps show them in groups, and people write them down so.
  const given = () => code().replace(/\s/g, '')
  const submission = createSubmission({
    send: () => verifyCode(kind(), given(), trust()),
    async done(entered) {
      if (entered.step === 'in') await enter.after(entered, props.redirect)
    },
    words: (f) => inWords(f, secondFactorWords),
  })

  function fault(): string {
    if (kind() === 'totp') return /^\d{6}$/.test(given()) ? '' : t('Enter the six digits that your app shows.')
    return given() === '' ? t('Enter one of your backup codes.') : ''
  }

  async function submit(event: SubmitEvent) {
    event.preventDefault()
    setTried(true)
    if (form && focusFault(form)) return
    await submission.send()
    if (submission.failure()) form?.querySelector<HTMLInputElement>('[name="code"]')?.select()
  }

  function change() {
    setKind(kind() === 'totp' ? 'backup-code' : 'totp')
    setCode('')
    setTried(false)
    submission.clear()
  }

  const ended = () => {
    const failure = submission.failure()
    return failure?.kind === 'refused' && over.has(failure.code)
  }

  return (
    <Show
      when={!ended()}
      fallback={
        <AuthPage title={t('This sign-in is over')} lead={submission.message()}>
          <div class="mt-6 grid">
            <ToSignIn button redirect={props.redirect}>
              {t('Start again')}
            </ToSignIn>
          </div>
        </AuthPage>
      }
    >
      <AuthPage
        title={t('One step more')}
        lead={kind() === 'totp' ? t('Enter the code that your authenticator app shows for Snug.') : t('Enter one of the codes that you put away when you turned this on.')}
        aside={
          <>
            {t('Not you?')} <ToSignIn redirect={props.redirect}>{t('Start again')}</ToSignIn>
          </>
        }
      >
        <form ref={form} class="mt-6 flex flex-col gap-4" onSubmit={(event) => void submit(event)} noValidate>
          <Show when={kind()} keyed>
            {(now) => (
              <Field
                label={now === 'totp' ? t('Code@@of a second factor') : t('Backup code')} name="code" type="text"
                inputmode={now === 'totp' ? 'numeric' : 'text'} autocomplete={now === 'totp' ? 'one-time-code' : 'off'} autofocus
                value={code()} onChange={setCode} fault={tried() ? fault() : ''}
                class="text-center text-title tabular-nums tracking-[0.25em] pointer-coarse:text-title"
              />
            )}
          </Show>
          <Checkbox checked={trust()} onChange={setTrust}>
            {t('Trust this device for 30 days')}
          </Checkbox>
          <Submit label={t('Go on')} busyLabel={t('Checking…')} busy={submission.busy()} message={submission.message()} countdown={submission.countdown()} />
          <Button type="button" variant="quiet" size="large" class="-mb-2 -mt-1" onClick={change}>
            {kind() === 'totp' ? t('Use a backup code') : t('Use the code of the app')}
          </Button>
        </form>
      </AuthPage>
    </Show>
  )
}
