import { createEffect, createMemo, createSignal, onCleanup, Show } from 'solid-js'
import { plural, t } from '~/i18n/i18n'
import type { ConnectionState } from '~/realtime/connection'
import { Button } from '~/ui/button'

/** A drop that mends itself this fast is nobody's business. */
const GRACE_MS = 900

/** The state of the connection in words, and only when it isn't good. */
export function ConnectionLine(props: { state: ConnectionState; waiting: number; onRetry(): void }) {
  const [shown, setShown] = createSignal(false)
  const [now, setNow] = createSignal(Date.now())
  const [online, setOnline] = createSignal(navigator.onLine)

  // It counts from when the connection was lost, not from the last attempt.
  const open = createMemo(() => props.state.status === 'open')
  createEffect(() => {
    if (open()) {
      setShown(false)
      return
    }
    const grace = setTimeout(() => setShown(true), GRACE_MS)
    const tick = setInterval(() => setNow(Date.now()), 500)
    onCleanup(() => {
      clearTimeout(grace)
      clearInterval(tick)
    })
  })

  const update = () => setOnline(navigator.onLine)
  addEventListener('online', update)
  addEventListener('offline', update)
  onCleanup(() => {
    removeEventListener('online', update)
    removeEventListener('offline', update)
  })

  const what = () => {
    if (!online()) return t('Offline.')
    const s = props.state
    if (s.status === 'connecting' && s.attempt === 0) return t('Connecting…')
    // The first attempts are quick; after them the server is likely down.
    return (s.status === 'waiting' || s.status === 'connecting') && s.attempt > 2 ? t("Can't reach the server.") : t('Reconnecting…')
  }
  const waiting = () => (props.waiting === 0 ? '' : plural(props.waiting, '1 message waiting.', '{count} messages waiting.'))
  const secondsLeft = () => (props.state.status === 'waiting' ? Math.ceil((props.state.retryAt - now()) / 1_000) : 0)

  return (
    <Show when={shown()}>
      <div class="flex min-h-9 shrink-0 animate-fade-in items-center gap-x-2 border-b border-line bg-warn-soft px-3 py-1 text-meta text-warn sm:px-5">
        <span role="status" class="min-w-0 max-sm:truncate">
          <span class="font-medium">{what()}</span> {waiting()}
        </span>
        <Show when={online() && secondsLeft() > 1}>
          <span class="tabular-nums max-sm:hidden" aria-hidden="true">
            {t('Trying again in {seconds} s.', { seconds: secondsLeft() })}
          </span>
        </Show>
        <Show when={online() && props.state.status === 'waiting'}>
          <Button variant="quiet" size="small" class="ms-auto shrink-0 text-warn" onClick={() => props.onRetry()}>
            {t('Try now')}
          </Button>
        </Show>
      </div>
    </Show>
  )
}
