import 'fake-indexeddb/auto'
import { IDBFactory } from 'fake-indexeddb'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { AckFrame } from '~/realtime/wire.gen'
import { makeOutbox, OUTBOX_LIMIT, type Outbox } from './outbox'
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
    const first = await setUp(makeIndexedDBStore(factory))
    first.outbox.setReady(true)
    for (const content of ['a', 'b', 'c']) first.outbox.post(content)
    first.outbox.error({ type: 'error', code: 'empty', message: 'Empty.', clientId: 'u1' })
    first.outbox.ack(ack('u2', 1))
    first.outbox.dispose()

    await vi.waitFor(async () => {
      const second = await setUp(makeIndexedDBStore(factory))
      expect(list(second.outbox)).toEqual(['u1 failed', 'u3 waiting'])
      expect(second.outbox.posts()[0]).toMatchObject({ content: 'a', reason: 'Empty.' })
    })
    const second = await setUp(makeIndexedDBStore(factory))
    second.outbox.setReady(true)
    expect(second.sent).toEqual(['u3'])
  })

  it("does not find another person's posts", async () => {
    const factory = new IDBFactory()
    const ada = await setUp(makeIndexedDBStore(factory), 'ada')
    ada.outbox.post('a')
    await vi.waitFor(async () => {
      expect(await makeIndexedDBStore(factory).load('ada', 'r')).toHaveLength(1)
    })
    for (const [userId, room] of [['ad', 'r'], ['ada', 'room'], ['adam', 'r'], ['bob', 'r']] as const) {
      expect(await makeIndexedDBStore(factory).load(userId, room)).toEqual([])
    }
  })
})
