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

  const message = { id: 'm', userId: 'u', userName: 'A', content: 'hi', timestamp: 5, type: 'text', seq: 1 }

  it('reads what changed about a message', () => {
    const whole = {
      ...message, editedAt: 7, replyTo: 'q', thread: 'r', reactions: { '👍': ['u', 'v'], '1️⃣': ['u'] }, pinned: true,
      attachments: [{ id: 'f', name: 'a.png', mime: 'image/png', size: 9, width: 2, height: 3, url: '/api/files/f/a.png', thumbnail: '/t', blurhash: 'L', duration: 4 }],
      replies: { count: 2, lastSeq: 9, lastAt: 8, users: ['v'] },
      previews: [{ url: 'https://example.org', title: 'T', description: 'D', site: 'S', image: '/api/previews/p', width: 1, height: 2 }],
    }
    expect(parse({ type: 'update', room: 'r', seq: 12, message: whole })).toEqual({ type: 'update', room: 'r', seq: 12, message: whole })
    const gone = { id: 'm', userId: 'u', userName: '', content: '', timestamp: 5, type: 'text', seq: 1, deletedAt: 6 }
    expect(parse({ type: 'update', room: 'r', seq: 13, message: gone })).toEqual({ type: 'update', room: 'r', seq: 13, message: gone })
  })

  it('shows a message without what it cannot read about it', () => {
    expect(parse({
      type: 'message', room: 'r',
      message: {
        ...message, editedAt: 'x', reactions: { '👍': 'u', '👎': [7] }, pinned: 1, attachments: [{ name: 'no id' }, 3], replies: { count: -1 }, previews: {},
      },
    })).toEqual({ type: 'message', room: 'r', message })
  })

  it('keeps the place of an update that it cannot read', () => {
    expect(parse({ type: 'update', room: 'r', seq: 12, message: { id: 7 } })).toEqual({ type: 'skipped', room: 'r', seq: 12 })
    expect(parse({ type: 'update', room: 'r', message })).toBeNull()
  })

  it('reads how far somebody has read, and what is new elsewhere', () => {
    expect(parse({ type: 'read', room: 'r', userId: 'u', seq: 3 })).toEqual({ type: 'read', room: 'r', userId: 'u', seq: 3 })
    expect(parse({ type: 'activity', room: 'r', seq: 3, mention: true })).toEqual({ type: 'activity', room: 'r', seq: 3, mention: true })
    expect(parse({ type: 'activity', room: 'r', seq: 3 })).toEqual({ type: 'activity', room: 'r', seq: 3, mention: false })
    expect(parse({ type: 'read', room: 'r', seq: 3 })).toBeNull()
  })

  it('reads how people are, without what it has no words for', () => {
    const status = { emoji: '🎧', text: 'Focusing', until: 9 }
    expect(parse({ type: 'people', people: [{ userId: 'u', state: 'dnd', status }, { userId: 'v', state: 'asleep' }, { userId: 'w', state: 'offline', status: {} }] }))
      .toEqual({ type: 'people', people: [{ userId: 'u', state: 'dnd', status }, { userId: 'w', state: 'offline' }] })
    expect(parse({ type: 'people', people: [] })).toBeNull()
    expect(parse({ type: 'presence', room: 'r', count: 2, joined: [{ userId: 'u', userName: 'A', state: 'away', status }, { userId: 'v', userName: 'B', state: 'asleep', status: 7 }] }))
      .toEqual({ type: 'presence', room: 'r', count: 2, left: [], joined: [{ userId: 'u', userName: 'A', state: 'away', status }, { userId: 'v', userName: 'B' }] })
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
