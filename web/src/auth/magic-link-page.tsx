import { onMount, Show } from 'solid-js'
import { t } from '~/i18n/i18n'
import { Button } from '~/ui/button'
import { redeemLink } from './calls'
import { useEnter } from './enter'
import { Alert, AuthPage, createSubmission, ToSignIn } from './form'
import { localPath } from './session'
import { wordsFor } from './words'

/**
 * Where a link that signs in leads to. The link is used up by a press of a button,
 * not by the visit: programs that look through mail open links too.
 */
export function MagicLinkPage(props: { token: string | undefined; callbackURL: string | undefined; error: string | undefined }) {
  const enter = useEnter()
  let button: HTMLButtonElement | undefined
  const submission = createSubmission({
    send: () => redeemLink(props.token ?? ''),
    async done(entered) {
      if (entered.step !== 'confirm') await enter.after(entered, localPath(props.callbackURL))
    },
  })
  onMount(() => button?.focus())
  const unusable = () => (!props.token || props.error ? wordsFor(props.error ?? 'INVALID_TOKEN') : submission.failure()?.kind === 'refused' ? submission.message() : '')

  return (
    <Show
      when={!unusable()}
      fallback={
        <AuthPage title={t("That didn't work")} lead={unusable()}>
          <div class="mt-6 grid">
            <ToSignIn button>{t('Back to signing in')}</ToSignIn>
          </div>
        </AuthPage>
      }
    >
      <AuthPage title={t('One press, and you are in')} lead={t('The link that you asked for signs you in to Snug.')}>
        <div class="mt-6 flex flex-col gap-3">
          <Alert message={submission.message()} />
          <Button ref={button} size="large" disabled={submission.countdown() !== ''} aria-busy={submission.busy()} onClick={() => void submission.send()}>
            {submission.countdown() || (submission.busy() ? t('Signing in…') : t('Sign in'))}
          </Button>
        </div>
      </AuthPage>
    </Show>
  )
}
