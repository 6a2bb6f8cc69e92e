import { Link } from '@tanstack/solid-router'
import { createSignal } from 'solid-js'
import { buttonVariants } from '~/ui/button'
import { emailFault, passwordFault } from './fields'
import { AuthPage, createSubmission, Field, Submit } from './form'
import { signIn } from './session'

export function SignInPage(props: { redirect: string | undefined }) {
  const [email, setEmail] = createSignal('')
  const [password, setPassword] = createSignal('')
  // Nobody is corrected before they are done.
  const [tried, setTried] = createSignal(false)

  const submission = createSubmission({
    send: () => signIn({ email: email().trim(), password: password() }),
    words: (f) => (f.kind === 'refused' && (f.status === 401 || f.code === 'INVALID_EMAIL') ? 'Wrong e-mail or password.' : undefined),
    // Where one was going doesn't change while one is here.
    redirect: props.redirect,
  })

  function submit(event: SubmitEvent) {
    event.preventDefault()
    setTried(true)
    if (emailFault(email()) || passwordFault(password())) return
    void submission.send()
  }

  return (
    <AuthPage
      title="Sign in"
      lead="Good to have you back."
      aside={
        <>
          New here?{' '}
          <Link to="/sign-up" search={props.redirect ? { redirect: props.redirect } : {}} class={buttonVariants({ variant: 'link', size: 'inline' })}>
            Create an account
          </Link>
        </>
      }
    >
      <form class="mt-6 flex flex-col gap-4" onSubmit={submit} noValidate>
        <Field
          label="E-mail" name="email" type="email" autocomplete="username" autofocus
          value={email()} onChange={setEmail} fault={tried() ? emailFault(email()) : ''}
        />
        <Field
          label="Password" name="password" type="password" autocomplete="current-password"
          value={password()} onChange={setPassword} fault={tried() ? passwordFault(password()) : ''}
        />
        <Submit label="Sign in" busyLabel="Signing in…" busy={submission.busy()} message={submission.message()} countdown={submission.countdown()} />
      </form>
    </AuthPage>
  )
}
