import { useQueryClient } from '@tanstack/solid-query'
import Fingerprint from 'lucide-solid/icons/fingerprint-pattern'
import { createSignal, Show } from 'solid-js'
import { Field } from '~/auth/form'
import { passkeysWork } from '~/auth/ways'
import type { Result } from '~/http'
import { m, plural, t } from '~/i18n/i18n'
import { useQuery } from '~/query'
import { Button } from '~/ui/button'
import { DialogFooter } from '~/ui/dialog'
import { Skeleton } from '~/ui/skeleton'
import { showToast } from '~/ui/toast'
import { createAction } from './action'
import { deviceOf } from './agents'
import { Confirm, Modal } from './modal'
import { makePasskey } from './new-passkey'
import { Act, Block, Card, Empty, Fault, Item, Keyed, Loaded, Sign } from './parts'
import { date } from './times'
import { deletePasskey, passkeysQuery, renamePasskey, type Passkey } from './ways'

const NAME_MAX = 64

/** Passkeys: made, named and removed. */
export function PasskeysBlock() {
  const client = useQueryClient()
  const passkeys = useQuery(() => passkeysQuery)
  const [naming, setNaming] = createSignal<Passkey | null>(null)
  const [removing, setRemoving] = createSignal<Passkey | null>(null)
  const [trouble, setTrouble] = createSignal('')
  const refresh = () => client.invalidateQueries({ queryKey: passkeysQuery.queryKey })

  const add = createAction(
    async (): Promise<Result<boolean>> => {
      setTrouble('')
      const result = await makePasskey(deviceOf(navigator.userAgent).name)
      if (result.ok) {
        await refresh()
        return { ok: true, value: true }
      }
      if (typeof result.failure === 'object') return { ok: false, failure: result.failure }
      if (result.failure === 'known') setTrouble(t('This device has a passkey for your account already.'))
      if (result.failure === 'unable') setTrouble(t('This browser could not make a passkey here.'))
      return { ok: true, value: false }
    },
    {
      words: { challenge_not_found: m('That took too long. Try again.') },
      done: (made) => made && showToast({ title: t('Passkey added'), text: t('You can sign in with it from now on.') }),
    },
  )

  const remove = createAction(
    async (passkey: Passkey) => {
      const result = await deletePasskey(passkey.id)
      if (result.ok) await refresh()
      return result
    },
    { done: () => showToast({ title: t('Passkey removed') }) },
  )

  const addButton = () => (
    <Show when={passkeysWork()}>
      <Act action={add} variant="outline" label={t('Add a passkey')} busyLabel={t('Waiting for your device…')} onClick={() => void add.run()} />
    </Show>
  )

  return (
    <Block title={t('Passkeys')} text={t('Sign in with your fingerprint, face or PIN. Nobody can guess a passkey, or trick you into giving it away.')} action={addButton()}>
      <div class="flex flex-col gap-3">
        <Fault action={add} />
        <Show when={trouble()}>
          <p role="alert" class="rounded-control bg-bad-soft px-3 py-2 text-meta text-bad">{trouble()}</p>
        </Show>
        <Loaded query={passkeys} loading={t('Loading passkeys')} failed={t("Passkeys couldn't be loaded")} skeleton={<Skeleton class="h-17 w-full rounded-card" />}>
          {(list) => (
            <Show
              when={list().length > 0}
              fallback={
                <Empty
                  title={t('No passkeys yet')}
                  text={
                    passkeysWork()
                      ? t('Add one on each device that you use, or one that your devices share.')
                      : t('This browser can use none here: they need https and a server with a name, not a bare address.')
                  }
                />
              }
            >
              <Card>
                <Keyed each={list()}>
                  {(passkey) => (
                    <Item
                      much
                      lead={<Sign><Fingerprint class="size-4.5" aria-hidden="true" /></Sign>}
                      title={<span dir="auto">{passkey().name}</span>}
                      text={about(passkey())}
                    >
                      <Button variant="outline" aria-label={t('Rename {name}', { name: passkey().name })} onClick={() => setNaming(passkey())}>
                        {t('Rename')}
                      </Button>
                      <Button variant="outline" aria-label={t('Remove {name}', { name: passkey().name })} onClick={() => setRemoving(passkey())}>
                        {t('Remove')}
                      </Button>
                    </Item>
                  )}
                </Keyed>
              </Card>
            </Show>
          )}
        </Loaded>
      </div>
      <Modal open={naming() !== null} onClose={() => setNaming(null)} title={t('Name of the passkey')}>
        <Show when={naming()} keyed>
          {(passkey) => <RenameForm passkey={passkey} onClose={() => setNaming(null)} onDone={refresh} />}
        </Show>
      </Modal>
      <Confirm
        target={removing()}
        onClose={() => setRemoving(null)}
        title={(p) => t('Remove “{name}”?', { name: p.name })}
        text={() => t('You can’t sign in with it here any more. Your device may still list it; you can delete it there too.')}
        label={t('Remove')}
        busyLabel={t('Removing…')}
        action={remove}
      />
    </Block>
  )
}

function about(passkey: Passkey): string {
  const added = passkey.createdAt === null ? '' : t('Added {date}', { date: date(passkey.createdAt, Date.now()) })
  const where = passkey.synced ? t('shared by your devices') : t('on one device')
  return added ? `${added} · ${where}` : where
}

function RenameForm(props: { passkey: Passkey; onClose(): void; onDone(): Promise<void> }) {
  const [name, setName] = createSignal(props.passkey.name)
  const fault = () => (name().trim() === '' ? t('Enter a name.') : name().trim().length > NAME_MAX ? plural(NAME_MAX, 'Use at most 1 character.', 'Use at most {count} characters.') : '')
  const save = createAction(() => renamePasskey(props.passkey.id, name().trim()), {
    done() {
      void props.onDone()
      props.onClose()
    },
  })
  function submit(event: SubmitEvent) {
    event.preventDefault()
    if (!fault()) void save.run()
  }
  return (
    <form class="flex flex-col gap-4" onSubmit={submit} noValidate>
      <Field
        label={t('Name')} name="passkey" autocomplete="off" autofocus hint={t('So that you know it again: where it is, say.')}
        value={name()} onChange={setName} fault={fault()}
      />
      <Fault action={save} />
      <DialogFooter>
        <Button variant="outline" onClick={() => props.onClose()}>{t('Cancel')}</Button>
        <Act action={save} label={t('Save')} busyLabel={t('Saving…')} />
      </DialogFooter>
    </form>
  )
}
