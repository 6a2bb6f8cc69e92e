import { useQueryClient } from '@tanstack/solid-query'
import Link2 from 'lucide-solid/icons/link-2'
import Mail from 'lucide-solid/icons/mail'
import { createSignal, Show } from 'solid-js'
import { emailFault } from '~/auth/fields'
import { Field, focusFault } from '~/auth/form'
import { optionsQuery } from '~/auth/options'
import { useQuery } from '~/query'
import { Button } from '~/ui/button'
import { Choice } from '~/ui/choice'
import { DialogFooter } from '~/ui/dialog'
import { Skeleton } from '~/ui/skeleton'
import { showToast } from '~/ui/toast'
import { createAction } from './action'
import { CopyField } from './copy'
import { createInvite, invitesQuery, revokeInvite, type Invite, type MadeInvite } from './invites'
import { Confirm, Modal, onOpen } from './modal'
import { QRCode } from './qr-code'
import { Act, Block, Card, Empty, Fault, Item, Keyed, Loaded, Page, Sign } from './parts'
import { ahead } from './times'

/** Links that let others in; for those who run the server. */
export function InvitesPage() {
  const client = useQueryClient()
  const invites = useQuery(() => invitesQuery)
  const options = useQuery(() => optionsQuery)
  const [making, setMaking] = createSignal(false)
  const [revoking, setRevoking] = createSignal<Invite | null>(null)
  const signUp = () => (options.isPending ? undefined : options.data?.signUp)

  const revoke = createAction(
    async (invite: Invite) => {
      const result = await revokeInvite(invite.id)
      if (result.ok) await client.invalidateQueries({ queryKey: invitesQuery.queryKey })
      return result
    },
    { done: () => showToast({ title: 'Invitation revoked' }) },
  )

  return (
    <Page title="Invitations" lead={leads[signUp() ?? 'invite']}>
      <Block title="Open invitations" action={<Button onClick={() => setMaking(true)}>Invite</Button>}>
        <Loaded query={invites} what="Invitations" skeleton={<Skeleton class="h-36 w-full rounded-card" />}>
          {(list) => (
            <Show when={list().length > 0} fallback={<Empty title="No open invitations" text="Make a link and send it to whom you want here." />}>
              <Card>
                <Keyed each={list()}>
                  {(invite) => (
                    <Item
                      much
                      lead={
                        <Sign>
                          <Show when={invite().email} fallback={<Link2 class="size-4.5" aria-hidden="true" />}>
                            <Mail class="size-4.5" aria-hidden="true" />
                          </Show>
                        </Sign>
                      }
                      title={<Show when={invite().email} fallback="Anyone with the link">{(email) => <span dir="ltr">{email()}</span>}</Show>}
                      text={about(invite())}
                    >
                      <Button variant="outline" onClick={() => setRevoking(invite())}>
                        Revoke<span class="sr-only"> the invitation for {invite().email ?? 'anyone'}</span>
                      </Button>
                    </Item>
                  )}
                </Keyed>
              </Card>
            </Show>
          )}
        </Loaded>
        <MakeDialog open={making()} onClose={() => setMaking(false)} />
        <Confirm
          target={revoking()}
          onClose={() => setRevoking(null)}
          title={() => 'Revoke this invitation?'}
          text={() => 'Its link stops working at once. Who came in by it stays.'}
          label="Revoke"
          busyLabel="Revoking…"
          action={revoke}
        />
      </Block>
    </Page>
  )
}

const leads = {
  open: 'Anyone may make an account here. An invitation is a friendly link.',
  invite: 'Only who is invited may make an account here.',
  domain: 'Who has an address of your domains may make an account; others need an invitation.',
  closed: 'No new accounts are made here, invited or not.',
} as const

function about(invite: Invite): string {
  const into = invite.roomName === '' ? '' : ` · into ${invite.roomName}`
  const uses = invite.usesLeft === 1 ? 'for one account' : invite.usesLeft === 0 ? 'used up' : `for ${invite.usesLeft} accounts`
  const end = invite.expiresAt === null ? '' : ` · ends ${ahead(invite.expiresAt, Date.now())}`
  const by = invite.invitedBy ? ` · by ${invite.invitedBy}` : ''
  return `${uses}${into}${end}${by}`
}

/** Makes a link, and shows it once; with a room, one that leads there. */
export function MakeDialog(props: { open: boolean; room?: { slug: string; label: string }; onClose(): void }) {
  const [made, setMade] = createSignal<MadeInvite | null>(null)
  const close = () => props.onClose()
  onOpen(
    () => props.open,
    () => setMade(null),
  )
  return (
    <Modal
      open={props.open}
      onClose={close}
      holds={made() !== null}
      title={made() ? 'Your invitation' : props.room ? `Invite to ${props.room.label}` : 'Invite'}
      text={made() ? (made()?.mailed ? 'It was mailed. The link is not shown again.' : 'Send this link to whom you invite. It is not shown again.') : undefined}
    >
      <Show when={made()} fallback={<MakeForm room={props.room?.slug} onCancel={close} onMade={setMade} />}>
        {(m) => (
          <>
            <CopyField label="Link" value={m().url} />
            <QRCode text={m().url} label="The link, for the camera of a phone" class="size-44 self-center" />
            <DialogFooter>
              <Button onClick={close}>Done</Button>
            </DialogFooter>
          </>
        )}
      </Show>
    </Modal>
  )
}

const whom = [
  { value: 'anyone', label: 'Anyone with the link' },
  { value: 'one', label: 'One address' },
] as const
const lives = [
  { value: '1', label: '1 day' },
  { value: '7', label: '7 days' },
  { value: '30', label: '30 days' },
  { value: '365', label: '1 year' },
] as const
const MAX_USES = 1000

function MakeForm(props: { room: string | undefined; onCancel(): void; onMade(made: MadeInvite): void }) {
  const client = useQueryClient()
  const [kind, setKind] = createSignal<(typeof whom)[number]['value']>('anyone')
  const [email, setEmail] = createSignal('')
  const [uses, setUses] = createSignal('1')
  const [life, setLife] = createSignal<(typeof lives)[number]['value']>('7')
  const [tried, setTried] = createSignal(false)
  let form!: HTMLFormElement

  const usesFault = () => (/^\d+$/.test(uses().trim()) && Number(uses()) >= 1 && Number(uses()) <= MAX_USES ? '' : `Enter a number from 1 to ${MAX_USES}.`)

  const create = createAction(
    () =>
      createInvite({
        ...(kind() === 'one' ? { email: email().trim() } : { uses: Number(uses()) }),
        expiresInDays: Number(life()),
        ...(props.room !== undefined && { room: props.room }),
      }),
    {
      done(made) {
        props.onMade(made)
        void client.invalidateQueries({ queryKey: invitesQuery.queryKey })
      },
    },
  )

  function submit(event: SubmitEvent) {
    event.preventDefault()
    setTried(true)
    if (!focusFault(form)) void create.run()
  }

  return (
    <form ref={form} class="flex flex-col gap-5" onSubmit={submit} noValidate>
      <Choice label="For" options={whom} value={kind()} onChange={setKind} />
      <Show
        when={kind() === 'one'}
        fallback={
          <Field
            label={props.room === undefined ? 'How many accounts' : 'How many people'} name="uses" inputmode="numeric" autocomplete="off"
            value={uses()} onChange={setUses} fault={tried() ? usesFault() : ''}
          />
        }
      >
        <Field
          label="E-mail" name="invite-email" type="email" autocomplete="off" autofocus hint="No other address can use the link."
          value={email()} onChange={setEmail} fault={tried() ? emailFault(email()) : ''}
        />
      </Show>
      <Choice label="Good for" options={lives} value={life()} onChange={setLife} />
      <Fault action={create} />
      <DialogFooter>
        <Button variant="outline" onClick={() => props.onCancel()}>Cancel</Button>
        <Act action={create} label="Make link" busyLabel="Making…" />
      </DialogFooter>
    </form>
  )
}
