import { createSignal, onMount, Show, type JSX } from 'solid-js'
import type { Result } from '~/http'
import { m, t } from '~/i18n/i18n'
import { T } from '~/i18n/t'
import { Button } from '~/ui/button'
import { Alert, AuthPage, createCountdown, say } from './form'

// Longer than most mails take: whoever asks earlier gets two.
const AGAIN_AFTER_SECONDS = 60

/** Tells somebody to look into their mail, and sends it again if they don't find it. */
export function CheckMail(props: {
  email: string
  /** What the link does. */
  purpose: string
  /** Nobody is told whether the address has an account: then there is a mail only perhaps. */
  perhaps?: boolean
  /** The server sends mail at all. */
  mail: boolean
  again(): Promise<Result<unknown>>
  onOtherAddress(): void
  aside?: JSX.Element
}) {
  const [busy, setBusy] = createSignal(false)
  const [message, setMessage] = createSignal('')
  const [sent, setSent] = createSignal(false)
  const wait = createCountdown()
  onMount(() => wait.start(AGAIN_AFTER_SECONDS))

  async function again() {
    if (busy() || wait.left() > 0) return
    setBusy(true)
    setMessage('')
    setSent(false)
    const result = await props.again()
    setBusy(false)
    if (result.ok) {
      setSent(true)
      wait.start(AGAIN_AFTER_SECONDS)
      return
    }
    setMessage(await say(result.failure))
    if (result.failure.kind === 'limited') wait.start(result.failure.retryAfterSeconds)
  }

  const address = () => <strong class="font-medium text-ink">{props.email}</strong>

  return (
    <AuthPage title={props.mail ? t('Check your mail') : t('One step more')} aside={props.aside}>
      <div class="mt-2 flex flex-col gap-3 text-body text-muted wrap-anywhere">
        <Show
          when={props.mail}
          fallback={
            <>
              <p>
                <T text="This server sends no mail. The link for {email} is in its log, and whoever runs it can give it to you." email={address()} />
              </p>
              <p>{props.purpose}</p>
            </>
          }
        >
          <p>
            <T text={props.perhaps ? m('If {email} has an account here, a link is on its way there.') : m('We sent a link to {email}.')} email={address()} />{' '}
            {props.purpose}
          </p>
          <p>{t('Nothing there after a minute? Look among the spam, or have it sent again.')}</p>
        </Show>
      </div>
      <div class="mt-6 flex flex-col gap-3">
        <Alert message={message()} />
        <p role="status" class="text-meta text-good empty:hidden">{sent() ? t('Sent again.') : ''}</p>
        <Button variant="outline" size="large" disabled={wait.left() > 0} aria-busy={busy()} onClick={() => void again()}>
          <span class="tabular-nums">{busy() ? t('Sending…') : wait.left() > 0 ? t('Send again in {seconds} s', { seconds: wait.left() }) : t('Send again')}</span>
        </Button>
        <Button variant="quiet" size="large" class="-mb-2 -mt-1" onClick={() => props.onOtherAddress()}>
          {t('Use another address')}
        </Button>
      </div>
    </AuthPage>
  )
}
