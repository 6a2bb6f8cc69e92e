import { useQueryClient } from '@tanstack/solid-query'
import { createSignal, Show } from 'solid-js'
import { requestVerification } from '~/auth/calls'
import { emailFault } from '~/auth/fields'
import { Field } from '~/auth/form'
import { optionsQuery } from '~/auth/options'
import { m, t } from '~/i18n/i18n'
import { T } from '~/i18n/t'
import { useQuery } from '~/query'
import { Badge } from '~/ui/badge'
import { Button } from '~/ui/button'
import { DialogFooter } from '~/ui/dialog'
import { showToast } from '~/ui/toast'
import { createAction } from './action'
import { addressPage, changeEmail, meQuery, showProfile, type Me } from './me'
import { Modal } from './modal'
import { Act, Block, Card, Fault, Item } from './parts'

/** The e-mail address: whether it is confirmed, and the way to another one. */
export function EmailBlock(props: { me: Me }) {
  const options = useQuery(() => optionsQuery)
  const mail = () => options.isPending || options.data?.mail !== false
  const [changing, setChanging] = createSignal(false)
  const [sent, setSent] = createSignal(false)
  const resend = createAction(() => requestVerification(props.me.email, addressPage()), { done: () => setSent(true) })

  return (
    <Block title={t('E-mail address')} text={t("For signing in and for mails from this server. Others don't see it.")}>
      <Card>
        <Item
          title={
            <Show when={!props.me.emailMissing} fallback={t('None yet')}>
              <span dir="ltr">{props.me.email}</span>
              <Badge tone={props.me.emailVerified ? 'good' : 'warn'}>{props.me.emailVerified ? t('Confirmed') : t('Not confirmed')}</Badge>
            </Show>
          }
          text={
            <Show when={!props.me.emailVerified && !props.me.emailMissing}>
              {/* It stands before it is filled: what comes with its words may not be read. */}
              <span role="status">
                {!sent()
                  ? ''
                  : mail()
                    ? t('A mail is on its way. Open the link in it. It is good for an hour.')
                    : t('This server sends no mail: the link is in its log. Ask whoever runs it.')}
              </span>
              {sent() ? '' : t('Confirm it, so that a forgotten password is no trouble.')}
            </Show>
          }
        >
          <Show when={!props.me.emailVerified && !props.me.emailMissing}>
            <Act action={resend} variant="outline" label={!mail() ? t('Make the link') : sent() ? t('Send it again') : t('Send the mail')} busyLabel={t('Sending…')} onClick={() => void resend.run()} />
          </Show>
          <Button variant="outline" onClick={() => setChanging(true)}>{props.me.emailMissing ? t('Add') : t('Change')}</Button>
        </Item>
        <Show when={resend.message()}>
          <Fault action={resend} class="p-3" />
        </Show>
      </Card>
      <ChangeDialog me={props.me} mail={mail()} open={changing()} onClose={() => setChanging(false)} />
    </Block>
  )
}

function ChangeDialog(props: { me: Me; mail: boolean; open: boolean; onClose(): void }) {
  return (
    <Modal
      open={props.open}
      onClose={() => props.onClose()}
      title={props.me.emailMissing ? t('Add an e-mail address') : t('Change your e-mail address')}
      text={
        props.me.emailVerified
          ? t('Both addresses get a mail. Open the link at your present one first, then the one at the new address. Until then nothing changes.')
          : t('The new address gets a mail with a link that confirms it.')
      }
    >
      <ChangeForm me={props.me} mail={props.mail} onClose={() => props.onClose()} />
    </Modal>
  )
}

function ChangeForm(props: { me: Me; mail: boolean; onClose(): void }) {
  const client = useQueryClient()
  const [email, setEmail] = createSignal('')
  const [tried, setTried] = createSignal(false)
  const [sent, setSent] = createSignal(false)
  const fault = () => emailFault(email()) || (email().trim().toLowerCase() === props.me.email ? t('That is your address already.') : '')
  // Whose address isn't confirmed, to them it may be given at once: the account tells.
  const change = createAction(
    async (address: string) => {
      const result = await changeEmail(address)
      if (result.ok) await client.invalidateQueries({ queryKey: meQuery.queryKey })
      return result
    },
    {
      words: {
        couldnt_update_your_email: m("That address can't be used. Choose another."),
        email_is_the_same: m('That is your address already.'),
      },
      done(_, address) {
        const now = client.getQueryData(meQuery.queryKey)
        if (now?.email !== address.toLowerCase()) return setSent(true)
        showProfile(client, { email: now.email })
        showToast({ title: t('Address changed'), text: props.mail ? t('A mail is on its way to confirm it.') : '' })
        props.onClose()
      },
    },
  )

  function submit(event: SubmitEvent) {
    event.preventDefault()
    setTried(true)
    if (!fault()) void change.run(email().trim())
  }

  return (
    <Show
      when={!sent()}
      fallback={
        <>
          <p role="status" class="rounded-control bg-good-soft px-3 py-2.5 text-body">
            <Show when={props.mail} fallback={t('This server sends no mail: the links are in its log. Ask whoever runs it.')}>
              <Show
                when={props.me.emailVerified}
                fallback={<T text="A mail is on its way to {email}. Open the link in it, here in this browser." email={<b class="font-medium">{email().trim()}</b>} />}
              >
                <T
                  text="A mail is on its way to {present}. Open its link here in this browser, then the one that comes to {next}."
                  present={<b class="font-medium">{props.me.email}</b>}
                  next={<b class="font-medium">{email().trim()}</b>}
                />
              </Show>
            </Show>
          </p>
          <DialogFooter>
            <Button onClick={() => props.onClose()}>{t('Done')}</Button>
          </DialogFooter>
        </>
      }
    >
      <form class="flex flex-col gap-4" onSubmit={submit} noValidate>
        <Field
          label={t('New e-mail address')} name="email" type="email" autocomplete="email" autofocus
          value={email()} onChange={(value) => {
            setEmail(value)
            change.reset()
          }} fault={tried() ? fault() : ''}
        />
        <Fault action={change} />
        <DialogFooter>
          <Button variant="outline" onClick={() => props.onClose()}>{t('Cancel')}</Button>
          <Act action={change} label={t('Change address')} busyLabel={t('Sending…')} />
        </DialogFooter>
      </form>
    </Show>
  )
}
