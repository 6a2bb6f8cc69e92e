import { afterEach, describe, expect, it, vi } from 'vitest'
import { callbackTo, finishAtProvider, isWebAddress, redeemLink, signIn, signInAt, withRedirect } from './calls'
import type { SignInOptions } from '~/api.gen'
import { addressMayJoin, mayJoin, parseOptions } from './options'
import { localPath } from './session'
import { lastUsedWay, orderWays, wholeRows } from './ways'

afterEach(() => {
  vi.unstubAllGlobals()
})

const google = { id: 'google', name: 'Google' }
const github = { id: 'github', name: 'GitHub' }
const all: SignInOptions = {
  signUp: 'open', domains: [], firstAccount: false, passwords: true, magicLinks: true, passkeys: true, guests: true, requireVerified: false, mail: true,
  providers: [google, github], invite: null,
}
const names = (options: SignInOptions, last: string | null, canPasskey = true) =>
  orderWays(options, last, canPasskey).buttons.map((b) => (b.kind === 'provider' ? b.provider.id : b.kind) + (b.last ? '*' : ''))

describe('the ways in', () => {
  it('stand as the server lists them, passkeys after them', () => {
    expect(names(all, null)).toEqual(['google', 'github', 'passkey'])
    expect(orderWays(all, null, true)).toMatchObject({ formFirst: false, formLast: null })
  })

  it.each([
    ['google', ['google*', 'github', 'passkey']],
    ['github', ['github*', 'google', 'passkey']],
    ['passkey', ['passkey*', 'google', 'github']],
    ['gitlab', ['google', 'github', 'passkey']],
  ])('begin with the one used last: %s', (last, expected) => {
    expect(names(all, last)).toEqual(expected)
    expect(orderWays(all, last, true).formFirst).toBe(false)
  })

  it('begin with the form, if that was used last', () => {
    expect(orderWays(all, 'email', true)).toMatchObject({ formFirst: true, formLast: 'password' })
    expect(orderWays(all, 'magic-link', true)).toMatchObject({ formFirst: true, formLast: 'link' })
    // What is no longer offered isn't marked.
    expect(orderWays({ ...all, passwords: false }, 'email', true)).toMatchObject({ formFirst: false, formLast: null })
  })

  it('leave out what this browser or this server can not', () => {
    expect(names(all, 'passkey', false)).toEqual(['google', 'github'])
    expect(names({ ...all, passkeys: false }, null)).toEqual(['google', 'github'])
    expect(orderWays({ ...all, providers: [] }, null, true)).toMatchObject({ formFirst: true })
  })

  it.each([
    [['GitHub'], '1'], [['GitHub', 'X'], '11'], [['Google', 'GitHub', 'X'], '221'], [['Google', 'GitHub', 'X', 'Keycloak'], '2222'],
    [['GitHub*', 'Google', 'X'], '122'], [['GitHub*', 'Google', 'X', 'Keycloak'], '1221'],
    [['Google', 'Example Company', 'X', 'GitHub'], '1122'], [['Google', 'GitHub', 'Example Company'], '221'],
  ])('%o stand %s to a row', (marked, rows) => {
    const ways = marked.map((text) => ({ kind: 'provider', provider: { id: text, name: text.replace('*', '') }, last: text.endsWith('*') }) as const)
    expect(wholeRows(ways).map((whole) => (whole ? 1 : 2)).join('')).toBe(rows)
  })

  it('are remembered by a cookie', () => {
    expect(lastUsedWay('')).toBe(null)
    expect(lastUsedWay('a=b; better-auth.last_used_login_method=magic-link; c=d')).toBe('magic-link')
    expect(lastUsedWay('better-auth.last_used_login_method=oidc%2Fwork')).toBe('oidc/work')
    expect(lastUsedWay('better-auth.last_used_login_method=%E0%A4%A')).toBe(null)
    expect(lastUsedWay('xbetter-auth.last_used_login_method=email')).toBe(null)
  })
})

describe('who may join', () => {
  it.each([
    [{ signUp: 'open' }, true], [{ signUp: 'domain' }, true], [{ signUp: 'invite' }, false], [{ signUp: 'closed' }, false],
    [{ signUp: 'closed', firstAccount: true }, true], [{ signUp: 'invite', invite: { email: null, invitedBy: null, roomName: '', accounts: true } }, true],
  ] satisfies [Partial<SignInOptions>, boolean][])('%o: %s', (how, expected) => expect(mayJoin({ ...all, ...how })).toBe(expected))

  it('a domain is the whole of it', () => {
    const some = { ...all, signUp: 'domain', domains: ['Example.org', 'pub.example'] } as const
    for (const email of ['ada@example.org', ' ADA@EXAMPLE.ORG ', 'b@pub.example']) expect(addressMayJoin(some, email)).toBe(true)
    for (const email of ['ada@evil-example.org', 'ada@sub.example.org', 'example.org@evil.example']) expect(addressMayJoin(some, email)).toBe(false)
    expect(addressMayJoin({ ...some, invite: { email: null, invitedBy: null, roomName: '', accounts: true } }, 'x@else.example')).toBe(true)
  })
})

describe('what the server offers', () => {
  it('is taken as it comes', () => {
    expect(parseOptions(JSON.parse(JSON.stringify(all)))).toEqual(all)
  })
  it.each([[null], [{}], [{ ...all, signUp: 'maybe' }], [{ ...all, providers: 'google' }], ['<!doctype html>']])('%o is not it', (value) => {
    expect(parseOptions(value)).toBe(null)
  })
  it('may have more in it, and less', () => {
    expect(parseOptions({ signUp: 'closed', providers: [{ id: 'a' }, { id: 'b', name: 'B', icon: 'x' }], more: 1 })).toMatchObject({
      providers: [{ id: 'b', name: 'B' }], passwords: false, invite: null, domains: [],
    })
  })
})

describe('addresses to go to', () => {
  it.each(['https://accounts.example/o?x=1', 'http://127.0.0.1:9/x'])('%s is followed', (url) => expect(isWebAddress(url)).toBe(true))
  it.each(['javascript:alert(1)', ' javascript:alert(1)', 'data:text/html,x', 'blob:https://x', 'file:///etc/passwd', '/relative', '', 'https://'])('%s is not', (url) =>
    expect(isWebAddress(url)).toBe(false))

  it.each([
    ['/rooms/global', '/rooms/global'], ['/sign-in?redirect=%2Frooms%2Fx', '/sign-in?redirect=%2Frooms%2Fx'], ['/a#b', '/a#b'],
    // What the server's pattern of a path has no place for is sent whole.
    ['/rooms/%C3%BC', 'https://chat.example/rooms/%C3%BC'], ['/x?q=a:b', 'https://chat.example/x?q=a:b'],
  ])('%s is sent as %s', (path, sent) => expect(callbackTo(path, 'https://chat.example')).toBe(sent))

  it.each([
    ['https://chat.example/rooms/x?y#z', '/rooms/x?y#z'], ['/rooms/x', '/rooms/x'], ['https://evil.example/x', '/'], ['//evil.example', '/'],
    ['https://chat.example//evil.example', '/'], ['javascript:alert(1)', '/'], ['http://chat.example/x', '/'], [undefined, '/'], ['https://chat.example@evil.example/', '/'],
  ])('%s leads to %s', (address, path) => expect(localPath(address, 'https://chat.example')).toBe(path))

  it('keep where one was going', () => {
    expect(withRedirect('/two-factor', '/')).toBe('/two-factor')
    expect(withRedirect('/two-factor', '/rooms/x?a=b&c')).toBe('/two-factor?redirect=%2Frooms%2Fx%3Fa%3Db%26c')
  })
})

const answer = (reply: Response, url?: string) => {
  if (url) {
    Object.defineProperty(reply, 'redirected', { value: true })
    Object.defineProperty(reply, 'url', { value: url })
  }
  vi.stubGlobal('fetch', async () => reply)
}

describe('replies', () => {
  const user = { id: 'u', name: 'Ada', email: 'ada@example.org', image: null }
  const credentials = { email: 'a@b.c', password: 'x' }

  it('a sign-in may want more', async () => {
    answer(Response.json({ token: 't', user }))
    expect(await signIn(credentials)).toMatchObject({ ok: true, value: { step: 'in', account: { id: 'u', guest: false } } })
    answer(Response.json({ twoFactorRedirect: true }))
    expect(await signIn(credentials)).toEqual({ ok: true, value: { step: 'secondFactor' } })
    answer(Response.json({ token: null, user }))
    expect(await signIn(credentials)).toEqual({ ok: true, value: { step: 'confirm' } })
    answer(Response.json({ token: 't' }))
    expect(await signIn(credentials)).toMatchObject({ ok: false, failure: { kind: 'broken' } })
  })

  it('a provider whose address runs in this page is none', async () => {
    answer(Response.json({ url: 'javascript:alert(1)', redirect: true }))
    expect(await signInAt({ provider: 'x', callbackURL: '/', errorCallbackURL: '/' })).toMatchObject({ ok: false, failure: { kind: 'broken' } })
  })

  it('a redirect to a page of errors is a refusal', async () => {
    answer(new Response('<!doctype html>'), 'https://chat.example/api/auth/error?error=INVALID_TOKEN')
    expect(await redeemLink('t')).toMatchObject({ ok: false, failure: { kind: 'refused', code: 'INVALID_TOKEN' } })
  })

  it.each([
    ['https://chat.example/rooms/x', { ok: true, value: '/rooms/x' }],
    ['https://chat.example/sign-in?error=access_denied', { ok: true, value: '/sign-in?error=access_denied' }],
    ['https://chat.example/api/auth/error?error=state_mismatch', { ok: false, failure: { kind: 'refused', code: 'state_mismatch' } }],
  ])('the way back from a provider leads on: %s', async (led, expected) => {
    answer(new Response('', { status: 404 }), led)
    expect(await finishAtProvider('https://chat.example/api/auth/callback/x?code=1')).toMatchObject(expected)
  })

  it('the way back from a provider that leads nowhere is not taken for a sign-in', async () => {
    const here = 'https://chat.example/api/auth/callback/x'
    const at = (reply: Response) => Object.defineProperty(reply, 'url', { value: here })
    answer(at(Response.json({ code: 'X', message: 'No.' }, { status: 400 })))
    expect(await finishAtProvider(here)).toMatchObject({ ok: false, failure: { code: 'X' } })
    answer(at(new Response('', { status: 500 })))
    expect(await finishAtProvider(here)).toMatchObject({ ok: false, failure: { kind: 'broken' } })
    vi.stubGlobal('fetch', async () => { throw new TypeError('Failed to fetch') })
    expect(await finishAtProvider(here)).toMatchObject({ ok: false, failure: { kind: 'unreachable' } })
  })
})
