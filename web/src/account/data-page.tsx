import { createSignal, Show } from 'solid-js'
import { passwordFault } from '~/auth/fields'
import { Field, focusFault } from '~/auth/form'
import { interpret, type Result } from '~/http'
import { t } from '~/i18n/i18n'
import { T } from '~/i18n/t'
import { useQuery } from '~/query'
import { Button } from '~/ui/button'
import { DialogFooter } from '~/ui/dialog'
import { Skeleton } from '~/ui/skeleton'
import { showToast } from '~/ui/toast'
import { createAction } from './action'
import { createDeletion } from './deletion'
import { meQuery, type Me } from './me'
import { Modal } from './modal'
import { Act, Block, Card, Fault, Item, Loaded, Page } from './parts'
import { saveFile } from './save-file'

/** What is kept about a person: to take along, and to delete. */
export function DataPage() {
  const me = useQuery(() => meQuery)
  const [leaving, setLeaving] = createSignal(false)
  const take = createAction(fetchExport, {
    done({ content, name }) {
      saveFile(content, name)
      showToast({ title: t('Your export is saved'), text: name })
    },
  })
  return (
    <Page title={t('Your data')} lead={t('What this server keeps about you is yours.')}>
      <Block title={t('Export')}>
        <Card>
          <Item title={t('All that is kept about you')} text={t('Your account and every message that you wrote, in one file (JSON).')}>
            <Act action={take} variant="outline" label={t('Download')} busyLabel={t('Gathering…')} onClick={() => void take.run()} />
          </Item>
          <Show when={take.message()}>
            <Fault action={take} class="p-3" />
          </Show>
        </Card>
      </Block>
      <Block title={t('Delete account')}>
        <Card>
          <Item
            title={t('Leave for good')}
            text={t('Your account is deleted, and you are signed out everywhere. What you wrote stays, so that others can still read along, but without your name. Nobody can undo this.')}
          >
            <Button variant="outline" class="text-bad" onClick={() => setLeaving(true)}>{t('Delete account')}</Button>
          </Item>
        </Card>
        <Modal open={leaving()} onClose={() => setLeaving(false)} alert title={t('Delete your account?')} text={t("This can't be undone. If you want a copy of what you wrote, take your export first.")}>
          <Loaded query={me} loading={t('Loading your account')} failed={t("Your account couldn't be loaded")} skeleton={<Skeleton class="h-24 w-full rounded-card" />}>
            {(m) => <DeleteForm me={m()} onCancel={() => setLeaving(false)} />}
          </Loaded>
        </Modal>
      </Block>
    </Page>
  )
}

function DeleteForm(props: { me: Me; onCancel(): void }) {
  const [proof, setProof] = createSignal('')
  const [tried, setTried] = createSignal(false)
  const [mailed, setMailed] = createSignal(false)
  let form!: HTMLFormElement
  // Guests, and those without an address, have nothing to type that would mean something.
  const asks = () => (props.me.hasPassword ? 'password' : props.me.guest || props.me.emailMissing ? 'nothing' : 'email')

  const fault = () => {
    if (asks() === 'password') return passwordFault(proof())
    if (asks() === 'email' && proof().trim().toLowerCase() !== props.me.email.toLowerCase()) return t('Enter {email}, to be sure.', { email: props.me.email })
    return ''
  }

  const remove = createDeletion(() => (asks() === 'password' ? { password: proof() } : {}), () => setMailed(true))

  function submit(event: SubmitEvent) {
    event.preventDefault()
    setTried(true)
    if (!focusFault(form)) void remove.run()
  }

  return (
    <Show
      when={!mailed()}
      fallback={
        <>
          <p role="status" class="rounded-control bg-good-soft px-3 py-2.5 text-body">
            <T text="A mail is on its way to {email}. Your account is deleted when you open the link in it and confirm. Until then nothing happens." email={<b class="font-medium">{props.me.email}</b>} />
          </p>
          <DialogFooter>
            <Button onClick={() => props.onCancel()}>{t('Done')}</Button>
          </DialogFooter>
        </>
      }
    >
      <form ref={form} class="flex flex-col gap-4" onSubmit={submit} noValidate>
        <Show when={asks() === 'password'}>
          <input type="email" name="username" autocomplete="username" value={props.me.email} readOnly hidden />
          <Field
            label={t('Your password')} name="password" type="password" autocomplete="current-password" autofocus
            value={proof()} onChange={(value) => {
              setProof(value)
              remove.reset()
            }} fault={tried() ? fault() : ''}
          />
        </Show>
        <Show when={asks() === 'email'}>
          <Field
            label={t('Your e-mail address')} name="confirm-email" type="email" autocomplete="off" autofocus hint={t('Type {email} to go on.', { email: props.me.email })}
            value={proof()} onChange={setProof} fault={tried() ? fault() : ''}
          />
        </Show>
        <Fault action={remove} />
        <DialogFooter>
          <Button variant="outline" onClick={() => props.onCancel()}>{t('Keep my account')}</Button>
          <Act action={remove} variant="danger" label={t('Delete account')} busyLabel={t('Deleting…')} />
        </DialogFooter>
      </form>
    </Show>
  )
}

interface Export {
  content: Blob
  name: string
}

// Fetched, not followed: a link would save a refusal as if it were the data.
async function fetchExport(): Promise<Result<Export>> {
  try {
    const response = await fetch('/api/account/export', { credentials: 'same-origin' })
    if (!response.ok) return interpret<Export>(response.status, (header) => response.headers.get(header), await response.text(), () => null)
    const name = /filename="([\w.-]+)"/.exec(response.headers.get('Content-Disposition') ?? '')?.[1]
    return { ok: true, value: { content: await response.blob(), name: name ?? 'snug-export.json' } }
  } catch {
    return { ok: false, failure: { kind: 'unreachable' } }
  }
}
