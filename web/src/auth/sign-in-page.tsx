import { useQueryClient } from '@tanstack/solid-query'
import { Link } from '@tanstack/solid-router'
import { createSignal, lazy, onMount, Show } from 'solid-js'
import { t } from '~/i18n/i18n'
import { Button, buttonVariants } from '~/ui/button'
import { cn } from '~/ui/cn'
import { callbackTo, requestLink, requestVerification, signIn, signInAsGuest, withRedirect } from './calls'
import { useEnter } from './enter'
import { emailFault, passwordFault } from './fields'
import { Alert, AuthPage, createSubmission, Field, focusFault, Submit } from './form'
import type { SignInOptions } from '~/api.gen'
import { mayJoin } from './options'
import { createPasskeys } from './passkeys'
import { safeRedirect, sessionQuery } from './session'
import { LastUsed, Or, WayButtons } from './way-buttons'
import { lastUsedWay, orderWays, passkeysWork } from './ways'
import { WithOptions } from './with-options'

const CheckMail = lazy(() => import('./check-mail').then((m) => ({ default: m.CheckMail })))

/** `trouble` is what went wrong on the way back to this page, in words. */
export function SignInPage(props: { redirect: string | undefined; trouble: string }) {
  return (
    <WithOptions title={t('Sign in')}>
      {/* Where one was going doesn't change while one is here. */}
      {(options) => <SignIn options={options} redirect={props.redirect} trouble={props.trouble} />}
    </WithOptions>
  )
}

function SignIn(props: { options: SignInOptions; redirect: string | undefined; trouble: string }) {
  const { options, redirect } = props
  const client = useQueryClient()
  const enter = useEnter()
  const last = lastUsedWay(document.cookie)
  const ways = orderWays(options, last, passkeysWork())
  const guest = client.getQueryData(sessionQuery.queryKey)?.guest ?? false

  const [email, setEmail] = createSignal('')
  const [password, setPassword] = createSignal('')
  // Nobody is corrected before they are done.
  const [tried, setTried] = createSignal<'nothing' | 'link' | 'password'>('nothing')
  const [mailed, setMailed] = createSignal<'confirmation' | 'link'>()
  const [trouble, setTrouble] = createSignal(props.trouble)
  let form: HTMLFormElement | undefined

  const confirmTo = callbackTo(withRedirect('/verify-email', safeRedirect(redirect)))
  const sendLink = () =>
    requestLink({
      email: email().trim(),
      callbackURL: callbackTo(safeRedirect(redirect)),
      errorCallbackURL: callbackTo(withRedirect('/sign-in', safeRedirect(redirect))),
    })

  const byPassword = createSubmission({
    send: () => signIn({ email: email().trim(), password: password(), callbackURL: confirmTo }),
    async done(entered) {
      if (entered.step === 'confirm') setMailed('confirmation')
      else await enter.after(entered, redirect)
    },
    words: (f) => (f.kind === 'refused' && f.status === 401 ? t('Wrong e-mail or password.') : undefined),
  })
  const byLink = createSubmission({ send: sendLink, done: () => void setMailed('link') })
  const asGuest = createSubmission({
    send: signInAsGuest,
    async done(entered) {
      if (entered.step !== 'confirm') await enter.after(entered, redirect)
    },
  })
  const passkeys = createPasskeys({ redirect, report: setTrouble })
  onMount(() => {
    if (options.passkeys && passkeysWork()) passkeys.offer()
  })

  const hasForm = options.passwords || options.magicLinks
  const hasButtons = ways.buttons.length > 0
  const formOnTop = hasForm && (ways.formFirst || !hasButtons)
  const fault = () => (tried() === 'nothing' ? '' : emailFault(email()))

  async function submit(by: 'link' | 'password') {
    setTried(by)
    setTrouble('')
    byLink.clear()
    byPassword.clear()
    if (form && focusFault(form)) return
    if (by === 'link') return byLink.send()
    await byPassword.send()
    const failure = byPassword.failure()
    if (failure?.kind === 'refused' && failure.code === 'EMAIL_NOT_VERIFIED') setMailed('confirmation')
    else if (failure?.kind === 'refused') form?.querySelector<HTMLInputElement>('[name="password"]')?.select()
  }

  const emailForm = () => (
    <form
      ref={form}
      class="flex flex-col gap-4"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        void submit(options.passwords ? 'password' : 'link')
      }}
    >
      <Field
        label={t('E-mail')} name="email" type="email" autocomplete="username webauthn" autofocus={formOnTop}
        value={email()} onChange={setEmail} fault={fault()}
      />
      <Show
        when={options.passwords}
        fallback={
          <Submit
            label={t('E-mail me a link')} busyLabel={t('Sending…')} busy={byLink.busy()} message={byLink.message()} countdown={byLink.countdown()}
            mark={ways.formLast === 'link' && <LastUsed class={onSolid} />}
          />
        }
      >
        <Field
          label={t('Password')} name="password" type="password" autocomplete="current-password"
          value={password()} onChange={setPassword} fault={tried() === 'password' ? passwordFault(password()) : ''}
          beside={
            <Link
              to="/forgot-password" state={{ email: email().trim() }} search={redirect ? { redirect } : {}}
              class={cn(buttonVariants({ variant: 'link', size: 'inline' }), 'font-normal pointer-coarse:-mt-3 pointer-coarse:pt-3')}
            >
              {t('Forgot your password?')}
            </Link>
          }
        />
        <div class="flex flex-col gap-2.5">
          <Submit
            label={t('Sign in')} busyLabel={t('Signing in…')} busy={byPassword.busy()} message={byPassword.message() || byLink.message()} countdown={byPassword.countdown()}
            mark={ways.formLast === 'password' && <LastUsed class={onSolid} />}
          />
          <Show when={options.magicLinks}>
            <Button type="button" variant="outline" size="large" class="px-4" aria-busy={byLink.busy()} disabled={byLink.countdown() !== ''} onClick={() => void submit('link')}>
              {byLink.countdown() || (byLink.busy() ? t('Sending…') : t('E-mail me a link'))}
              <Show when={ways.formLast === 'link'}>
                <LastUsed />
              </Show>
            </Button>
          </Show>
        </div>
      </Show>
    </form>
  )

  return (
    <Show
      when={mailed()}
      fallback={
        <AuthPage
          title={t('Sign in')}
          lead={last ? t('Good to have you back.') : t('Come in and join the talk.')}
          aside={<Newcomers options={options} redirect={redirect} />}
        >
          <div class="mt-6 flex flex-col gap-5">
            <Alert message={trouble() || asGuest.message()} />
            {formOnTop && emailForm()}
            {formOnTop && hasButtons && <Or />}
            {hasButtons && <WayButtons ways={ways.buttons} redirect={redirect} passkey={passkeys} report={setTrouble} />}
            {!formOnTop && hasForm && <Or />}
            {!formOnTop && hasForm && emailForm()}
            <Show when={options.guests && !guest}>
              <Button type="button" variant="quiet" size="large" class="-mb-2 -mt-2" aria-busy={asGuest.busy()} onClick={() => void asGuest.send()}>
                {asGuest.countdown() || (asGuest.busy() ? t('Coming in…') : t('Come in as a guest'))}
              </Button>
            </Show>
          </div>
        </AuthPage>
      }
    >
      {(what) => (
        <CheckMail
          email={email().trim()}
          mail={options.mail}
          perhaps={what() === 'link' && !mayJoin(options)}
          purpose={what() === 'link' ? t('Open it in this browser, and you are in.') : t('It confirms that the address is yours: open it, then sign in.')}
          again={() => (what() === 'link' ? sendLink() : requestVerification(email().trim(), confirmTo))}
          onOtherAddress={() => setMailed(undefined)}
        />
      )}
    </Show>
  )
}

// The solid button has the accent's colour already.
const onSolid = 'absolute end-3 border border-current/50 bg-transparent text-on-accent'

/** What those find who have no account yet. */
function Newcomers(props: { options: SignInOptions; redirect: string | undefined }) {
  return (
    <Show when={mayJoin(props.options)} fallback={props.options.signUp === 'invite' ? t('New here? You need an invitation to make an account.') : undefined}>
      {props.options.firstAccount ? t('Nobody has an account here yet.') : t('New here?')}{' '}
      <Link to="/sign-up" search={props.redirect ? { redirect: props.redirect } : {}} class={buttonVariants({ variant: 'link', size: 'inline' })}>
        {t('Create an account')}
      </Link>
    </Show>
  )
}
