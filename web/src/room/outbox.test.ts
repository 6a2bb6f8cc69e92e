import 'fake-indexeddb/auto'
import { IDBFactory } from 'fake-indexeddb'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { AckFrame } from '~/realtime/wire.gen'
import type { Crew, CrewListener } from './crew'
import { makeOutbox, OUTBOX_LIMIT, postFrame, type Outbox, type OutboxNote } from './outbox'
import { makeRoomDatabase } from './database'
import { makeIndexedDBStore, makeMemoryStore, type OutboxStore } from './outbox-store'

const ack = (clientId: string, seq: number): AckFrame => ({ type: 'ack', room: 'r', clientId, id: `m${seq}`, seq, timestamp: 0 })

async function setUp(store: OutboxStore = makeMemoryStore(), userId = 'u') {
  const sent: string[] = []
  let connected = true
  let id = 0
  const outbox = makeOutbox({
    userId, room: 'r', store,
    send({ clientId }) {
      if (connected) sent.push(clientId)
      return connected
    },
    onChange: () => {},
    newId: () => `${userId}${++id}`,
  })
  await outbox.loaded
  return { outbox, sent, cut: () => (connected = false), mend: () => (connected = true) }
}

const list = (outbox: Outbox) => outbox.posts().map((p) => `${p.clientId} ${p.status}`)

describe('order', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('is kept: the next goes when the one before is acked', async () => {
    const { outbox, sent } = await setUp()
    for (const content of ['a', 'b', 'c']) outbox.post(content)
    expect(sent).toEqual([])
    outbox.setReady(true)
    expect(sent).toEqual(['u1'])
    outbox.ack(ack('u1', 1))
    outbox.ack(ack('u2', 2))
    expect(sent).toEqual(['u1', 'u2', 'u3'])
    expect(list(outbox)).toEqual(['u1 acked', 'u2 acked', 'u3 sending'])
    outbox.settleThrough(1)
    outbox.settle('u2')
    expect(list(outbox)).toEqual(['u3 sending'])
  })

  it('has one place for a post that had its id before, though two tabs post it', async () => {
    const { outbox, sent } = await setUp()
    outbox.setReady(true)
    for (const content of ['a', 'a']) expect(outbox.post(content, { clientId: 'w1' })).toBe(true)
    expect(list(outbox)).toEqual(['w1 sending'])
    outbox.settle('w1')
    expect(outbox.post('a', { clientId: 'w1' })).toBe(true)
    expect(list(outbox)).toEqual([])
    expect(sent).toEqual(['w1'])
  })

  it('is kept over a lost connection, with the same clientId', async () => {
    const { outbox, sent, cut, mend } = await setUp()
    outbox.setReady(true)
    outbox.post('a')
    cut()
    outbox.setReady(false)
    outbox.post('b')
    expect(list(outbox)).toEqual(['u1 waiting', 'u2 waiting'])
    mend()
    outbox.setReady(true)
    outbox.ack(ack('u1', 1))
    expect(sent).toEqual(['u1', 'u1', 'u2'])
  })

  it('is kept under the rate limit', async () => {
    const { outbox, sent } = await setUp()
    outbox.setReady(true)
    outbox.post('a')
    outbox.post('b')
    outbox.rateLimit({ type: 'rateLimit', room: 'r', clientId: 'u1', retryAfterMs: 8_000, limit: 10, windowMs: 10_000 })
    expect(outbox.slowedUntil()).toBe(Date.now() + 8_000)
    expect(list(outbox)).toEqual(['u1 waiting', 'u2 waiting'])
    vi.advanceTimersByTime(7_999)
    expect(sent).toEqual(['u1'])
    vi.advanceTimersByTime(1)
    expect(sent).toEqual(['u1', 'u1'])
    expect(outbox.slowedUntil()).toBe(0)
  })
})

describe('what goes wrong', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('an ack that does not come: the post is sent again', async () => {
    const { outbox, sent } = await setUp()
    outbox.setReady(true)
    outbox.post('a')
    vi.advanceTimersByTime(15_000)
    expect(sent).toEqual(['u1', 'u1'])
  })

  it('a post that the server refuses fails with its words; the next goes on', async () => {
    const { outbox, sent } = await setUp()
    outbox.setReady(true)
    outbox.post('a')
    outbox.post('b')
    outbox.error({ type: 'error', code: 'too_long', message: 'Too long.', room: 'r', clientId: 'u1' })
    expect(outbox.posts()[0]).toMatchObject({ status: 'failed', reason: 'Too long.' })
    expect(sent).toEqual(['u1', 'u2'])
    outbox.ack(ack('u2', 1))
    outbox.retry('u1')
    expect(sent).toEqual(['u1', 'u2', 'u1'])
  })

  it('a busy server is asked again, five times at most', async () => {
    const { outbox, sent } = await setUp()
    outbox.setReady(true)
    outbox.post('a')
    for (let i = 0; i < 5; i++) {
      outbox.error({ type: 'error', code: 'overloaded', message: 'Busy.', clientId: 'u1' })
      vi.advanceTimersByTime(2_000)
    }
    expect(sent).toHaveLength(5)
    expect(list(outbox)).toEqual(['u1 failed'])
  })

  it('a failed post can be deleted, one on its way can not', async () => {
    const { outbox } = await setUp()
    outbox.setReady(true)
    outbox.post('a')
    outbox.discard('u1')
    expect(outbox.posts()).toHaveLength(1)
    outbox.error({ type: 'error', code: 'empty', message: 'Empty.', clientId: 'u1' })
    outbox.discard('u1')
    expect(outbox.posts()).toEqual([])
  })

  it('too many are waiting: no more are taken', async () => {
    const { outbox } = await setUp()
    for (let i = 0; i < OUTBOX_LIMIT; i++) expect(outbox.post('x')).toBe(true)
    expect(outbox.post('x')).toBe(false)
  })

  it('a browser that stores nothing: posts go all the same', async () => {
    const broken: OutboxStore = {
      load: () => Promise.reject(new Error('refused')),
      rooms: () => Promise.reject(new Error('refused')),
      put: () => Promise.reject(new Error('refused')),
      remove: () => Promise.reject(new Error('refused')),
    }
    const { outbox, sent } = await setUp(broken)
    outbox.setReady(true)
    outbox.post('a')
    expect(sent).toEqual(['u1'])
  })
})

describe('a reload', () => {
  it('finds what was not acked, in order, and failures with their reason', async () => {
    const factory = new IDBFactory()
    const first = await setUp(makeIndexedDBStore(makeRoomDatabase(factory)))
    first.outbox.setReady(true)
    for (const content of ['a', 'b', 'c']) first.outbox.post(content)
    first.outbox.error({ type: 'error', code: 'empty', message: 'Empty.', clientId: 'u1' })
    first.outbox.ack(ack('u2', 1))
    first.outbox.dispose()

    await vi.waitFor(async () => {
      const second = await setUp(makeIndexedDBStore(makeRoomDatabase(factory)))
      expect(list(second.outbox)).toEqual(['u1 failed', 'u3 waiting'])
      expect(second.outbox.posts()[0]).toMatchObject({ content: 'a', reason: 'Empty.' })
    })
    const second = await setUp(makeIndexedDBStore(makeRoomDatabase(factory)))
    second.outbox.setReady(true)
    expect(second.sent).toEqual(['u3'])
  })

  it("does not find another person's posts", async () => {
    const factory = new IDBFactory()
    const ada = await setUp(makeIndexedDBStore(makeRoomDatabase(factory)), 'ada')
    ada.outbox.post('a')
    await vi.waitFor(async () => {
      expect(await makeIndexedDBStore(makeRoomDatabase(factory)).load('ada', 'r')).toHaveLength(1)
    })
    for (const [userId, room] of [['ad', 'r'], ['ada', 'room'], ['adam', 'r'], ['bob', 'r']] as const) {
      expect(await makeIndexedDBStore(makeRoomDatabase(factory)).load(userId, room)).toEqual([])
    }
  })
})

// Tabs of one browser: notes reach all others, and the first in line leads.
class Tabs {
  private listeners: CrewListener<OutboxNote>[] = []
  readonly crew = (listener: CrewListener<OutboxNote>): Crew<OutboxNote> => {
    this.listeners.push(listener)
    if (this.listeners[0] === listener) queueMicrotask(() => listener.onLead())
    return {
      leads: () => this.listeners[0] === listener,
      tell: (note) => {
        for (const l of this.listeners) if (l !== listener) l.onNote(structuredClone(note))
      },
      dispose: () => {
        const led = this.listeners[0] === listener
        this.listeners = this.listeners.filter((l) => l !== listener)
        if (led) this.listeners[0]?.onLead()
      },
    }
  }
}

const openTab = async (tabs: Tabs, store: OutboxStore, name: string) => {
  const sent: string[] = []
  let id = 0
  const outbox = makeOutbox({
    userId: 'u', room: 'r', store, crew: tabs.crew, onChange: () => {}, newId: () => `${name}${++id}`,
    send: ({ clientId }) => sent.push(clientId) > 0,
  })
  await outbox.loaded
  outbox.setReady(true)
  return { outbox, sent }
}

describe('several tabs', () => {
  it('send by one of them, in the order of posting', async () => {
    const tabs = new Tabs()
    const store = makeIndexedDBStore(makeRoomDatabase(new IDBFactory()))
    const [a, b] = [await openTab(tabs, store, 'a'), await openTab(tabs, store, 'b')]
    b.outbox.post('one')
    a.outbox.post('two')
    b.outbox.post('three', { replyTo: 'm1' })
    expect(a.sent).toEqual(['b1'])
    for (const [i, clientId] of ['b1', 'a1', 'b2'].entries()) a.outbox.ack(ack(clientId, i + 1))
    expect(a.sent).toEqual(['b1', 'a1', 'b2'])
    expect(b.sent).toEqual([])
    expect(list(b.outbox)).toEqual(['b1 acked', 'a1 acked', 'b2 acked'])
  })

  it('hand over what waits when the one that sends ends', async () => {
    const tabs = new Tabs()
    const [a, b] = [await openTab(tabs, makeMemoryStore(), 'a'), await openTab(tabs, makeMemoryStore(), 'b')]
    b.outbox.post('one')
    b.outbox.post('two')
    expect(a.sent).toEqual(['b1'])
    a.outbox.dispose()
    await vi.waitFor(() => expect(b.sent).toEqual(['b1']))
    b.outbox.ack(ack('b1', 1))
    expect(b.sent).toEqual(['b1', 'b2'])
  })

  it('show no post whose message the server told of before the other tab did', async () => {
    const tabs = new Tabs()
    const [a, b] = [await openTab(tabs, makeMemoryStore(), 'a'), await openTab(tabs, makeMemoryStore(), 'b')]
    b.outbox.settle('a1') // its message
    a.outbox.post('one')
    expect(b.outbox.posts()).toEqual([])
    a.outbox.post('two')
    a.outbox.ack(ack('a1', 1))
    b.outbox.settleThrough(2)
    a.outbox.ack(ack('a2', 2))
    expect(b.outbox.posts()).toEqual([])
  })

  it('all show what failed, and any can try it again or delete it', async () => {
    const tabs = new Tabs()
    const [a, b] = [await openTab(tabs, makeMemoryStore(), 'a'), await openTab(tabs, makeMemoryStore(), 'b')]
    b.outbox.post('x')
    a.outbox.error({ type: 'error', code: 'too_long', message: 'Too long.', room: 'r', clientId: 'b1' })
    expect(b.outbox.posts()).toMatchObject([{ status: 'failed', reason: 'Too long.' }])
    b.outbox.retry('b1')
    expect(a.sent).toEqual(['b1', 'b1'])
    a.outbox.error({ type: 'error', code: 'too_long', message: 'Too long.', room: 'r', clientId: 'b1' })
    b.outbox.discard('b1')
    expect(a.outbox.posts()).toEqual([])
  })
})

it('a post keeps its files, its thread and what it answers over a reload', async () => {
  const store = makeIndexedDBStore(makeRoomDatabase(new IDBFactory()))
  const first = await setUp(store)
  const file = { id: 'f', name: 'cat.png', mime: 'image/png', size: 9, width: 1, height: 1, url: '/api/files/f/cat.png' }
  first.outbox.post('look', { replyTo: 'm1', thread: 'm0', attachments: [file] })
  await vi.waitFor(async () => expect(await store.load('u', 'r')).toHaveLength(1))
  const second = await setUp(store)
  expect(second.outbox.posts()).toMatchObject([{ content: 'look', replyTo: 'm1', thread: 'm0', attachments: [file] }])
  const [post] = second.outbox.posts()
  expect(post && postFrame(post)).toEqual({ clientId: 'u1', content: 'look', replyTo: 'm1', thread: 'm0', attachments: ['f'] })
  expect(await store.rooms('u')).toEqual(['r'])
})
