import { describe, expect, it } from 'vitest'
import { emailFault, nameFault, newPasswordFault } from '~/auth/fields'
import { safeRedirect } from '~/auth/session'
import type { Posted } from '~/realtime/reduce'
import { hueOf, initialsOf } from '~/ui/person'
import { pieces } from '~/message/links'
import { covers, messageKey, Rows } from './room/rows'
import { dayOf } from './room/times'

const links = (text: string) => pieces(text).filter((p) => p.href !== undefined).map((p) => p.text)

const at = (seq: number, userId: string, timestamp: number): Posted => ({
  id: `m${seq}`, seq, userId, userName: userId, content: 'x', timestamp, type: 'text', asOf: seq,
})

describe('links', () => {
  it.each([
    ['see https://a.example/x.', ['https://a.example/x']],
    ['(https://a.example/x_(y))', ['https://a.example/x_(y)']],
    ['http://a.example, https://b.example!', ['http://a.example', 'https://b.example']],
    ['https://a.example/?q=1&r=[2]', ['https://a.example/?q=1&r=[2]']],
    ['<https://a.example>', ['https://a.example']],
    ['javascript:alert(1) data:text/html,x ftp://a.example', []],
    ['https://', []],
    ['https://a b', ['https://a']],
  ])('%s', (text, expected) => expect(links(text)).toEqual(expected))

  it('lose nothing of the text', () => {
    for (const text of ['', 'plain', 'a https://x.example b\nhttps://y.example', 'https://[bad', 'x'.repeat(10_000)]) {
      expect(pieces(text).map((p) => p.text).join('')).toBe(text)
    }
  })
})

describe('rows', () => {
  const me = { id: 'me', name: 'Me' }
  const noon = new Date(2026, 2, 4, 12).getTime()
  const minute = 60_000

  it('of one person within five minutes share a face', () => {
    const rows = new Rows([at(1, 'a', noon), at(2, 'a', noon + 4 * minute), at(3, 'b', noon + 4 * minute), at(4, 'b', noon + 10 * minute)], false, [], me)
    expect([0, 1, 2, 3].map((i) => rows.at(i)?.first)).toEqual([true, false, true, true])
  })

  it('begin a day with its line', () => {
    const rows = new Rows([at(1, 'a', noon), at(2, 'a', noon + minute), at(3, 'a', noon + 24 * 60 * minute)], false, [], me)
    expect([0, 1, 2].map((i) => rows.at(i)?.day !== undefined)).toEqual([true, false, true])
  })

  it('do not show the oldest message while what is before it is not known', () => {
    const messages = [at(1, 'a', noon), at(2, 'a', noon)]
    const rows = new Rows(messages, true, [], me)
    expect(rows.length).toBe(1)
    expect(rows.at(0)).toMatchObject({ key: 'm2', first: false })
    expect(rows.key(0)).toBe('m2')
    expect(new Rows(messages.slice(0, 1), true, [], me).length).toBe(1)
  })

  it('keep their key from the outbox on', () => {
    const post = { clientId: 'c', userId: 'me', room: 'r', content: 'x', createdAt: noon, status: 'sending' } as const
    const pending = new Rows([at(1, 'a', noon)], false, [post], me)
    expect(pending.key(1)).toBe(messageKey({ ...at(2, 'me', noon), clientId: 'c' }))
    expect(pending.at(1)).toMatchObject({ userName: 'Me', pending: post })
    expect(pending.at(2)).toBeUndefined()
  })
})

const shape = (rows: Rows) => Array.from({ length: rows.length }, (_, i) => `${rows.key(i)}:${rows.at(i)?.folded?.map((m) => m.seq).join('+') ?? rows.at(i)?.seq}`)

describe('deleted messages', () => {
  const me = { id: 'me', name: 'Me' }
  const noon = new Date(2026, 2, 4, 12).getTime()
  const day = 24 * 3600_000
  const said = (seq: number, when = noon) => at(seq, 'a', when)
  const deleted = (seq: number, when = noon, more: Partial<Posted> = {}): Posted => ({ ...at(seq, 'a', when), userName: '', content: '', deletedAt: when, ...more })

  it.each<[string, Posted[], string[]]>([
    ['one is a row', [said(1), deleted(2), said(3)], ['m1:1', 'm2:2', 'm3:3']],
    ['those that follow each other are one', [said(1), deleted(2), deleted(3), deleted(5), said(6)], ['m1:1', 'm5:2+3+5', 'm6:6']],
    ['others come between', [deleted(1), said(2), deleted(3), deleted(4)], ['m1:1', 'm2:2', 'm4:3+4']],
    ['all are one', [deleted(1), deleted(2)], ['m2:1+2']],
    ['each day has its own', [deleted(1), deleted(2), deleted(3, noon + day), deleted(4, noon + day)], ['m2:1+2', 'm4:3+4']],
    ['one with a thread stays', [deleted(1), deleted(2, noon, { replies: { count: 1, lastSeq: 9, lastAt: noon, users: ['b'] } }), deleted(3), deleted(4)], ['m1:1', 'm2:2', 'm4:3+4']],
  ])('%s', (_, messages, expected) => {
    const rows = new Rows(messages, false, [], me, true)
    expect(shape(rows)).toEqual(expected)
    // Each message has its row, wherever that is, and each row its messages.
    for (const { seq } of messages) {
      const row = rows.at(rows.indexOfSeq(seq))
      expect(row && covers(row, seq)).toBe(true)
    }
    expect(rows.at(rows.length)).toBeUndefined()
    expect(new Rows(messages, false, [], me).length).toBe(messages.length)
  })

  it('stay one row, of the same key and height, as older ones come in', () => {
    const all = [said(1), deleted(2), deleted(3), deleted(4), deleted(5), said(6)]
    const before = new Rows(all.slice(2), true, [], me, true)
    const after = new Rows(all, false, [], me, true)
    expect(shape(before)).toEqual(['m5:4+5', 'm6:6'])
    expect(shape(after)).toEqual(['m1:1', 'm5:2+3+4+5', 'm6:6'])
    expect(before.estimate(0)).toBe(after.estimate(1))
    expect(before.at(0)?.day).toBeUndefined()
    expect(before.at(1)).toEqual(after.at(2))
  })

  it('leave what waits to be sent behind them', () => {
    const post = { clientId: 'c', userId: 'me', room: 'r', content: 'x', createdAt: noon, status: 'sending' } as const
    const rows = new Rows([deleted(1), deleted(2)], false, [post], me, true)
    expect(rows.length).toBe(2)
    expect(rows.key(1)).toBe('me/c')
    expect(rows.at(1)).toMatchObject({ pending: post, first: true })
  })

  it('show nobody: who comes after them has name and face', () => {
    const rows = new Rows([said(1), deleted(2), deleted(3), said(4), said(5)], false, [], me, true)
    expect([0, 1, 2, 3].map((i) => rows.at(i)?.first)).toEqual([true, false, true, false])
  })

  it('that are not there have no place', () => {
    const none = new Rows([], false, [], me, true)
    expect([none.length, none.indexOfSeq(5), none.key(0), none.at(0)]).toEqual([0, -1, '', undefined])
    const rows = new Rows([deleted(3), deleted(4), said(8)], false, [], me, true)
    expect([1, 3, 4, 5, 8, 9].map((seq) => rows.indexOfSeq(seq))).toEqual([0, 0, 0, 1, 1, 1])
  })
})

describe('days', () => {
  const now = new Date(2026, 2, 1, 0, 30).getTime()
  it('have names near now', () => {
    expect(dayOf(now, now)).toBe('Today')
    expect(dayOf(now - 60 * 60_000, now)).toBe('Yesterday')
    expect(dayOf(new Date(2025, 5, 1).getTime(), now)).toContain('2025')
    expect(dayOf(new Date(2026, 0, 15).getTime(), now)).not.toContain('2026')
  })
})

describe('people', () => {
  it.each([
    ['Ada Lovelace', 'AL'], ['linus', 'L'], ['  Jean  Luc  Picard ', 'JP'], ['王小雨', '王'], ['👩‍🚀 Astro', '👩‍🚀A'], ['', '?'], ['   ', '?'],
  ])('%s is %s', (name, initials) => expect(initialsOf(name, 2)).toBe(initials))

  it('have one of twelve hues', () => {
    const hues = new Set(Array.from({ length: 500 }, (_, i) => hueOf(`user-${i}`)))
    expect(hues.size).toBe(12)
    expect(hueOf('u1')).toBe(hueOf('u1'))
  })
})

describe('the way back after signing in', () => {
  it.each([
    ['/rooms/global?x=1#y', '/rooms/global?x=1#y'],
    [undefined, '/'], ['', '/'], ['https://evil.example', '/'], ['//evil.example', '/'], ['/\\evil.example', '/'],
    ['javascript:alert(1)', '/'], ['/\t/evil.example', '/'], ['rooms', '/'],
  ])('%s', (target, expected) => expect(safeRedirect(target)).toBe(expected))
})

describe('fields', () => {
  it('say what is wrong before the server does', () => {
    expect(emailFault('ada@example.org')).toBe('')
    expect(emailFault(' ada@example.org ')).toBe('')
    for (const bad of ['', 'ada', 'ada@', '@example.org', 'a b@example.org', 'ada@example', 'ada@example.']) expect(emailFault(bad)).not.toBe('')
    expect(newPasswordFault('12345678')).toBe('')
    expect(newPasswordFault('1234567')).toContain('8')
    expect(newPasswordFault('x'.repeat(129))).toContain('128')
    expect(nameFault('Ada')).toBe('')
    expect(nameFault('  ')).not.toBe('')
    expect(nameFault('👩‍🚀'.repeat(64))).toBe('')
    expect(nameFault('x'.repeat(65))).not.toBe('')
  })
})
