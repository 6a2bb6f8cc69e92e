import { describe, expect, it } from 'vitest'
import { parsePage, parseServerFrame } from './frames'

const parse = (value: unknown) => parseServerFrame(JSON.stringify(value))

describe('parseServerFrame', () => {
  it('drops what is not a frame', () => {
    for (const text of ['', '{', 'null', '[]', '1', '"hello"', '{}', '{"type":7}']) {
      expect(parseServerFrame(text)).toBeNull()
    }
  })

  it('drops fields that it does not know', () => {
    expect(parse({ type: 'pong', extra: 1 })).toEqual({ type: 'pong' })
    expect(parse({ type: 'message', room: 'r', x: 1, message: { id: 'm', userId: 'u', userName: 'A', content: 'hi', timestamp: 5, type: 'text', seq: 1, y: 2 } }))
      .toEqual({ type: 'message', room: 'r', message: { id: 'm', userId: 'u', userName: 'A', content: 'hi', timestamp: 5, type: 'text', seq: 1 } })
  })

  it('drops a known frame with a wrong field', () => {
    for (const value of [
      { type: 'hello', protocol: 1, heartbeatMs: 25000 },
      { type: 'hello', protocol: 1, you: { userId: 'u', userName: 'A' }, heartbeatMs: 0 },
      { type: 'joined', room: 'r', stream: 's', head: '4', role: '', resumed: false, count: 1, users: [] },
      { type: 'joined', room: 'r', stream: 's', head: 4, role: '', resumed: false, count: 1, users: [{ userId: 3 }] },
      { type: 'message', room: 'r', message: { id: 'm' } },
      { type: 'ack', room: 'r', clientId: 'c', id: 'm', seq: -1, timestamp: 5 },
      { type: 'rateLimit', retryAfterMs: 1.5, limit: 10, windowMs: 10 },
    ]) {
      expect(parse(value)).toBeNull()
    }
  })

  it('keeps the place of a durable event of an unknown kind', () => {
    expect(parse({ type: 'poll', room: 'r', seq: 9, question: '?' })).toEqual({ type: 'skipped', room: 'r', seq: 9 })
    expect(parse({ type: 'wave', room: 'r' })).toBeNull()
  })
})

describe('parsePage', () => {
  const page = { stream: 's', head: 2, hasOlder: false, hasNewer: false, messages: [] }

  it('takes a page', () => expect(parsePage(page)).toEqual(page))

  it('refuses a page with one bad message, since it would look whole', () => {
    expect(parsePage({ ...page, messages: [{ id: 'm' }] })).toBeNull()
    expect(parsePage({ ...page, messages: undefined })).toBeNull()
    expect(parsePage('<!doctype html>')).toBeNull()
  })
})
