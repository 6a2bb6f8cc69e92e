import { afterEach, describe, expect, it, vi } from 'vitest'
import { signIn } from './auth/calls'
import { getSession, signOut } from './auth/session'
import { call, explain } from './http'
import { CHOICE } from './i18n/language'

afterEach(() => {
  vi.unstubAllGlobals()
  localStorage.clear()
})

const answers = (reply: Response | Error) => {
  vi.stubGlobal('fetch', async () => {
    if (reply instanceof Error) throw reply
    return reply
  })
}
const user = { id: 'u', name: 'Ada', email: 'ada@example.org', emailVerified: false, image: null }

describe('a reply', () => {
  const cases: [string, Response | Error, object][] = [
    ['no network', new TypeError('Failed to fetch'), { kind: 'unreachable' }],
    ['a proxy without a server', new Response('Bad Gateway', { status: 502 }), { kind: 'unreachable' }],
    ['a page in place of JSON is never a success', new Response('<!doctype html>', { status: 200 }), { kind: 'broken', status: 200 }],
    ['nothing', new Response('', { status: 500 }), { kind: 'broken', status: 500 }],
    ['JSON of another shape', Response.json({ hello: 1 }), { kind: 'broken', status: 200 }],
    ['too many tries', new Response('{}', { status: 429, headers: { 'X-Retry-After': '7' } }), { kind: 'limited', retryAfterSeconds: 7 }],
    ['too many tries, the standard way', new Response('', { status: 429, headers: { 'Retry-After': '3' } }), { kind: 'limited', retryAfterSeconds: 3 }],
    ['too many tries, for who knows how long', new Response('', { status: 429 }), { kind: 'limited', retryAfterSeconds: 10 }],
    ['a refusal', Response.json({ code: 'X', message: 'No.' }, { status: 403 }), { kind: 'refused', status: 403, code: 'X', message: 'No.' }],
    ['a refusal of the old kind', Response.json({ error: 'Unauthorized' }, { status: 401 }), { kind: 'refused', status: 401, code: '', message: 'Unauthorized' }],
  ]
  it.each(cases)('%s', async (_, reply, failure) => {
    answers(reply)
    const result = await call('/x', {}, () => null)
    expect(result).toEqual({ ok: false, failure })
    if (!result.ok) expect(explain(result.failure)).toMatch(/\w/)
  })
})

it('says in which language it is to be answered', async () => {
  const headers: unknown[] = []
  vi.stubGlobal('fetch', async (_path: string, init: RequestInit) => {
    headers.push(new Headers(init.headers).get('Accept-Language'))
    return Response.json({})
  })
  vi.stubGlobal('navigator', { languages: ['fr', 'es-MX', 'en'] })
  await call('/x', {}, () => true)
  localStorage.setItem(CHOICE, 'zh')
  await call('/x', {}, () => true)
  expect(headers).toEqual(['es', 'zh'])
})

describe('accounts', () => {
  it('nobody is signed in: null, which is no failure', async () => {
    answers(Response.json(null))
    expect(await getSession()).toEqual({ ok: true, value: { account: null } })
  })

  it('somebody is', async () => {
    answers(Response.json({ session: {}, user }))
    expect(await getSession()).toEqual({ ok: true, value: { account: { id: 'u', name: 'Ada', email: 'ada@example.org', image: null, guest: false } } })
  })

  it('a session without a person is broken, not signed out', async () => {
    answers(Response.json({ session: {} }))
    expect(await getSession()).toMatchObject({ ok: false, failure: { kind: 'broken' } })
  })

  it('a sign-in that is refused says so', async () => {
    answers(Response.json({ code: 'INVALID_EMAIL_OR_PASSWORD', message: 'Invalid email or password' }, { status: 401 }))
    expect(await signIn({ email: 'a@b.c', password: 'x' })).toMatchObject({ ok: false, failure: { code: 'INVALID_EMAIL_OR_PASSWORD' } })
  })

  it('a sign-out that fails is not taken for one', async () => {
    answers(Response.json({ code: 'INVALID_ORIGIN', message: 'Invalid origin' }, { status: 403 }))
    expect((await signOut()).ok).toBe(false)
  })
})
