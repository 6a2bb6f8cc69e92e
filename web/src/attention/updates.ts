import { onCleanup } from 'solid-js'
import { t } from '~/i18n/i18n'
import { language } from '~/i18n/language'
import type { Connection } from '~/realtime/connection'
import { showToast } from '~/ui/toast'
import type { PageNote, WorkerNote } from '~/worker/note'

// The service worker: it is registered here, and tells of newer versions of this page
// and of notifications that were pressed.

export interface UpdatesOptions {
  connection: Connection
  onOpen(path: string): void
}

/** All pages hear at once that the server is back; they don't ask for a newer version all at once. */
const ASK_WITHIN_MS = 30_000

export function createUpdates({ connection, onOpen }: UpdatesOptions) {
  if (!('serviceWorker' in navigator)) return
  const { serviceWorker } = navigator
  const entry = document.querySelector<HTMLScriptElement>('script[type=module][src]')?.getAttribute('src') ?? ''
  let said = false
  let timer: ReturnType<typeof setTimeout> | undefined

  function onMessage(event: MessageEvent) {
    const note = parseNote(event.data)
    if (note?.type === 'open') onOpen(note.path)
    // While it is developed the page has no script of its own name.
    if (note?.type !== 'version' || note.entry === entry || said || !entry.startsWith('/assets/')) return
    said = true
    showToast({
      title: t('There is a newer Snug'),
      text: t('What you wrote is kept.'),
      durationMs: 24 * 3600_000,
      action: { label: t('Reload'), act: () => location.reload() },
    })
  }
  serviceWorker.addEventListener('message', onMessage)
  serviceWorker.startMessages()

  // Vite's own server has none.
  if (import.meta.env.PROD) {
    const registering = serviceWorker.register('/sw.js', { scope: '/', updateViaCache: 'none' }).catch(() => undefined)
    // It tells of news in it, and has its catalogue with the page.
    const told: PageNote = { language: language() }
    void serviceWorker.ready.then((r) => r.active?.postMessage(told))
    // A server that was away may be a newer one.
    let opened = connection.state().status === 'open'
    onCleanup(
      connection.subscribe({
        onState(state) {
          if (state.status !== 'open') return
          if (opened) {
            clearTimeout(timer)
            timer = setTimeout(() => void registering.then((r) => r?.update().catch(() => {})), Math.random() * ASK_WITHIN_MS)
          }
          opened = true
        },
      }),
    )
  }

  onCleanup(() => {
    clearTimeout(timer)
    serviceWorker.removeEventListener('message', onMessage)
  })
}

function parseNote(value: unknown): WorkerNote | null {
  if (typeof value !== 'object' || value === null) return null
  const type: unknown = Reflect.get(value, 'type')
  const entry: unknown = Reflect.get(value, 'entry')
  const path: unknown = Reflect.get(value, 'path')
  if (type === 'version' && typeof entry === 'string') return { type, entry }
  if (type === 'open' && typeof path === 'string' && path.startsWith('/rooms/')) return { type, path }
  return null
}
