import { describe, expect, it } from 'vitest'
import {
  appendPage, attached, disconnected, emptyRoom, expireTyping, foreign, prependPage, reduce, replaceWindow, returnToTail, stale, trim,
  WINDOW_LIMIT, type RoomState,
} from './reduce'
import type { Message, Page, RoomFrame, ServerFrame } from './wire.gen'

const message = (seq: number): Message => ({
  id: `m${seq}`, userId: 'u', userName: 'Ada', content: `text ${seq}`, timestamp: seq, type: 'text', seq,
})
const range = (from: number, to: number) => Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i)
const page = (from: number, to: number, head: number, more: Partial<Page> = {}): Page => ({
  stream: 's', head, hasOlder: from > 1, hasNewer: to < head, messages: range(from, to).map(message), ...more,
})
const joined = (head: number, more: Partial<Extract<ServerFrame, { type: 'joined' }>> = {}): ServerFrame => ({
  type: 'joined', room: 'r', stream: 's', head, role: 'member', resumed: false, count: 1, users: [], ...more,
})
const posted = (seq: number): ServerFrame => ({ type: 'message', room: 'r', message: message(seq) })
const happened = (seq: number): RoomFrame => ({ type: 'room', room: 'r', seq, event: 'topic_changed', by: 'u', byName: 'Ada', topic: `topic ${seq}`, at: seq })
// A page holds messages alone.
const without = (p: Page, ...seqs: number[]): Page => ({ ...p, messages: p.messages.filter((m) => !seqs.includes(m.seq ?? 0)) })
const apply = (state: RoomState, ...frames: Parameters<typeof reduce>[1][]) => frames.reduce((s, f) => reduce(s, f, 0), state)
const seqs = (state: RoomState) => state.messages.map((m) => m.seq)
const update = (at: number, seq: number, more: Partial<Message>): ServerFrame => ({ type: 'update', room: 'r', seq: at, message: { ...message(seq), ...more } })
const contents = (s: RoomState) => s.messages.map((m) => m.content)
const openTo = (to: number) => apply(replaceWindow(emptyRoom, page(1, to, to)), joined(to, { resumed: true }))
const gone = (at: number): ServerFrame => ({ type: 'update', room: 'r', seq: at, message: { ...message(4), thread: 'm2', content: '', deletedAt: 9 } })
const reply = (seq: number, root: number, userId = 'u'): ServerFrame => ({ type: 'message', room: 'r', message: { ...message(seq), userId, thread: `m${root}` } })

describe('a page and the live run meet by seq', () => {
  it('when the page is read after the join', () => {
    const s = replaceWindow(apply(emptyRoom, joined(3), posted(4), posted(5)), page(1, 4, 4))
    expect(seqs(s)).toEqual([1, 2, 3, 4, 5])
    expect(attached(s)).toBe(true)
    expect(s.through).toBe(5)
  })

  it('when the page is read before the join: what lies between is fetched', () => {
    let s = replaceWindow(apply(emptyRoom, joined(5), posted(6)), page(1, 3, 3))
    expect(seqs(s)).toEqual([1, 2, 3])
    expect(attached(s)).toBe(false)
    s = appendPage(s, page(4, 7, 7))
    expect(seqs(s)).toEqual([1, 2, 3, 4, 5, 6, 7])
    expect(attached(s)).toBe(true)
    // The socket is behind the page: its frame is known already.
    s = apply(s, posted(7), posted(8))
    expect(seqs(s)).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
  })

  it('when the page comes before the socket', () => {
    const s = apply(replaceWindow(emptyRoom, page(1, 3, 3)), joined(5, { resumed: true }), posted(4), posted(5), posted(6))
    expect(seqs(s)).toEqual([1, 2, 3, 4, 5, 6])
    expect(attached(s)).toBe(true)
  })

  it('in a busy room, where each page is behind again when it comes', () => {
    let s = replaceWindow(apply(emptyRoom, joined(10)), page(1, 5, 5))
    s = apply(s, ...range(11, 20).map(posted))
    s = appendPage(s, page(6, 12, 12))
    expect(seqs(s)).toEqual(range(1, 20))
    expect(attached(s)).toBe(true)
  })

  it('and nothing is twice, whatever comes twice', () => {
    let s = replaceWindow(apply(emptyRoom, joined(3)), page(1, 3, 3))
    s = apply(s, posted(2), posted(3), posted(4), posted(4))
    expect(seqs(appendPage(s, page(3, 4, 4)))).toEqual([1, 2, 3, 4])
  })
})

describe('a gap in the live run', () => {
  it('detaches the window until a page closes it', () => {
    let s = apply(replaceWindow(emptyRoom, page(1, 3, 3)), joined(3), posted(6), posted(7))
    expect(seqs(s)).toEqual([1, 2, 3])
    expect(attached(s)).toBe(false)
    s = appendPage(s, page(4, 5, 5))
    expect(seqs(s)).toEqual([1, 2, 3, 4, 5, 6, 7])
  })

  it('may take several pages', () => {
    let s = apply(replaceWindow(emptyRoom, page(1, 3, 3)), joined(9))
    s = appendPage(s, page(4, 6, 9))
    expect(attached(s)).toBe(false)
    expect(s.edge).toBe(6)
    s = appendPage(s, page(7, 9, 9))
    expect(attached(s)).toBe(true)
    expect(seqs(s)).toEqual(range(1, 9))
  })

  it('is not seen where an event is of an unknown kind', () => {
    const s = apply(replaceWindow(emptyRoom, page(1, 3, 3)), joined(3), { type: 'skipped', room: 'r', seq: 4 }, posted(5))
    expect(seqs(s)).toEqual([1, 2, 3, 5])
    expect(attached(s)).toBe(true)
  })

  it('keeps a bounded tail that is whole at its end', () => {
    let s = apply(replaceWindow(emptyRoom, page(1, 3, 3)), joined(10), ...range(11, 2_000).map(posted))
    expect(s.tail.length).toBeLessThanOrEqual(500)
    expect(s.tail.at(-1)?.seq).toBe(2_000)
    expect(s.tail[0]?.seq).toBe(s.tailFrom + 1)
    s = appendPage(s, page(4, s.tailFrom, s.tailFrom))
    expect(seqs(s)).toEqual(range(1, 2_000))
  })
})

describe('a reset', () => {
  it('of the same history leaves the window, detached', () => {
    const s = apply(replaceWindow(emptyRoom, page(1, 3, 3)), { type: 'reset', room: 'r', stream: 's', head: 9_000 })
    expect(seqs(s)).toEqual([1, 2, 3])
    expect(attached(s)).toBe(false)
    expect(s.loaded).toBe(true)
  })

  it('to another history replaces the window, with the old one on the screen until then', () => {
    let s = apply(replaceWindow(emptyRoom, page(1, 9, 9)), { type: 'reset', room: 'r', stream: 't', head: 2 })
    expect(s.loaded).toBe(false)
    expect(s.messages).toHaveLength(9)
    expect(foreign(s, page(1, 9, 9))).toBe(true)
    const next = page(1, 2, 2, { stream: 't' })
    expect(foreign(s, next)).toBe(false)
    s = replaceWindow(s, next)
    expect(seqs(s)).toEqual([1, 2])
    expect(seqs(apply(s, posted(3)))).toEqual([1, 2, 3])
  })

  it('below what is known forgets what is known', () => {
    let s = apply(replaceWindow(emptyRoom, page(1, 9, 9)), { type: 'reset', room: 'r', stream: 's', head: 4 })
    expect(s.loaded).toBe(false)
    s = apply(replaceWindow(s, page(1, 4, 4)), posted(5))
    expect(seqs(s)).toEqual([1, 2, 3, 4, 5])
  })
})

describe('the window', () => {
  it('grows at its old end', () => {
    const s = prependPage(replaceWindow(emptyRoom, page(51, 100, 100)), page(1, 50, 100))
    expect(seqs(s)).toEqual(range(1, 100))
    expect(s.hasOlder).toBe(false)
  })

  it('drops its old end while its reader follows', () => {
    const s = trim(replaceWindow(emptyRoom, page(1, 6_000, 6_000)), true)
    expect(s.messages).toHaveLength(WINDOW_LIMIT)
    expect(s.hasOlder).toBe(true)
    expect(attached(s)).toBe(true)
  })

  it('drops its new end while its reader goes up, and finds back', () => {
    let s = prependPage(replaceWindow(emptyRoom, page(3_001, 8_000, 8_000)), page(2_001, 3_000, 8_000))
    expect(s.messages).toHaveLength(WINDOW_LIMIT)
    expect(attached(s)).toBe(false)
    s = apply(s, posted(8_001))
    const last = 2_000 + WINDOW_LIMIT
    expect(s.messages.at(-1)?.seq).toBe(last)
    s = appendPage(s, page(last + 1, 8_000, 8_001))
    expect(attached(s)).toBe(true)
    expect(s.messages.at(-1)?.seq).toBe(8_001)
  })

  it('is bounded for a reader who stays far up in a busy room', () => {
    let s = replaceWindow(emptyRoom, page(1, 2 * WINDOW_LIMIT, 2 * WINDOW_LIMIT))
    s = trim(apply(s, posted(2 * WINDOW_LIMIT + 1)), false)
    expect(s.messages).toHaveLength(WINDOW_LIMIT)
    expect(s.messages[0]?.seq).toBe(1)
  })

  it('replaced by a page older than the live run is not taken for whole', () => {
    let s = apply(replaceWindow(emptyRoom, page(1, 3, 3)), joined(3), posted(4), posted(5))
    s = replaceWindow(s, page(1, 4, 4))
    expect(attached(s)).toBe(true)
    expect(seqs(s)).toEqual([1, 2, 3, 4, 5])
  })

  it('around a place is one that live messages stay out of', () => {
    let s = apply(replaceWindow(emptyRoom, page(901, 1_000, 1_000)), joined(1_000, { resumed: true }))
    s = replaceWindow(s, page(301, 400, 1_000))
    expect(attached(s)).toBe(false)
    expect(s).toMatchObject({ start: 301, edge: 400, hasOlder: true })
    s = apply(s, posted(1_001))
    expect(s.messages.at(-1)?.seq).toBe(400)
    // The newest are kept meanwhile: the way back needs no page.
    const back = returnToTail(s, 50)
    expect(back && seqs(back)).toEqual(range(901, 1_001))
    expect(back && attached(back)).toBe(true)
    expect(back?.hasOlder).toBe(true)
    // The way down through pages ends in the same.
    s = appendPage(s, page(401, 900, 1_001))
    expect(attached(s)).toBe(true)
    expect(seqs(s)).toEqual(range(301, 1_001))
  })

  it('goes back to the newest by a page where too few are known', () => {
    const s = replaceWindow(apply(emptyRoom, joined(1_000)), page(301, 400, 1_000))
    expect(returnToTail(apply(s, posted(1_001)), 50)).toBeNull()
  })
})

describe('what changes a message', () => {
  it('finds it in the window, in its place, and takes a seq', () => {
    const s = apply(openTo(3), update(4, 2, { content: 'edited', editedAt: 9 }), posted(5))
    expect(contents(s)).toEqual(['text 1', 'edited', 'text 3', 'text 5'])
    expect(s.through).toBe(5)
    expect(attached(s)).toBe(true)
  })

  it('deletes, reacts and pins alike', () => {
    const s = apply(
      openTo(3),
      update(4, 1, { content: '', deletedAt: 9 }),
      update(5, 2, { reactions: { '👍': ['u2'] } }),
      update(6, 3, { pinned: true }),
    )
    expect(s.messages[0]).toMatchObject({ content: '', deletedAt: 9 })
    expect(s.messages[1]?.reactions).toEqual({ '👍': ['u2'] })
    expect(s.messages[2]?.pinned).toBe(true)
  })

  it('finds it in the tail of a window that is elsewhere', () => {
    let s = apply(replaceWindow(openTo(3), page(1, 1, 3)), posted(4), update(5, 4, { content: 'edited' }))
    s = returnToTail(s, 1) ?? s
    expect(contents(s)).toEqual(['text 1', 'text 2', 'text 3', 'edited'])
  })

  it('is not undone by a page that was read before it', () => {
    let s = apply(replaceWindow(emptyRoom, page(51, 100, 100)), joined(100, { resumed: true }), update(101, 20, { content: 'edited' }))
    s = prependPage(s, page(1, 50, 100))
    expect(s.messages[19]?.content).toBe('edited')
    // And once more is no harm.
    expect(prependPage(s, page(1, 50, 101)).messages).toHaveLength(100)
  })

  it('does not bring back what a newer page has left behind', () => {
    let s = apply(emptyRoom, joined(3))
    s = replaceWindow(s, { ...page(1, 3, 5), messages: [message(1), { ...message(2), content: 'second edit' }, message(3)] })
    s = apply(s, update(4, 2, { content: 'first edit' }))
    expect(contents(s)).toEqual(['text 1', 'second edit', 'text 3'])
    expect(apply(s, update(5, 2, { content: 'second edit' })).through).toBe(5)
  })

  it('and was missed makes the window stale until it is fetched again', () => {
    let s = apply(openTo(3), joined(9))
    expect(stale(s)).toBe(true)
    s = apply(s, posted(10))
    s = appendPage(s, page(4, 10, 10))
    expect(stale(s)).toBe(true)
    s = replaceWindow(s, page(1, 10, 10))
    expect(stale(s)).toBe(false)
  })

  it('and was replayed does not', () => {
    const s = apply(disconnected(openTo(3)), joined(5, { resumed: true }), update(4, 1, { content: 'edited' }), posted(5))
    expect(stale(s)).toBe(false)
    expect(contents(s)).toEqual(['edited', 'text 2', 'text 3', 'text 5'])
  })

  it('so often that a page is overtaken has that page read again', () => {
    let s = openTo(3)
    for (let at = 4; at < 1_000; at++) s = apply(s, update(at, 1, { content: `edit ${at}` }))
    expect(s.recent.length).toBeLessThanOrEqual(500)
    expect(foreign(s, page(1, 3, 3))).toBe(true)
    expect(foreign(s, page(1, 3, 999))).toBe(false)
  })
})

describe('replies in a thread', () => {
  it('stay out of the timeline and count at their root', () => {
    const s = apply(openTo(3), reply(4, 2, 'a'), reply(5, 2, 'b'), reply(6, 2, 'a'), posted(7))
    expect(seqs(s)).toEqual([1, 2, 3, 7])
    expect(s.messages[1]?.replies).toEqual({ count: 3, lastSeq: 6, lastAt: 6, users: ['a', 'b'] })
    expect(attached(s)).toBe(true)
  })

  it('count once, whatever a page has counted already', () => {
    const root = { ...message(2), replies: { count: 2, lastSeq: 5, lastAt: 5, users: ['a'] } }
    let s = replaceWindow(apply(emptyRoom, joined(3)), { ...page(1, 3, 5), messages: [message(1), root, message(3)] })
    s = apply(s, reply(4, 2), reply(5, 2), reply(6, 2, 'c'))
    expect(s.messages[1]?.replies).toEqual({ count: 3, lastSeq: 6, lastAt: 6, users: ['c', 'a'] })
  })

  it('of a page are not rows, and its start is theirs', () => {
    const s = replaceWindow(emptyRoom, { ...page(4, 6, 6), messages: [{ ...message(4), thread: 'm1' }, message(5), { ...message(6), thread: 'm1' }] })
    expect(seqs(s)).toEqual([5])
    expect(s).toMatchObject({ start: 4, edge: 6 })
  })

  it('that are deleted count no more: their root tells', () => {
    const s = apply(openTo(3), reply(4, 2), reply(5, 2), gone(6))
    expect(s.messages[1]?.replies?.count).toBe(2)
    const root = update(7, 2, { replies: { count: 1, lastSeq: 5, lastAt: 5, users: ['u'] } })
    expect(apply(s, root).messages[1]?.replies?.count).toBe(1)
    // Replayed, they are gone from the beginning.
    const replayed: ServerFrame = { type: 'message', room: 'r', message: { ...message(4), thread: 'm2', content: '', deletedAt: 9 } }
    expect(apply(openTo(3), replayed, gone(5)).messages[1]?.replies).toBeUndefined()
  })

  it('that change change nothing here', () => {
    const s = apply(openTo(3), reply(4, 2))
    const t = apply(s, { type: 'update', room: 'r', seq: 5, message: { ...message(4), thread: 'm2', content: 'edited' } })
    expect(t.messages).toBe(s.messages)
    expect(t.through).toBe(5)
  })
})

describe('what happens to the room itself', () => {
  it('stands between the messages, and takes a seq', () => {
    const s = apply(openTo(3), happened(4), posted(5), happened(6))
    expect(seqs(s)).toEqual([1, 2, 3, 4, 5, 6])
    expect(s.messages[3]).toMatchObject({ type: 'system', content: '', event: { event: 'topic_changed', topic: 'topic 4' } })
    expect(s.through).toBe(6)
    expect(attached(s)).toBe(true)
    expect(stale(s)).toBe(false)
  })

  it('comes once, whatever is replayed', () => {
    const s = apply(openTo(3), happened(4), joined(5, { resumed: true }), happened(4), happened(5), happened(5))
    expect(seqs(s)).toEqual([1, 2, 3, 4, 5])
  })

  it('is kept where a page replaces the window that it was in', () => {
    let s = apply(openTo(3), happened(4), posted(5))
    s = replaceWindow(s, without(page(1, 5, 5), 4))
    expect(seqs(s)).toEqual([1, 2, 3, 4, 5])
    // Also before the first message and after the last one.
    s = replaceWindow(apply(emptyRoom, joined(0), happened(1), posted(2), happened(3)), without(page(1, 3, 3), 1, 3))
    expect(seqs(s)).toEqual([1, 2, 3])
  })

  it('finds its place where a page was ahead of the socket', () => {
    let s = replaceWindow(apply(emptyRoom, joined(3)), without(page(1, 6, 6), 4, 6))
    s = apply(s, happened(4), posted(5), happened(6), posted(7))
    expect(seqs(s)).toEqual([1, 2, 3, 4, 5, 6, 7])
  })

  it('waits in the tail while the window is elsewhere', () => {
    let s = replaceWindow(emptyRoom, page(901, 1_000, 1_000))
    s = replaceWindow(apply(s, joined(1_000, { resumed: true })), page(301, 400, 1_000))
    s = apply(s, happened(1_001), posted(1_002))
    expect(seqs(s)).toEqual(range(301, 400))
    expect(seqs(returnToTail(s, 1) ?? s).slice(-2)).toEqual([1_001, 1_002])
    s = appendPage(s, without(page(401, 1_002, 1_002), 1_001))
    expect(seqs(s)).toEqual(range(301, 1_002))
  })

  it('is gone with its history', () => {
    let s = apply(openTo(3), happened(4))
    s = replaceWindow(apply(s, { type: 'reset', room: 'r', stream: 't', head: 2 }), page(1, 2, 2, { stream: 't' }))
    expect(seqs(s)).toEqual([1, 2])
    expect(s.events).toEqual([])
  })
})

describe('people', () => {
  const ada = { userId: 'a', userName: 'Ada' }
  const bob = { userId: 'b', userName: 'Bob' }

  it('come and go', () => {
    let s = apply(emptyRoom, joined(0, { count: 1, users: [bob] }))
    s = apply(s, { type: 'presence', room: 'r', count: 2, joined: [ada], left: [] })
    expect(s.people).toEqual([ada, bob])
    s = apply(s, { type: 'presence', room: 'r', count: 1, joined: [], left: ['b'] })
    expect(s.people).toEqual([ada])
    expect(s.count).toBe(1)
  })

  it('type until they post, leave, or stop', () => {
    const typing: ServerFrame = { type: 'typing', room: 'r', userId: 'u', userName: 'Ada' }
    const s = apply(replaceWindow(emptyRoom, page(1, 1, 1)), joined(1), typing, typing)
    expect(s.typing).toHaveLength(1)
    expect(apply(s, posted(2)).typing).toEqual([])
    expect(apply(s, { type: 'presence', room: 'r', count: 0, joined: [], left: ['u'] }).typing).toEqual([])
    expect(expireTyping(s, 5_999).typing).toHaveLength(1)
    expect(expireTyping(s, 6_000).typing).toEqual([])
    expect(disconnected(s).typing).toEqual([])
  })
})

// Any order of frames and pages ends in the same window. The seed is printed
// with a failure and can be given back.
describe('random interleavings', () => {
  it.each(range(1, 100))('seed %i', (seed) => {
    let x = seed
    const random = (n: number) => {
      x = (Math.imul(x, 1_103_515_245) + 12_345) & 0x7fffffff
      return x % n
    }
    const head = 60
    const shapes = Array.from({ length: head + 1 }, () => random(5) === 0)
    // Of an event only the socket tells, and only once it is joined.
    const told = new Set<number>()
    const happens = (seq: number) => {
      if (!shapes[seq]) return posted(seq)
      told.add(seq)
      return happened(seq)
    }
    const events = range(1, head).filter((seq) => shapes[seq])
    const messages = (from: number, to: number) => range(from, to).filter((seq) => !shapes[seq] || told.has(seq))
    // A page ends with a message, or with all there is.
    const read = (from: number, to: number) => {
      const last = range(from, to).findLast((seq) => !shapes[seq])
      const more = last !== undefined && range(to + 1, server).some((seq) => !shapes[seq])
      return { ...without(page(from, more ? last : server, server), ...events), hasNewer: more }
    }
    let s = emptyRoom
    let sent = 0
    let server = 20
    let live = false
    for (let step = 0; step < 400; step++) {
      const which = random(6)
      if (which === 0 && server < head) server++
      else if (which === 1 && !live) {
        const resumed = s.loaded && random(4) > 0
        s = apply(s, joined(server, { resumed }))
        sent = resumed ? s.through : server
        live = true
      } else if (which === 2 && live && random(10) === 0) {
        s = disconnected(s)
        live = false
      } else if (which === 3 && live && sent < server) s = apply(s, happens(++sent))
      else if (which === 4 && (!s.loaded || random(20) === 0)) s = replaceWindow(s, read(Math.max(1, server - 9), server))
      else if (which === 5 && s.loaded && !attached(s)) {
        const to = Math.min(server, s.edge + 1 + random(5))
        s = appendPage(s, read(s.edge + 1, to))
      }
      const first = s.messages[0]?.seq
      const last = s.messages.at(-1)?.seq
      // Nothing is missing, nothing twice, whatever of it pages brought.
      if (first !== undefined && last !== undefined) expect(seqs(s)).toEqual(messages(first, last))
      expect(s.through).toBeLessThanOrEqual(server)
    }
    if (!live) {
      s = apply(s, joined(server, { resumed: s.loaded }))
      sent = s.loaded ? s.through : server
    }
    while (sent < server) s = apply(s, happens(++sent))
    if (!s.loaded) s = replaceWindow(s, read(1, server))
    if (!attached(s)) s = appendPage(s, read(s.edge + 1, server))
    expect(s.messages.at(-1)?.seq).toBe(messages(1, server).at(-1))
    expect(attached(s)).toBe(true)
  })
})
