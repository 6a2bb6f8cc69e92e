import { post } from '~/api'
import type { Invitation } from '~/api.gen'
import { call, member, type Result } from '~/http'
import { parseAccount, type Account } from './session'

// The ways in, as the server's /api/auth and /api/account speak of them.

/** How far a try to sign in came. */
export type Entered =
  | { step: 'in'; account: Account }
  /** A second factor is wanted first. */
  | { step: 'secondFactor' }
  /** The address is to be confirmed first, by the link in a mail. */
  | { step: 'confirm' }

export interface Credentials {
  email: string
  password: string
}

export function signIn(credentials: Credentials & { callbackURL?: string }): Promise<Result<Entered>> {
  return post('/api/auth/sign-in/email', credentials, parseEntered)
}

export function signUp(who: Credentials & { name: string; callbackURL?: string }): Promise<Result<Entered>> {
  return post('/api/auth/sign-up/email', who, parseEntered)
}

export function signInAsGuest(): Promise<Result<Entered>> {
  return post('/api/auth/sign-in/anonymous', {}, parseEntered)
}

export interface SocialSignIn {
  provider: string
  callbackURL: string
  errorCallbackURL: string
}

/** Begins a sign-in at a provider: the value is the address to go to. */
export function signInAt(request: SocialSignIn): Promise<Result<string>> {
  return post('/api/auth/sign-in/social', request, (value) => {
    const url = member(value, 'url')
    return typeof url === 'string' && isWebAddress(url) ? url : null
  })
}

export interface LinkRequest {
  email: string
  /** For somebody new. */
  name?: string
  callbackURL: string
  errorCallbackURL: string
}

/** Asks for a mail with a link that signs in. */
export function requestLink(request: LinkRequest): Promise<Result<true>> {
  return post('/api/auth/sign-in/magic-link', request, parseStatus)
}

/** Uses up the link of such a mail. */
export function redeemLink(token: string): Promise<Result<Entered>> {
  return call(`/api/auth/magic-link/verify?${new URLSearchParams({ token }).toString()}`, {}, parseEntered)
}

/** Asks for a mail with a link to choose a new password; the answer is the same if nobody has the address. */
export function requestReset(email: string): Promise<Result<true>> {
  return post('/api/auth/request-password-reset', { email, redirectTo: '/reset-password' }, parseStatus)
}

export function resetPassword(token: string, newPassword: string): Promise<Result<true>> {
  return post('/api/auth/reset-password', { token, newPassword }, parseStatus)
}

/** Asks for another mail by which an address is confirmed. */
export function requestVerification(email: string, callbackURL: string): Promise<Result<true>> {
  return post('/api/auth/send-verification-email', { email, callbackURL }, parseStatus)
}

/** The second factor: a code of the app, or one of the backup codes. */
export function verifyCode(kind: 'totp' | 'backup-code', code: string, trustDevice: boolean): Promise<Result<Entered>> {
  return post(`/api/auth/two-factor/verify-${kind}`, { code, trustDevice }, parseEntered)
}

/** Takes an invitation into this browser, and says whose it is. */
export function openInvitation(token: string): Promise<Result<Invitation>> {
  return post('/api/account/invites/open', { token }, parseInvitation)
}

export function parseInvitation(value: unknown): Invitation | null {
  if (typeof value !== 'object' || value === null) return null
  const email = member(value, 'email')
  const invitedBy = member(value, 'invitedBy')
  const roomName = member(value, 'roomName')
  return {
    email: typeof email === 'string' ? email : null,
    invitedBy: typeof invitedBy === 'string' ? invitedBy : null,
    roomName: typeof roomName === 'string' ? roomName : '',
    accounts: member(value, 'accounts') === true,
  }
}

function parseEntered(value: unknown): Entered | null {
  if (member(value, 'twoFactorRedirect') === true) return { step: 'secondFactor' }
  const account = parseAccount(member(value, 'user'))
  if (!account) return null
  return typeof member(value, 'token') === 'string' ? { step: 'in', account } : { step: 'confirm' }
}

function parseStatus(value: unknown): true | null {
  return member(value, 'status') === true ? true : null
}

/**
 * Finishes a sign-in at a provider, where the provider sends people to this page
 * and not to the server: fetches the page's own address, which is used up by that,
 * and says where the server would have the browser go.
 */
export async function finishAtProvider(href: string): Promise<Result<string>> {
  let response: Response
  try {
    response = await fetch(href, { credentials: 'same-origin', headers: { Accept: 'application/json' } })
  } catch {
    return { ok: false, failure: { kind: 'unreachable' } }
  }
  const { status } = response
  const led = new URL(response.url)
  const ours = !led.pathname.startsWith('/api/')
  if (response.redirected && ours && led.origin === new URL(href).origin) return { ok: true, value: led.pathname + led.search + led.hash }
  if (response.redirected) return { ok: false, failure: { kind: 'refused', status, code: led.searchParams.get('error') ?? '', message: '' } }
  const body: unknown = await response.json().catch(() => null)
  const code = member(body, 'code')
  if (typeof code === 'string') return { ok: false, failure: { kind: 'refused', status, code, message: '' } }
  return response.ok ? { ok: true, value: '/' } : { ok: false, failure: { kind: 'broken', status } }
}

/** Whether a browser may be sent there: nothing that runs in this page. */
export function isWebAddress(text: string): boolean {
  try {
    const { protocol } = new URL(text)
    return protocol === 'https:' || protocol === 'http:'
  } catch {
    return false
  }
}

// What the server takes for a path; all else has to be a whole address.
const plainPath = /^\/(?!\/)[\w\-.+/@]*(?:\?[\w\-.+/=&%@]*)?(?:#[\w\-.+/=&%@]*)?$/

/** A place of this app in a form that the server lets a browser be sent back to. */
export function callbackTo(path: string, origin = location.origin): string {
  return plainPath.test(path) ? path : origin + path
}

/** A path with the place to go to afterwards, if that isn't the usual one. */
export function withRedirect(path: string, redirect: string): string {
  return redirect === '/' ? path : `${path}?${new URLSearchParams({ redirect }).toString()}`
}
