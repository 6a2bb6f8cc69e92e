import { afterEach, describe, expect, it } from 'vitest'
import { speak } from '~/i18n/i18n'
import { isSignedOut, isStale } from './action'
import { deviceOf } from './agents'
import { placeWords, signedInWords } from './devices-page'
import { parseMe } from './me'
import { pathOf } from './qr-code'
import { inOrder, parseSession } from './sessions'
import { ago, ahead, date } from './times'
import { example, scopeWords } from './tokens'
import { secretOf } from './ways'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const now = new Date(2026, 2, 10, 15, 30).getTime()

const refused = (status: number, code: string) => ({ kind: 'refused', status, code, message: 'x' }) as const

function session(id: string, more: object) {
  const s = parseSession({ id, token: id, userAgent: '', createdAt: '2026-03-01T00:00:00.000Z', ...more })
  if (!s) throw new Error('not a session')
  return s
}

describe('times', () => {
  it.each([
    [0, 'just now'], [59_000, 'just now'], [-5_000, 'just now'], [MINUTE, '1 minute ago'], [59 * MINUTE, '59 minutes ago'],
    [HOUR, '1 hour ago'], [2.9 * HOUR, '2 hours ago'], [11 * HOUR, '11 hours ago'], [15 * HOUR, '15 hours ago'],
    [16 * HOUR, 'yesterday'], [39 * HOUR, 'yesterday'], [40 * HOUR, '2 days ago'], [13 * DAY, '13 days ago'],
  ])('%d ms ago', (past, words) => expect(ago(now - past, now)).toBe(words))

  it.each([
    [0, 'in a moment'], [5 * MINUTE, 'in 5 minutes'], [8 * HOUR, 'in 8 hours'], [9 * HOUR, 'tomorrow'], [30 * DAY, 'in 30 days'],
  ])('%d ms ahead', (left, words) => expect(ahead(now + left, now)).toBe(words))

  it('far ones are dates, with their year where that is another one', () => {
    expect(ago(now - 14 * DAY, now)).toMatch(/^on .*24/)
    expect(ahead(now + 365 * DAY, now)).toMatch(/^on .*2027/)
    expect(date(new Date(2026, 0, 2).getTime(), now)).not.toContain('2026')
    expect(date(new Date(2025, 0, 2).getTime(), now)).toContain('2025')
  })

  it('days are those of the calendar, though one lacks an hour', () => {
    // Clocks go forward in the night to 29 March where they do.
    const noon = new Date(2026, 2, 29, 12).getTime()
    expect(ago(new Date(2026, 2, 28, 10).getTime(), noon)).toBe('yesterday')
    expect(ago(new Date(2026, 2, 26, 23).getTime(), noon)).toBe('3 days ago')
  })
})

describe('in another language', () => {
  afterEach(() => speak({ locale: undefined, catalogue: {} }))

  it('each number of minutes has its form', () => {
    const minutes = { one: 'قبل دقيقة', two: 'قبل دقيقتين', few: 'قبل {count} دقائق', many: 'قبل {count} دقيقة', other: 'قبل {count} دقيقة' }
    speak({ locale: 'ar-u-nu-latn', catalogue: { '{count} minutes ago': minutes } }, 'ar')
    expect([1, 2, 5, 20].map((n) => ago(now - n * MINUTE, now))).toEqual(['قبل دقيقة', 'قبل دقيقتين', 'قبل 5 دقائق', 'قبل 20 دقيقة'])
  })

  it('a device is a whole sentence, and names of products stay', () => {
    speak({ locale: 'de', catalogue: { 'An app': 'Eine App', '{browser} on {system}': '{browser} unter {system}', '{browser} on an Android tablet': '{browser} auf einem Android-Tablet' } }, 'de')
    expect(deviceOf('Mozilla/5.0 (Windows NT 10.0) Electron/30.0').name).toBe('Eine App unter Windows')
    expect(deviceOf('Mozilla/5.0 (Linux; Android 10; K) Chrome/140.0').name).toBe('Chrome auf einem Android-Tablet')
  })

  it('where a session is, is said in that language, and names of cities stay', () => {
    speak({ locale: 'de', catalogue: { 'This computer': 'Dieser Computer', 'Local network': 'Lokales Netz' } }, 'de')
    expect(['This computer', 'Local network', 'Galway, Ireland', ''].map(placeWords)).toEqual(['Dieser Computer', 'Lokales Netz', 'Galway, Ireland', ''])
  })

  it('what a token may do is listed as that language lists', () => {
    speak({ locale: 'de', catalogue: { reads: 'liest', posts: 'schreibt' } }, 'de')
    expect(scopeWords(['messages:read', 'messages:write'])).toBe('liest und schreibt')
  })
})

describe('failures', () => {
  it('a session that is over is told from a wrong code', () => {
    expect(isSignedOut({ kind: 'broken', status: 401 })).toBe(true)
    expect(isSignedOut(refused(401, 'UNAUTHORIZED'))).toBe(true)
    expect(isSignedOut(refused(401, 'INVALID_CODE'))).toBe(false)
    expect(isSignedOut(refused(403, ''))).toBe(false)
    expect(isSignedOut({ kind: 'unreachable' })).toBe(false)
    expect(isSignedOut(null)).toBe(false)
  })

  it('a session that is too old is known by the codes of all versions', () => {
    for (const code of ['SESSION_NOT_FRESH', 'SESSION_IS_NOT_FRESH', 'SESSION_EXPIRED', 'SESSION_EXPIRED_REAUTHENTICATE_TO_PERFORM_THIS_ACTION']) {
      expect(isStale(refused(403, code))).toBe(true)
    }
    expect(isStale(refused(403, 'FORBIDDEN'))).toBe(false)
    expect(isStale(null)).toBe(false)
  })
})

describe('the account', () => {
  const user = { id: 'u', name: 'Ada', email: 'ada@example.org', emailVerified: true, image: null, role: 'owner', isAnonymous: false, twoFactorEnabled: true }

  it('is read with what it may lack', () => {
    expect(parseMe({ user, hasPassword: true, fresh: false })).toMatchObject({
      id: 'u', guest: false, emailVerified: true, emailMissing: false, role: 'owner', twoFactor: true, hasPassword: true, fresh: false,
    })
    expect(parseMe({ user: { ...user, role: 'emperor', email: '12@twitter.placeholder.invalid' } })).toMatchObject({ role: 'member', emailMissing: true, hasPassword: false })
    expect(parseMe({ hasPassword: true })).toBeNull()
    expect(parseMe(null)).toBeNull()
  })

  it('its sessions: this one first, then those in use, then the latest', () => {
    const list = [
      session('old', { seenAt: '2026-03-02T00:00:00.000Z' }),
      session('new', { seenAt: '2026-03-05T00:00:00.000Z' }),
      session('used', { seenAt: '2026-03-03T00:00:00.000Z', active: true }),
      session('here', { current: true }),
    ]
    expect(inOrder(list).map((s) => s.id)).toEqual(['here', 'used', 'new', 'old'])
    expect(session('x', {}).seenAt).toBe(session('x', {}).createdAt)
    expect(parseSession({ id: 'x', token: 'x' })).toBeNull()
  })

  it('says how a session began', () => {
    expect(signedInWords('3 March', 'google', 'Google')).toBe('Signed in 3 March with Google')
    expect(signedInWords('3 March', 'email', undefined)).toBe('Signed in 3 March with your password')
    expect(signedInWords('3 March', 'gone-provider', undefined)).toBe('Signed in 3 March')
  })
})

describe('secrets to take along', () => {
  it('a key to type comes in groups', () => {
    expect(secretOf('otpauth://totp/Snug:ada%40example.org?secret=ABCDEFGHIJ&issuer=Snug')).toBe('ABCD EFGH IJ')
    expect(secretOf('otpauth://totp/Snug?issuer=Snug')).toBe('')
  })

  it('a token comes with a command that it may run', () => {
    expect(example('snug_x', ['messages:read', 'messages:write'], 'https://chat.example')).toContain('https://chat.example/api/rooms/global/messages?limit=')
    const post = example('snug_x', ['messages:write'], 'https://chat.example')
    expect(post).toContain('Bearer snug_x')
    expect(post).toContain('"content"')
    expect(scopeWords(['messages:read', 'messages:write'])).toBe('reads and posts')
    expect(scopeWords(['rooms:all'])).toBe('rooms:all')
  })

  it('a QR code is drawn square by square', () => {
    expect(pathOf([[true, true, false], [false, false, true]])).toBe('M0 0h2v1H0zM2 1h1v1H2z')
    expect(pathOf([[false]])).toBe('')
  })
})
