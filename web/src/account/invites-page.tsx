import { useQueryClient } from '@tanstack/solid-query'
import Link2 from 'lucide-solid/icons/link-2'
import Mail from 'lucide-solid/icons/mail'
import { createSignal, Show } from 'solid-js'
import { emailFault } from '~/auth/fields'
import { Field, focusFault } from '~/auth/form'
import { optionsQuery } from '~/auth/options'
import { m, plural, t } from '~/i18n/i18n'
import { may } from '~/permissions.gen'
import { useQuery } from '~/query'
import { Button } from '~/ui/button'
import { Choice } from '~/ui/choice'
import { DialogFooter } from '~/ui/dialog'
import { Skeleton } from '~/ui/skeleton'
import { showToast } from '~/ui/toast'
import { createAction } from './action'
import { CopyField } from './copy'
import { createInvite, invitesQuery, revokeInvite, type Invite, type MadeInvite } from './invites'
import { meQuery } from './me'
import { Confirm, Modal, onOpen } from './modal'
import { QRCode } from './qr-code'
import { Act, Block, Card, Empty, Fault, Item, Keyed, Loaded, Page, Sign } from './parts'
import { ahead } from './times'

/** Who may invite to the server; others make links into rooms of theirs. */
function useHost() {
  const me = useQuery(() => meQuery)
  return () => !me.isPending && me.data !== undefined && may('invite', me.data.role, 'server')
}

/** Links that let others in. */
export function InvitesPage() {
  const client = useQueryClient()
  const invites = useQuery(() => invitesQuery)
  const options = useQuery(() => optionsQuery)
  const host = useHost()
  const [making, setMaking] = createSignal(false)
  const [revoking, setRevoking] = createSignal<Invite | null>(null)
  const signUp = () => (options.isPending ? undefined : options.data?.signUp)

  const revoke = createAction(
    async (invite: Invite) => {
      const result = await revokeInvite(invite.id)
      if (result.ok) await client.invalidateQueries({ queryKey: invitesQuery.queryKey })
      return result
    },
    { done: () => showToast({ title: t('Invitation revoked') }) },
  )

  return (
    <Page title={t('Invitations')} lead={host() ? t(leads[signUp() ?? 'invite']) : t('Links into rooms of yours, for people who have an account here.')}>
      <Block title={t('Open invitations')} action={<Show when={host()}><Button onClick={() => setMaking(true)}>{t('Invite')}</Button></Show>}>
        <Loaded query={invites} loading={t('Loading invitations')} failed={t("Invitations couldn't be loaded")} skeleton={<Skeleton class="h-36 w-full rounded-card" />}>
          {(list) => (
            <Show when={list().length > 0} fallback={<Empty title={t('No open invitations')} text={host() ? t('Make a link and send it to whom you want here.') : t('You make them among the members of a room that you look after, or of a group.')} />}>
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
                      title={<Show when={invite().email} fallback={t('Anyone with the link')}>{(email) => <span dir="ltr">{email()}</span>}</Show>}
                      text={about(invite())}
                    >
                      <Button variant="outline" aria-label={revokeWords(invite())} onClick={() => setRevoking(invite())}>
                        {t('Revoke')}
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
          title={() => t('Revoke this invitation?')}
          text={() => t('Its link stops working at once. Who came in by it stays.')}
          label={t('Revoke')}
          busyLabel={t('Revoking…')}
          action={revoke}
        />
      </Block>
    </Page>
  )
}

const leads = {
  open: m('Anyone may make an account here. An invitation is a friendly link.'),
  invite: m('Only who is invited may make an account here.'),
  domain: m('Who has an address of your domains may make an account; others need an invitation.'),
  closed: m('No new accounts are made here, invited or not.'),
} as const

const deadWords: Readonly<Record<Exclude<Invite['dead'], ''>, string>> = {
  banned: m('lets nobody in, as who made it is banned'),
  role: m('lets nobody in, as who made it may not invite any more'),
  room: m('lets nobody in, as its room is gone, or who made it may add nobody there any more'),
}

export function about(invite: Invite): string {
  return [
    invite.dead !== '' && t(deadWords[invite.dead]),
    invite.usesLeft === 0
      ? t('used up')
      : invite.accounts || invite.dead !== '' ? plural(invite.usesLeft, 'for one account', 'for {count} accounts') : plural(invite.usesLeft, 'for one person with an account', 'for {count} people with an account'),
    invite.roomName !== '' && t('into {room}', { room: invite.roomName }),
    invite.expiresAt !== null && t('ends {when}', { when: ahead(invite.expiresAt, Date.now()) }),
    invite.invitedBy !== '' && t('by {name}', { name: invite.invitedBy }),
  ]
    .filter(Boolean)
    .join(' · ')
}

function revokeWords(invite: Invite): string {
  return invite.email === null ? t('Revoke the invitation for anyone') : t('Revoke the invitation for {email}', { email: invite.email })
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
      title={made() ? t('Your invitation') : props.room ? t('Invite to {room}', { room: props.room.label }) : t('Invite')}
      text={made() ? (made()?.mailed ? t('It was mailed. The link is not shown again.') : t('Send this link to whom you invite. It is not shown again.')) : undefined}
    >
      <Show when={made()} fallback={<MakeForm room={props.room?.slug} onCancel={close} onMade={setMade} />}>
        {(invitation) => (
          <>
            <CopyField label={t('Link')} copy={t('Copy link')} value={invitation().url} />
            <QRCode text={invitation().url} label={t('The link, for the camera of a phone')} class="size-44 self-center" />
            <DialogFooter>
              <Button onClick={close}>{t('Done')}</Button>
            </DialogFooter>
          </>
        )}
      </Show>
    </Modal>
  )
}

const whom = () =>
  [
    { value: 'anyone', label: t('Anyone with the link') },
    { value: 'one', label: t('One address') },
  ] as const
const lives = () =>
  [
    { value: '1', label: plural(1, '1 day', '{count} days') },
    { value: '7', label: plural(7, '1 day', '{count} days') },
    { value: '30', label: plural(30, '1 day', '{count} days') },
    { value: '365', label: plural(1, '1 year', '{count} years') },
  ] as const
const MAX_USES = 1000

function MakeForm(props: { room: string | undefined; onCancel(): void; onMade(made: MadeInvite): void }) {
  const client = useQueryClient()
  const host = useHost()
  const [kind, setKind] = createSignal<ReturnType<typeof whom>[number]['value']>('anyone')
  const [email, setEmail] = createSignal('')
  const [uses, setUses] = createSignal('1')
  const [life, setLife] = createSignal<ReturnType<typeof lives>[number]['value']>('7')
  const [tried, setTried] = createSignal(false)
  let form!: HTMLFormElement

  const usesFault = () => (/^\d+$/.test(uses().trim()) && Number(uses()) >= 1 && Number(uses()) <= MAX_USES ? '' : t('Enter a number from 1 to {max}.', { max: String(MAX_USES) }))

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
      <Show when={host()} fallback={<p class="text-body text-muted">{t('People who have an account here come into the room by it, also who has left it.')}</p>}>
        <Choice label={t('For@@whom an invitation is')} options={whom()} value={kind()} onChange={setKind} />
      </Show>
      <Show
        when={kind() === 'one'}
        fallback={
          <Field
            label={props.room === undefined ? t('How many accounts') : t('How many people')} name="uses" inputmode="numeric" autocomplete="off"
            value={uses()} onChange={setUses} fault={tried() ? usesFault() : ''}
          />
        }
      >
        <Field
          label={t('E-mail')} name="invite-email" type="email" autocomplete="off" autofocus hint={t('No other address can use the link.')}
          value={email()} onChange={setEmail} fault={tried() ? emailFault(email()) : ''}
        />
      </Show>
      <Choice label={t('Good for')} options={lives()} value={life()} onChange={setLife} />
      <Fault action={create} />
      <DialogFooter>
        <Button variant="outline" onClick={() => props.onCancel()}>{t('Cancel')}</Button>
        <Act action={create} label={t('Make link')} busyLabel={t('Making…')} />
      </DialogFooter>
    </form>
  )
}
