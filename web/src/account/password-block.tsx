import { useQueryClient } from '@tanstack/solid-query'
import { createSignal, Show } from 'solid-js'
import { renewing } from '~/app/renewal'
import { requestReset } from '~/auth/calls'
import { newPasswordFault, PASSWORD_MIN, passwordFault } from '~/auth/fields'
import { Field, focusFault } from '~/auth/form'
import { m, plural, t } from '~/i18n/i18n'
import { Button } from '~/ui/button'
import { Checkbox } from '~/ui/checkbox'
import { DialogFooter } from '~/ui/dialog'
import { showToast } from '~/ui/toast'
import { createAction } from './action'
import { changePassword, type Me } from './me'
import { Modal } from './modal'
import { Act, Block, Card, Fault, Item } from './parts'
import { sessionsQuery } from './sessions'

/** A password: to change one, or to get a first one by mail. */
export function PasswordBlock(props: { me: Me; mail: boolean }) {
  const [changing, setChanging] = createSignal(false)
  const [sent, setSent] = createSignal(false)
  const send = createAction(() => requestReset(props.me.email), { done: () => setSent(true) })
  return (
    <Block title={t('Password')}>
      <Card>
        <Show
          when={props.me.hasPassword}
          fallback={
            <>
              <Item
                title={t('No password')}
                text={
                  props.me.emailMissing
                    ? t('A password needs an e-mail address. Add one under Profile first.')
                    : sent()
                      ? props.mail
                        ? t('A mail is on its way to {email}. Open the link in it to choose a password.', { email: props.me.email })
                        : t('This server sends no mail: the link is in its log. Ask whoever runs it.')
                      : t('You sign in without one. If you want one, a link to choose it is sent to you.')
                }
              >
                <Show when={!props.me.emailMissing}>
                  <Act action={send} variant="outline" label={!props.mail ? t('Make the link') : sent() ? t('Send it again') : t('Send the link')} busyLabel={t('Sending…')} onClick={() => void send.run()} />
                </Show>
              </Item>
              <Show when={send.message()}>
                <Fault action={send} class="p-3" />
              </Show>
            </>
          }
        >
          <Item title={t('You have one')} text={t("It is known to you alone: the server can't read it.")}>
            <Button variant="outline" onClick={() => setChanging(true)}>{t('Change')}</Button>
          </Item>
        </Show>
      </Card>
      <Modal open={changing()} onClose={() => setChanging(false)} title={t('Change your password')}>
        <ChangeForm me={props.me} onClose={() => setChanging(false)} />
      </Modal>
    </Block>
  )
}

function ChangeForm(props: { me: Me; onClose(): void }) {
  const client = useQueryClient()
  const [current, setCurrent] = createSignal('')
  const [next, setNext] = createSignal('')
  const [others, setOthers] = createSignal(true)
  const [tried, setTried] = createSignal(false)
  let form!: HTMLFormElement

  const change = createAction(
    // With it the session may be another one.
    () => renewing(() => changePassword({ currentPassword: current(), newPassword: next(), revokeOtherSessions: others() })),
    {
      words: { invalid_password: m('Your present password is another one.') },
      done() {
        showToast({ title: t('Password changed'), text: others() ? t('Your other devices are signed out.') : '' })
        props.onClose()
        void client.invalidateQueries({ queryKey: sessionsQuery.queryKey })
      },
    },
  )

  function submit(event: SubmitEvent) {
    event.preventDefault()
    setTried(true)
    if (!focusFault(form)) void change.run()
  }

  return (
    <form ref={form} class="flex flex-col gap-4" onSubmit={submit} noValidate>
      {/* For password managers, which want to know whose it is. */}
      <input type="email" name="username" autocomplete="username" value={props.me.email} readOnly hidden />
      <Field
        label={t('Present password')} name="current-password" type="password" autocomplete="current-password" autofocus
        value={current()} onChange={(value) => {
          setCurrent(value)
          change.reset()
        }} fault={tried() ? passwordFault(current()) : ''}
      />
      <Field
        label={t('New password')} name="new-password" type="password" autocomplete="new-password"
        hint={plural(PASSWORD_MIN, 'At least 1 character. Longer is stronger: a few words do well.', 'At least {count} characters. Longer is stronger: a few words do well.')}
        value={next()} onChange={setNext} fault={tried() ? newPasswordFault(next()) : ''}
      />
      <Checkbox checked={others()} onChange={setOthers} hint={t('Whoever knew the old password is out.')}>
        {t('Sign out my other devices')}
      </Checkbox>
      <Fault action={change} />
      <DialogFooter>
        <Button variant="outline" onClick={() => props.onClose()}>{t('Cancel')}</Button>
        <Act action={change} label={t('Change password')} busyLabel={t('Changing…')} />
      </DialogFooter>
    </form>
  )
}
