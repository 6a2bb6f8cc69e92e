import { useQueryClient } from '@tanstack/solid-query'
import ShieldCheck from 'lucide-solid/icons/shield-check'
import ShieldOff from 'lucide-solid/icons/shield-off'
import { createSignal, Match, Show, Switch } from 'solid-js'
import { renewing } from '~/app/renewal'
import { passwordFault } from '~/auth/fields'
import { Field, focusFault } from '~/auth/form'
import { secondFactorWords } from '~/auth/words'
import { m, t } from '~/i18n/i18n'
import { Badge } from '~/ui/badge'
import { Button } from '~/ui/button'
import { DialogFooter } from '~/ui/dialog'
import { showToast } from '~/ui/toast'
import { createAction, type Action } from './action'
import { BackupCodes } from './backup-codes'
import { CopyField } from './copy'
import { meQuery, type Me } from './me'
import { Modal, onOpen } from './modal'
import { Act, Block, Card, Fault, Item, Sign } from './parts'
import { QRCode } from './qr-code'
import { confirmEnrolment, endTwoFactor, enrol, newBackupCodes, secretOf, type Enrolment } from './ways'

const words = { ...secondFactorWords, invalid_password: m('Wrong password.'), invalid_two_factor_cookie: m('Wrong code. Enter the one that your app shows now.') }

/** Signing in in two steps: turned on, off, and its backup codes. */
export function TwoFactorBlock(props: { me: Me }) {
  const [open, setOpen] = createSignal<'on' | 'codes' | 'off' | null>(null)
  const close = () => setOpen(null)
  return (
    <Block
      title={t('Two-step sign-in')}
      text={t('After the password comes a code from an app on your phone. Who learns your password still stays out.')}
    >
      <Card>
        <Show
          when={props.me.twoFactor}
          fallback={
            <Item lead={<Sign><ShieldOff class="size-4.5" aria-hidden="true" /></Sign>} title={<>{t('Authenticator app')} <Badge>{t('Off@@it is turned off')}</Badge></>} text={t('Any app that shows six digits will do.')}>
              <Button variant="outline" onClick={() => setOpen('on')}>{t('Turn on')}</Button>
            </Item>
          }
        >
          <Item lead={<Sign><ShieldCheck class="size-4.5" aria-hidden="true" /></Sign>} title={<>{t('Authenticator app')} <Badge tone="good">{t('On@@it is turned on')}</Badge></>} text={t('A code is asked for when you sign in.')}>
            <Button variant="outline" onClick={() => setOpen('off')}>{t('Turn off')}</Button>
          </Item>
          <Item title={t('Backup codes')} text={t('For when your phone is lost. Each works once.')}>
            <Button variant="outline" onClick={() => setOpen('codes')}>{t('Make new codes')}</Button>
          </Item>
        </Show>
      </Card>
      <EnrolDialog me={props.me} open={open() === 'on'} onClose={close} />
      <CodesDialog me={props.me} open={open() === 'codes'} onClose={close} />
      <EndDialog me={props.me} open={open() === 'off'} onClose={close} />
    </Block>
  )
}

type Step = { at: 'start' } | { at: 'scan'; enrolment: Enrolment } | { at: 'codes'; codes: readonly string[] }

function EnrolDialog(props: { me: Me; open: boolean; onClose(): void }) {
  const client = useQueryClient()
  const [step, setStep] = createSignal<Step>({ at: 'start' })

  const begin = createAction((password: string) => renewing(() => enrol(password)), {
    words,
    done: (enrolment) => setStep({ at: 'scan', enrolment }),
  })
  const confirm = createAction((code: string) => renewing(() => confirmEnrolment(code)), {
    words,
    done() {
      const s = step()
      if (s.at === 'scan') setStep({ at: 'codes', codes: s.enrolment.backupCodes })
    },
  })
  const scan = () => {
    const s = step()
    return s.at === 'scan' ? s.enrolment : undefined
  }
  const codes = () => {
    const s = step()
    return s.at === 'codes' ? s.codes : undefined
  }

  function close() {
    if (codes()) {
      showToast({ title: t('Two-step sign-in is on') })
      void client.invalidateQueries({ queryKey: meQuery.queryKey })
    }
    props.onClose()
  }
  onOpen(
    () => props.open,
    () => {
      begin.reset()
      confirm.reset()
      setStep({ at: 'start' })
    },
  )

  return (
    <Modal
      open={props.open}
      onClose={close}
      holds={step().at !== 'start'}
      title={codes() ? t('Keep your backup codes') : t('Turn on two-step sign-in')}
      text={
        codes()
          ? t('They get you in when your phone is lost. They are not shown again.')
          : scan()
            ? t('Scan this with your authenticator app, then enter the code that it shows.')
            : t('You need an authenticator app: the one of your password manager, or any other.')
      }
    >
      <Switch>
        <Match when={codes()}>{(list) => <BackupCodes codes={list()} email={props.me.email} onDone={close} />}</Match>
        <Match when={scan()}>
          {(enrolment) => <ScanForm enrolment={enrolment()} action={confirm} onCancel={close} />}
        </Match>
        <Match when={step().at === 'start'}>
          <ProofForm me={props.me} action={begin} label={t('Go on')} busyLabel={t('One moment…')} onCancel={close} />
        </Match>
      </Switch>
    </Modal>
  )
}

function ScanForm(props: { enrolment: Enrolment; action: Action<[string]>; onCancel(): void }) {
  const [code, setCode] = createSignal('')
  const [tried, setTried] = createSignal(false)
  const digits = () => code().replace(/\s/g, '')
  const fault = () => (/^\d{6}$/.test(digits()) ? '' : t('Enter the six digits that the app shows.'))
  function enter(value: string) {
    setCode(value)
    props.action.reset()
    if (/^\d{6}$/.test(digits())) void send()
  }
  async function send() {
    if (await props.action.run(digits())) return
    // A code that was wrong is so for good.
    if (props.action.message()) setCode('')
  }
  function submit(event: SubmitEvent) {
    event.preventDefault()
    setTried(true)
    if (!fault()) void send()
  }
  return (
    <form class="flex flex-col gap-4" onSubmit={submit} noValidate>
      <QRCode text={props.enrolment.uri} label={t('QR code for your authenticator app')} class="mx-auto size-48" />
      <CopyField label={t('Or type this key into it')} copy={t('Copy or type this key into it')} value={secretOf(props.enrolment.uri)} copied={secretOf(props.enrolment.uri).replaceAll(' ', '')} />
      <Field
        label={t('Code@@of a second factor')} name="code" inputmode="numeric" autocomplete="one-time-code" autofocus class="font-mono tracking-[0.3em]"
        value={code()} onChange={enter} fault={tried() ? fault() : ''}
      />
      <Fault action={props.action} />
      <DialogFooter>
        <Button variant="outline" onClick={() => props.onCancel()}>{t('Cancel')}</Button>
        <Act action={props.action} label={t('Turn on')} busyLabel={t('Checking…')} />
      </DialogFooter>
    </form>
  )
}

function CodesDialog(props: { me: Me; open: boolean; onClose(): void }) {
  const [codes, setCodes] = createSignal<readonly string[] | null>(null)
  const make = createAction(newBackupCodes, { words, done: (list) => void setCodes(list) })
  const close = () => props.onClose()
  onOpen(
    () => props.open,
    () => {
      make.reset()
      setCodes(null)
    },
  )
  return (
    <Modal
      open={props.open}
      onClose={close}
      holds={codes() !== null}
      title={codes() ? t('Keep your backup codes') : t('Make new backup codes')}
      text={codes() ? t('They are not shown again.') : t('Those that you have stop working.')}
    >
      <Show when={codes()} fallback={<ProofForm me={props.me} action={make} label={t('Make new codes')} busyLabel={t('Making…')} onCancel={close} />}>
        {(list) => <BackupCodes codes={list()} email={props.me.email} onDone={close} />}
      </Show>
    </Modal>
  )
}

function EndDialog(props: { me: Me; open: boolean; onClose(): void }) {
  const client = useQueryClient()
  const end = createAction(
    async (password: string) => {
      const result = await renewing(() => endTwoFactor(password))
      if (result.ok) await client.invalidateQueries({ queryKey: meQuery.queryKey })
      return result
    },
    {
      words,
      done() {
        showToast({ title: t('Two-step sign-in is off') })
        props.onClose()
      },
    },
  )
  function close() {
    props.onClose()
    end.reset()
  }
  return (
    <Modal open={props.open} onClose={close} alert title={t('Turn off two-step sign-in?')} text={t('Your password alone will let you in. The backup codes stop working.')}>
      <ProofForm me={props.me} action={end} label={t('Turn off')} busyLabel={t('Turning off…')} danger onCancel={close} />
    </Modal>
  )
}

/** Asks for the password, of those who have one. */
function ProofForm(props: { me: Me; action: Action<[string]>; label: string; busyLabel: string; danger?: boolean; onCancel(): void }) {
  const [password, setPassword] = createSignal('')
  const [tried, setTried] = createSignal(false)
  let form!: HTMLFormElement
  function submit(event: SubmitEvent) {
    event.preventDefault()
    setTried(true)
    if (!focusFault(form)) void props.action.run(password())
  }
  return (
    <form ref={form} class="flex flex-col gap-4" onSubmit={submit} noValidate>
      <Show when={props.me.hasPassword}>
        <input type="email" name="username" autocomplete="username" value={props.me.email} readOnly hidden />
        <Field
          label={t('Your password')} name="password" type="password" autocomplete="current-password" autofocus
          value={password()} onChange={(value) => {
            setPassword(value)
            props.action.reset()
          }} fault={tried() ? passwordFault(password()) : ''}
        />
      </Show>
      <Fault action={props.action} />
      <DialogFooter>
        <Button variant="outline" onClick={() => props.onCancel()}>{t('Cancel')}</Button>
        <Act action={props.action} variant={props.danger ? 'danger' : 'solid'} label={props.label} busyLabel={props.busyLabel} />
      </DialogFooter>
    </form>
  )
}
