import { createSignal, Match, onCleanup, onMount, Show, Switch } from 'solid-js'
import { notificationOf } from '~/attention/notice'
import { pushState, turnPushOff, turnPushOn, type PushState } from '~/attention/push'
import { showByWorker } from '~/attention/registration'
import { makeSounds } from '~/attention/sounds'
import { useLive } from '~/app/live'
import { t } from '~/i18n/i18n'
import { Button } from '~/ui/button'
import { showToast } from '~/ui/toast'
import { createAction } from './action'
import { Act, Block, Card, Fault, Item } from './parts'

/** What this browser may show, and whether it is told while no page is open. */
export function ThisDevice(props: { desktop: boolean; sounds: boolean }) {
  const live = useLive()
  const [leave, setLeave] = createSignal(permission())
  const [push, setPush] = createSignal<PushState>()
  const sounds = makeSounds()
  onCleanup(() => sounds.dispose())

  // It is given and taken in the browser's own settings, too.
  const look = () => {
    setLeave(permission())
    void pushState().then(setPush)
  }
  onMount(() => {
    look()
    addEventListener('focus', look)
    onCleanup(() => removeEventListener('focus', look))
  })

  const on = createAction(turnPushOn, { done: look })
  const off = createAction(turnPushOff, { done: look })

  async function ask() {
    await Notification.requestPermission()
    look()
  }

  async function test() {
    if (props.sounds) sounds.play('mention')
    if (!props.desktop || leave() !== 'granted') {
      showToast({ title: t('This is how it sounds'), text: t('Nothing is shown: notifications are off on this device.') })
      return
    }
    const [title, more] = notificationOf(
      {
        id: 0, kind: 'mention', room: 'global', roomName: 'global', roomKind: 'public', seq: 0, messageId: 'test',
        userId: live.account().id, userName: 'Snug', text: t('This is how it looks when somebody means you.'), at: Date.now(), quiet: false,
      },
      true,
    )
    // There is no message to it: it stands until it is pressed.
    const options = { ...more, data: null }
    // Phones know no other way.
    if (!(await showByWorker(title, options))) new Notification(title, options).addEventListener('click', () => window.focus())
  }

  return (
    <Block title={t('On this device')}>
      <Card>
        <Item
          title={t('Notifications')}
          text={
            <Switch fallback={t("This browser can't show any.")}>
              <Match when={leave() === 'granted'}>{t('The browser allows them.')}</Match>
              <Match when={leave() === 'default'}>{t('The browser will ask you once whether Snug may show them.')}</Match>
              <Match when={leave() === 'denied'}>{t('The browser blocks them for this page. Its settings can change that: press the sign beside the address.')}</Match>
            </Switch>
          }
        >
          <Show when={leave() === 'default'}>
            <Button variant="outline" onClick={() => void ask()}>{t('Allow')}</Button>
          </Show>
          <Show when={leave() === 'granted' || leave() === 'default' || leave() === 'denied'}>
            <Button variant="outline" onClick={() => void test()}>{t('Test')}</Button>
          </Show>
        </Item>
        <div>
          <Item
            title={t('While Snug is closed')}
            text={
              <Switch fallback={t("The browser's push service wakes it for what is meant for you.")}>
                <Match when={push() === 'impossible'}>{t("This browser can't. On an iPhone, first add Snug to the home screen; elsewhere it needs https.")}</Match>
                <Match when={push() === 'on'}>{t("On. What you have read elsewhere isn't sent.")}</Match>
                <Match when={push() === 'blocked'}>{t('For this the browser has to allow notifications.')}</Match>
              </Switch>
            }
          >
            <Show when={push() === 'off'}>
              <Act action={on} variant="outline" label={t('Turn on')} busyLabel={t('Turning on…')} named={t('Turn on notifications while Snug is closed')} onClick={() => void on.run()} />
            </Show>
            <Show when={push() === 'on'}>
              <Act action={off} variant="outline" label={t('Turn off')} busyLabel={t('Turning off…')} named={t('Turn off notifications while Snug is closed')} onClick={() => void off.run()} />
            </Show>
          </Item>
          <Fault action={on} class="px-4 pb-4 sm:px-5" />
          <Fault action={off} class="px-4 pb-4 sm:px-5" />
        </div>
      </Card>
    </Block>
  )
}

function permission(): NotificationPermission | 'none' {
  return 'Notification' in globalThis ? Notification.permission : 'none'
}
