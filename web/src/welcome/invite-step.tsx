import { useQueryClient } from '@tanstack/solid-query'
import { createSignal, For, Match, Show, Switch } from 'solid-js'
import { createAction } from '~/account/action'
import { CopyField } from '~/account/copy'
import { createInvite, invitesQuery, type MadeInvite } from '~/account/invites'
import { Act, Fault } from '~/account/parts'
import { QRCode } from '~/account/qr-code'
import { emailFault } from '~/auth/fields'
import { Field } from '~/auth/form'
import { optionsQuery } from '~/auth/options'
import { t } from '~/i18n/i18n'
import { useQuery } from '~/query'
import { Button } from '~/ui/button'
import { Ways } from './ways'

/** What a first link is good for; others are made among the invitations. */
const USES = 50
const DAYS = 30

/** Invites the first people: by a link, as a picture for cameras too, and by mail. */
export function InviteStep(props: { onEnd(): void; onBack(): void }) {
  const client = useQueryClient()
  const options = useQuery(() => optionsQuery)
  const [made, setMade] = createSignal<MadeInvite | null>(null)
  const again = () => void client.invalidateQueries({ queryKey: invitesQuery.queryKey })

  const link = createAction(() => createInvite({ uses: USES, expiresInDays: DAYS }), {
    done(invite) {
      setMade(invite)
      again()
    },
  })

  return (
    <div class="flex flex-col gap-4">
      <Switch>
        <Match when={options.data?.signUp === 'closed'}>
          <p class="rounded-card border border-line bg-sunken px-4 py-3 text-body">
            {t('No new accounts are made here, invited or not: whoever runs the server has set it so.')}
          </p>
        </Match>
        <Match when={made()}>
          {(invite) => (
            <>
              <CopyField label={t('Link')} copy={t('Copy link')} value={invite().url} />
              <div class="flex flex-wrap items-center gap-4">
                <QRCode text={invite().url} label={t('The link, for the camera of a phone')} class="size-36" />
                <p class="min-w-0 flex-1 basis-40 text-meta text-muted">
                  {t('Good for {count} people, for {days} days. It is not shown again; among the invitations of your account you can end it and make others.', { count: USES, days: DAYS })}
                </p>
              </div>
            </>
          )}
        </Match>
        <Match when={true}>
          <div class="flex flex-col items-start gap-2">
            <Act action={link} variant="outline" label={t('Make a link')} busyLabel={t('Making it…')} onClick={() => void link.run()} />
            <p class="text-meta text-muted">
              {options.data?.signUp === 'open'
                ? t('Anyone who finds this server may make an account. A link is friendlier.')
                : t('Only who is invited may make an account here.')}
            </p>
          </div>
        </Match>
      </Switch>
      <Fault action={link} />
      <Show when={options.data?.mail && options.data.signUp !== 'closed'}><ByMail onSent={again} /></Show>
      <Ways onBack={() => props.onBack()}>
        <Button onClick={() => props.onEnd()}>{t('Done')}</Button>
      </Ways>
    </div>
  )
}

function ByMail(props: { onSent(): void }) {
  const [email, setEmail] = createSignal('')
  const [tried, setTried] = createSignal(false)
  const [sent, setSent] = createSignal<readonly string[]>([])

  const send = createAction((address: string) => createInvite({ email: address, expiresInDays: DAYS }), {
    done(_, address) {
      setSent((list) => [...list, address])
      setEmail('')
      setTried(false)
      props.onSent()
    },
  })

  return (
    <form
      class="flex flex-col gap-2"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        setTried(true)
        if (emailFault(email()) === '') void send.run(email().trim())
      }}
    >
      <div class="flex flex-wrap items-end gap-2">
        <div class="min-w-0 flex-1 basis-52">
          <Field label={t('Or by e-mail')} name="invite-email" type="email" autocomplete="off" value={email()} onChange={setEmail} fault={tried() ? emailFault(email()) : ''} />
        </div>
        <Act action={send} variant="outline" class="h-11" label={t('Send')} busyLabel={t('Sending…')} />
      </div>
      <Fault action={send} />
      <ul class="text-meta text-muted empty:hidden" role="status">
        <For each={sent()}>{(address) => <li>{t('Invited {address}', { address })}</li>}</For>
      </ul>
    </form>
  )
}
