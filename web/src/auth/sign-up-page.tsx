import { Link } from '@tanstack/solid-router'
import { createSignal } from 'solid-js'
import { buttonVariants } from '~/ui/button'
import { emailFault, nameFault, newPasswordFault, PASSWORD_MAX, PASSWORD_MIN } from './fields'
import { AuthPage, createSubmission, Field, Submit } from './form'
import { signUp } from './session'

export function SignUpPage(props: { redirect: string | undefined }) {
  const [name, setName] = createSignal('')
  const [email, setEmail] = createSignal('')
  const [password, setPassword] = createSignal('')
  const [tried, setTried] = createSignal(false)

  const submission = createSubmission({
    send: () => signUp({ name: name().trim(), email: email().trim(), password: password() }),
    words(f) {
      if (f.kind !== 'refused') return undefined
      if (f.code.startsWith('USER_ALREADY_EXISTS')) return 'There is an account with this e-mail already. Sign in, or use another address.'
      if (f.code === 'INVALID_EMAIL') return 'That is not an e-mail address.'
      if (f.code === 'PASSWORD_TOO_SHORT') return `Use at least ${PASSWORD_MIN} characters for the password.`
      if (f.code === 'PASSWORD_TOO_LONG') return `Use at most ${PASSWORD_MAX} characters for the password.`
      return undefined
    },
    redirect: props.redirect,
  })

  function submit(event: SubmitEvent) {
    event.preventDefault()
    setTried(true)
    if (nameFault(name()) || emailFault(email()) || newPasswordFault(password())) return
    void submission.send()
  }

  return (
    <AuthPage
      title="Create an account"
      lead="A name, and you are in the room."
      aside={
        <>
          Have an account?{' '}
          <Link to="/sign-in" search={props.redirect ? { redirect: props.redirect } : {}} class={buttonVariants({ variant: 'link', size: 'inline' })}>
            Sign in
          </Link>
        </>
      }
    >
      <form class="mt-6 flex flex-col gap-4" onSubmit={submit} noValidate>
        <Field
          label="Name" name="name" autocomplete="name" autofocus hint="What others will see."
          value={name()} onChange={setName} fault={tried() ? nameFault(name()) : ''}
        />
        <Field
          label="E-mail" name="email" type="email" autocomplete="username"
          value={email()} onChange={setEmail} fault={tried() ? emailFault(email()) : ''}
        />
        <Field
          label="Password" name="new-password" type="password" autocomplete="new-password" hint={`At least ${PASSWORD_MIN} characters.`}
          value={password()} onChange={setPassword} fault={tried() ? newPasswordFault(password()) : ''}
        />
        <Submit label="Create account" busyLabel="Creating…" busy={submission.busy()} message={submission.message()} countdown={submission.countdown()} />
      </form>
    </AuthPage>
  )
}
