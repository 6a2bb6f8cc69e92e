import { call, member, type Result } from '~/http'
import { t } from '~/i18n/i18n'
import { registered } from './registration'

// Being told while no page is open: the browser's push service holds what the server
// sends, and wakes the service worker with it.

/** Why this device can't be told, or whether it is. */
export type PushState = 'impossible' | 'blocked' | 'off' | 'on'

export async function pushState(): Promise<PushState> {
  if (!('PushManager' in globalThis) || !('Notification' in globalThis)) return 'impossible'
  const registration = await registered()
  if (!registration) return 'impossible'
  if (Notification.permission === 'denied') return 'blocked'
  return (await registration.pushManager.getSubscription()) && Notification.permission === 'granted' ? 'on' : 'off'
}

/** Asks for leave where it wasn't given, and has this device told from now on. */
export async function turnPushOn(): Promise<Result<true>> {
  const registration = await registered()
  if (!registration) return refused(t("This browser can't be told while no page is open."))
  if ((await Notification.requestPermission()) !== 'granted') return refused(t("The browser didn't allow notifications. Its settings for this page say so."))
  const key = await call('/api/push/key', {}, (value) => {
    const publicKey = member(value, 'publicKey')
    return typeof publicKey === 'string' ? publicKey : null
  })
  if (!key.ok) return key
  try {
    return await tell(await subscribe(registration, bytesOf(key.value)))
  } catch {
    return refused(t("The browser's push service can't be reached. Try again later."))
  }
}

// A subscription is bound to the server's key: after that has changed it is worth nothing.
async function subscribe(registration: ServiceWorkerRegistration, applicationServerKey: Uint8Array<ArrayBuffer>): Promise<PushSubscription> {
  const wanted = { userVisibleOnly: true, applicationServerKey }
  const old = await registration.pushManager.getSubscription()
  if (!old) return await registration.pushManager.subscribe(wanted)
  if (sameBytes(old.options.applicationServerKey, applicationServerKey)) return old
  await forget(old)
  return await registration.pushManager.subscribe(wanted)
}

export async function turnPushOff(): Promise<Result<true>> {
  const subscription = await (await registered())?.pushManager.getSubscription()
  if (!subscription) return { ok: true, value: true }
  return await forget(subscription)
}

// First the server, so that it sends nothing to where nobody listens.
async function forget(subscription: PushSubscription): Promise<Result<true>> {
  const result = await call('/api/push/subscriptions', { method: 'DELETE', body: { endpoint: subscription.endpoint } }, () => true as const)
  // One that it doesn't know is forgotten already.
  if (!result.ok && !(result.failure.kind === 'refused' && result.failure.status === 404)) return result
  await subscription.unsubscribe()
  return { ok: true, value: true }
}

/** Tells the server where this device is to be told. */
export async function tell(subscription: PushSubscription): Promise<Result<true>> {
  const { endpoint, keys } = subscription.toJSON()
  const body = { endpoint, keys: { p256dh: keys?.['p256dh'], auth: keys?.['auth'] } }
  return await call('/api/push/subscriptions', { method: 'PUT', body }, () => true as const)
}

function refused(message: string): { ok: false; failure: { kind: 'refused'; status: number; code: string; message: string } } {
  return { ok: false, failure: { kind: 'refused', status: 0, code: '', message } }
}

/** The bytes of base64url. */
export function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0))
}

function sameBytes(a: ArrayBuffer | null, b: Uint8Array): boolean {
  if (!a || a.byteLength !== b.length) return false
  const bytes = new Uint8Array(a)
  return b.every((byte, i) => byte === bytes[i])
}
