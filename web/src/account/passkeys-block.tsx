import { useQueryClient } from '@tanstack/solid-query'
import Fingerprint from 'lucide-solid/icons/fingerprint-pattern'
import { createSignal, Show } from 'solid-js'
import { Field } from '~/auth/form'
import { passkeysWork } from '~/auth/ways'
import type { Result } from '~/http'
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
      if (result.failure === 'known') setTrouble('This device has a passkey for your account already.')
      if (result.failure === 'unable') setTrouble('This browser could not make a passkey here.')
      return { ok: true, value: false }
    },
    {
      words: { challenge_not_found: 'That took too long. Try again.' },
      done: (made) => made && showToast({ title: 'Passkey added', text: 'You can sign in with it from now on.' }),
    },
  )

  const remove = createAction(
    async (passkey: Passkey) => {
      const result = await deletePasskey(passkey.id)
      if (result.ok) await refresh()
      return result
    },
    { done: () => showToast({ title: 'Passkey removed' }) },
  )

  const addButton = () => (
    <Show when={passkeysWork()}>
      <Act action={add} variant="outline" label="Add a passkey" busyLabel="Waiting for your device…" onClick={() => void add.run()} />
    </Show>
  )

  return (
    <Block title="Passkeys" text="Sign in with your fingerprint, face or PIN. Nobody can guess a passkey, or trick you into giving it away." action={addButton()}>
      <div class="flex flex-col gap-3">
        <Fault action={add} />
        <Show when={trouble()}>
          <p role="alert" class="rounded-control bg-bad-soft px-3 py-2 text-meta text-bad">{trouble()}</p>
        </Show>
        <Loaded query={passkeys} what="Passkeys" skeleton={<Skeleton class="h-17 w-full rounded-card" />}>
          {(list) => (
            <Show
              when={list().length > 0}
              fallback={
                <Empty
                  title="No passkeys yet"
                  text={
                    passkeysWork()
                      ? 'Add one on each device that you use, or one that your devices share.'
                      : 'This browser can use none here: they need https and a server with a name, not a bare address.'
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
                      <Button variant="outline" onClick={() => setNaming(passkey())}>
                        Rename<span class="sr-only"> {passkey().name}</span>
                      </Button>
                      <Button variant="outline" onClick={() => setRemoving(passkey())}>
                        Remove<span class="sr-only"> {passkey().name}</span>
                      </Button>
                    </Item>
                  )}
                </Keyed>
              </Card>
            </Show>
          )}
        </Loaded>
      </div>
      <Modal open={naming() !== null} onClose={() => setNaming(null)} title="Name of the passkey">
        <Show when={naming()} keyed>
          {(passkey) => <RenameForm passkey={passkey} onClose={() => setNaming(null)} onDone={refresh} />}
        </Show>
      </Modal>
      <Confirm
        target={removing()}
        onClose={() => setRemoving(null)}
        title={(p) => `Remove “${p.name}”?`}
        text={() => 'You can’t sign in with it here any more. Your device may still list it; you can delete it there too.'}
        label="Remove"
        busyLabel="Removing…"
        action={remove}
      />
    </Block>
  )
}

function about(passkey: Passkey): string {
  const added = passkey.createdAt === null ? '' : `Added ${date(passkey.createdAt, Date.now())}`
  const where = passkey.synced ? 'shared by your devices' : 'on one device'
  return added ? `${added} · ${where}` : where
}

function RenameForm(props: { passkey: Passkey; onClose(): void; onDone(): Promise<void> }) {
  const [name, setName] = createSignal(props.passkey.name)
  const fault = () => (name().trim() === '' ? 'Enter a name.' : name().trim().length > NAME_MAX ? `Use at most ${NAME_MAX} characters.` : '')
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
        label="Name" name="passkey" autocomplete="off" autofocus hint="So that you know it again: where it is, say."
        value={name()} onChange={setName} fault={fault()}
      />
      <Fault action={save} />
      <DialogFooter>
        <Button variant="outline" onClick={() => props.onClose()}>Cancel</Button>
        <Act action={save} label="Save" busyLabel="Saving…" />
      </DialogFooter>
    </form>
  )
}
