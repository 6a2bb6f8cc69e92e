import { createRoot } from 'solid-js'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Connection, ConnectionListener } from '~/realtime/connection'
import type { RoomSummary, ServerFrame } from '~/realtime/wire.gen'
import { makeRoomList } from './rooms'

let told: RoomSummary[]
let listener: ConnectionListener

const connection: Connection = {
  state: () => ({ status: 'connecting', attempt: 0 }),
  subscribe(l) {
    listener = l
    return () => {}
  },
  send: () => false,
  retry: () => {},
  stop: () => {},
}
const hears = (frame: ServerFrame) => listener.onFrame?.(frame)
const reopens = () => listener.onState?.({ status: 'open', hello: { type: 'hello', protocol: 1, you: { userId: 'me', userName: 'Me' }, heartbeatMs: 1 } })
const settle = () => vi.waitFor(() => undefined).then(() => new Promise((resolve) => setTimeout(resolve)))
const room = (slug: string, head: number, read: number, more: Partial<RoomSummary> = {}): RoomSummary => ({
  slug, name: slug, head, newest: head, read, unread: Math.min(100, head - read), mentions: 0, kind: 'public', topic: '', role: 'member', notify: '',
  snoozedUntil: 0, favourite: false, section: '', archivedAt: 0, lastAt: 0, people: [], ...more,
})

async function open(...rooms: RoomSummary[]) {
  told = rooms
  const list = createRoot(() => makeRoomList({ userId: 'me', connection, count: () => undefined, shows: (slug) => slug === 'shown' }))
  await settle()
  return { ...list, counts: () => list.rooms().map((r) => `${r.slug} ${list.unread(r)}`) }
}

beforeEach(() => vi.stubGlobal('fetch', async () => Response.json({ rooms: told })))
afterEach(() => vi.unstubAllGlobals())

it('counts what came after the read mark, over all rooms', async () => {
  const list = await open(room('a', 9, 4), room('b', 3, 3))
  expect(list.counts()).toEqual(['a 5', 'b 0'])
  expect(list.total()).toBe(5)
  hears({ type: 'activity', room: 'b', seq: 5, mention: true })
  expect(list.counts()).toEqual(['a 5', 'b 2'])
  expect(list.rooms()[1]?.mentions).toBe(1)
  hears({ type: 'read', room: 'b', userId: 'me', seq: 5 })
  expect(list.counts()).toEqual(['a 5', 'b 0'])
  expect(list.rooms()[1]?.mentions).toBe(0)
})

it('does not greet a newcomer with ten thousand unread messages', async () => {
  const list = await open(room('a', 10_000, 0))
  expect(list.total()).toBe(0)
  // The server still has to hear how far they read.
  expect(list.told('a')).toBe(0)
  hears({ type: 'activity', room: 'a', seq: 10_001, mention: false })
  expect(list.total()).toBe(1)
})

it('is not set back by the answer to an older mark, but where somebody marks as unread', async () => {
  const list = await open(room('a', 9, 4))
  list.set('a', 9)
  hears({ type: 'read', room: 'a', userId: 'me', seq: 7 })
  expect(list.read('a')).toBe(9)
  expect(list.told('a')).toBe(7)
  hears({ type: 'read', room: 'a', userId: 'me', seq: 3 })
  expect(list.read('a')).toBe(3)
})

it('takes what one says oneself for read', async () => {
  const list = await open(room('a', 4, 4))
  hears({ type: 'message', room: 'a', message: { id: 'm5', userId: 'me', userName: 'Me', content: 'x', timestamp: 5, type: 'text', seq: 5 } })
  expect(list.total()).toBe(0)
  hears({ type: 'message', room: 'a', message: { id: 'm6', userId: 'bob', userName: 'Bob', content: 'x', timestamp: 6, type: 'text', seq: 6 } })
  expect(list.total()).toBe(1)
})

it('keeps a mark that the server has not heard of, and follows one that was set back elsewhere', async () => {
  const list = await open(room('a', 9, 4))
  list.set('a', 8)
  told = [room('a', 9, 8)]
  reopens()
  await settle()
  expect(list.read('a')).toBe(8)
  told = [room('a', 9, 3)]
  reopens()
  await settle()
  expect(list.read('a')).toBe(3)
})

it('does not take back what was read here when a crash of the server has lost the mark', async () => {
  const list = await open(room('shown', 9, 4))
  list.set('shown', 9)
  reopens()
  await settle()
  expect(list.read('shown')).toBe(9)
  // It is told again.
  expect(list.told('shown')).toBe(4)
})
