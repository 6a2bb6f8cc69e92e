// The service worker: it starts the page without a network, and is told while no page
// is open. Of the server's answers it keeps the page's own files and nothing else: what
// people say is never in its caches, but where the page itself keeps it.

import { noticeData, notificationOf, parseNotice, shows, tagOf } from '../attention/notice'
import { speak, type Catalogue } from '../i18n/i18n'
import { isRtl } from '../i18n/languages'
import { decide, HTML } from './decide'
import type { WorkerNote } from './note'
import { recall } from './recall'

declare const self: ServiceWorkerGlobalScope
/** What the build made: the files of a whole page, catalogues by language, the script that it begins with, and a name for these very bytes. */
declare const __FILES__: readonly string[]
declare const __CATALOGUES__: Readonly<Record<string, string>>
declare const __ENTRY__: string
declare const __VERSION__: string

const FILES = __FILES__
const CATALOGUES = __CATALOGUES__
const PREFIX = 'snug-'
const CACHE = PREFIX + __VERSION__
/** Under this name each cache has the language that pages speak. No address of the server is called so. */
const SPOKEN = '/spoken'
/** Pages of the version before may still be open, and want parts of it. */
const VERSIONS = 2
/** A network that is slower than this is none to wait for, if there is something to show. */
const PAGE_MS = 4_000

self.addEventListener('install', (event) => event.waitUntil(install()))
self.addEventListener('activate', (event) => event.waitUntil(activate()))

// All or nothing: half a page is worse than the last whole one.
async function install() {
  const cache = await caches.open(CACHE)
  await Promise.all(
    [HTML, ...FILES].map(async (path) => {
      const hashed = path.startsWith('/assets/')
      const known = hashed ? await caches.match(path, { ignoreVary: true }) : undefined
      const response = known ?? (await fetch(path, { cache: hashed ? 'default' : 'no-cache' }))
      if (!response.ok) throw new Error(`keep ${path}: status ${response.status}`)
      await cache.put(path, response)
    }),
  )
  await keepLanguage(await spoken())
  // Nothing is lost by it: pages get their page from the network first, and parts by
  // names that never mean other bytes.
  await self.skipWaiting()
}

async function activate() {
  const names = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE)
  // In the order in which they were made.
  await Promise.all(names.slice(0, -(VERSIONS - 1)).map((name) => caches.delete(name)))
  await self.clients.claim()
  for (const client of await self.clients.matchAll({ type: 'window' })) note(client, { type: 'version', entry: __ENTRY__ })
}

self.addEventListener('fetch', (event) => {
  const { request } = event
  switch (decide(new URL(request.url), request, self.location.origin, FILES)) {
    case 'page':
      return event.respondWith(page(event))
    case 'part':
      return event.respondWith(part(request))
    case 'file':
      return event.respondWith(file(request))
    case 'pass':
  }
})

// The network first: whoever is online never sees an old page.
async function page(event: FetchEvent): Promise<Response> {
  // Without preloading: that would ask for each page twice that this passes on, and some
  // addresses, as of those who come back from another site, are good for once only.
  const network = fetch(event.request)
  const kept = await (await caches.open(CACHE)).match(HTML, { ignoreVary: true })
  if (!kept) return await network
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<Response>((resolve) => (timer = setTimeout(() => resolve(kept), PAGE_MS)))
  try {
    const response = await Promise.race([network, late])
    // What stands in for a server that is away.
    return response.status >= 502 && response.status <= 504 ? kept : response
  } catch {
    return kept
  } finally {
    clearTimeout(timer)
  }
}

async function part(request: Request): Promise<Response> {
  const known = await recall(request.url, CACHE)
  if (known) return known
  const response = await fetch(request)
  // Fonts of other scripts, colours of a language, what another language says: kept once they were wanted.
  if (response.ok && response.type === 'basic') await (await caches.open(CACHE)).put(request.url, response.clone())
  return response
}

async function file(request: Request): Promise<Response> {
  try {
    return await fetch(request)
  } catch (cause) {
    const kept = await caches.match(request.url, { ignoreVary: true })
    if (kept) return kept
    throw cause
  }
}

self.addEventListener('push', (event) => event.waitUntil(tell(event.data)))

async function tell(data: PushMessageData | null) {
  await speakOwn()
  const notice = parseNotice(read(data))
  if (!notice) return
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
  // Whoever has the room, or the thread, before their eyes needs no telling; the page tells
  // the rest of what comes while it is looked at.
  if (windows.some((w) => w.focused && shows(w.url, notice))) return
  const [title, more] = notificationOf(notice, notice.quiet)
  const before = await self.registration.getNotifications({ tag: tagOf(notice) })
  // The page was faster: once is enough.
  if (before.some((n) => noticeData(n.data)?.messageId === notice.messageId)) return
  await self.registration.showNotification(title, more)
}

// Pages say what they speak.
self.addEventListener('message', (event) => {
  const language: unknown = typeof event.data === 'object' && event.data !== null ? Reflect.get(event.data, 'language') : undefined
  if (typeof language === 'string') event.waitUntil(keepLanguage(language))
})

/** As the newest cache has it; of an older one while this version has none yet. */
async function spoken(): Promise<string> {
  for (const name of (await caches.keys()).filter((n) => n.startsWith(PREFIX)).toReversed()) {
    const kept = await (await caches.open(name)).match(SPOKEN)
    if (kept) return await kept.text()
  }
  return 'en'
}

async function keepLanguage(language: string) {
  const cache = await caches.open(CACHE)
  await cache.put(SPOKEN, new Response(language))
  await catalogueOf(language)
}

/** The catalogue of a language, kept from now on. English needs none. */
async function catalogueOf(language: string): Promise<Catalogue> {
  const path = Object.hasOwn(CATALOGUES, language) ? CATALOGUES[language] : undefined
  if (path === undefined) return {}
  let found = await recall(path, CACHE)
  if (!found) {
    found = await fetch(path)
    if (!found.ok) throw new Error(`fetch ${path}: status ${found.status}`)
    await (await caches.open(CACHE)).put(path, found.clone())
  }
  return (await found.json()) as Catalogue
}

async function speakOwn() {
  try {
    const language = await spoken()
    speak({ locale: language, catalogue: await catalogueOf(language), rtl: isRtl(language) }, language)
  } catch {
    // What happened matters more than how it is said.
  }
}

function read(data: PushMessageData | null): unknown {
  try {
    const frame: unknown = data?.json()
    return typeof frame === 'object' && frame !== null ? Reflect.get(frame, 'notice') : null
  } catch {
    return null
  }
}

self.addEventListener('notificationclick', (event) => {
  event.notification.close()
  event.waitUntil(open(noticeData(event.notification.data)?.path ?? '/'))
})

// In the window that was used last, if one is open.
async function open(path: string) {
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true })
  const window = windows.find((w) => w.focused) ?? windows.find((w) => w.visibilityState === 'visible') ?? windows[0]
  if (!window) {
    await self.clients.openWindow(path)
    return
  }
  note(window, { type: 'open', path })
  // A browser may not let itself be brought to the front.
  await window.focus().catch(() => {})
}

// The browser gave this device another address: the server has to know it.
self.addEventListener('pushsubscriptionchange', (event) => event.waitUntil(renew(event)))

async function renew(event: PushSubscriptionChangeEvent) {
  const { oldSubscription: old } = event
  const options = old?.options ?? (await keyOfServer())
  const fresh = event.newSubscription ?? (await self.registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: options.applicationServerKey }))
  await ask('PUT', fresh.toJSON())
  if (old && old.endpoint !== fresh.endpoint) await ask('DELETE', { endpoint: old.endpoint })
}

async function keyOfServer(): Promise<{ applicationServerKey: string }> {
  const answered: unknown = await (await fetch('/api/push/key')).json()
  const key: unknown = typeof answered === 'object' && answered !== null ? Reflect.get(answered, 'publicKey') : undefined
  if (typeof key !== 'string') throw new Error('ask the key of the server: no key in the answer')
  return { applicationServerKey: key }
}

async function ask(method: 'PUT' | 'DELETE', { endpoint, keys }: PushSubscriptionJSON) {
  await fetch('/api/push/subscriptions', {
    method,
    credentials: 'same-origin',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(method === 'PUT' ? { endpoint, keys: { p256dh: keys?.['p256dh'], auth: keys?.['auth'] } } : { endpoint }),
  })
}

function note(client: Client, what: WorkerNote) {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a client is of this origin
  client.postMessage(what)
}
