import { createSignal, onMount, Show } from 'solid-js'
import { t } from '~/i18n/i18n'
import { Pending } from '~/pending'
import { finishAtProvider } from './calls'
import { useEnter } from './enter'
import { AuthPage, ToSignIn } from './form'
import { inWords } from './words'
import { serverName } from '~/server-name'

/**
 * Where a provider sends people back to on a server that leaves this address to
 * the page. It can be fetched once: whatever comes of it, it is left at once.
 */
export function CallbackPage() {
  const enter = useEnter()
  const [trouble, setTrouble] = createSignal('')
  onMount(async () => {
    document.title = `${t('Signing in')} · ${serverName()}`
    const result = await finishAtProvider(location.href)
    if (result.ok) await enter.anew(result.value)
    else setTrouble(inWords(result.failure))
  })
  return (
    <Show when={trouble()} fallback={<Pending />}>
      <AuthPage title={t("That didn't work")} lead={trouble()}>
        <div class="mt-6 grid">
          <ToSignIn button>{t('Back to signing in')}</ToSignIn>
        </div>
      </AuthPage>
    </Show>
  )
}
