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
  hears({ type: 'activity', room: 'b', seq: 4, mention: false })
  hears({ type: 'activity', room: 'b', seq: 5, mention: true })
  expect(list.counts()).toEqual(['a 5', 'b 2'])
  expect(list.rooms()[1]?.mentions).toBe(1)
  hears({ type: 'read', room: 'b', userId: 'me', seq: 5 })
  expect(list.counts()).toEqual(['a 5', 'b 0'])
  expect(list.rooms()[1]?.mentions).toBe(0)
})

it('does not forget what comes while the answer is on its way', async () => {
  const list = await open(room('a', 9, 9), room('b', 3, 3))
  let answer!: (reply: Response) => void
  vi.stubGlobal('fetch', () => new Promise<Response>((resolve) => (answer = resolve)))
  reopens()
  hears({ type: 'activity', room: 'a', seq: 10, mention: true })
  hears({ type: 'activity', room: 'b', seq: 4, mention: false })
  // It was made before the one, and after the other.
  answer(Response.json({ rooms: [room('a', 9, 9), room('b', 4, 3)] }))
  await settle()
  expect(list.counts()).toEqual(['a 1', 'b 1'])
  expect(list.rooms().map((r) => r.mentions)).toEqual([1, 0])
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

it('takes the server\'s count, which knows that not every event is a message', async () => {
  const list = await open(room('a', 9, 4, { unread: 2 }))
  expect(list.counts()).toEqual(['a 2'])
  hears({ type: 'activity', room: 'a', seq: 10, mention: false })
  expect(list.counts()).toEqual(['a 3'])
  // One that has been read to its last event but one has one unread at most.
  hears({ type: 'read', room: 'a', userId: 'me', seq: 9 })
  expect(list.counts()).toEqual(['a 1'])
})

it('counts what is new in a direct that one never read in, and leaves out what is to be quiet', async () => {
  const list = await open(room('d', 3, 0, { kind: 'direct' }), room('m', 5, 2, { notify: 'nothing', mentions: 1 }))
  expect(list.counts()).toEqual(['d 3', 'm 3'])
  expect(list.total()).toBe(4)
})

it('is loaded anew when it is said to have changed, and tells what came and what went', async () => {
  const list = await open(room('a', 1, 1), room('b', 1, 1))
  const heard: string[] = []
  list.onLoad((came, went) => heard.push(`+${came.join()} -${went.join()}`))
  told = [room('a', 1, 1), room('c', 1, 1)]
  hears({ type: 'rooms' })
  await settle()
  expect(heard).toEqual(['+c -b'])
  expect(list.counts()).toEqual(['a 0', 'c 0'])
})

it('tells what came with the first answer too, to who waits for it', async () => {
  told = [room('a', 1, 1)]
  const list = createRoot(() => makeRoomList({ userId: 'me', connection, count: () => undefined, shows: () => false }))
  const heard: string[] = []
  list.onLoad((came, went) => heard.push(`+${came.join()} -${went.join()}`))
  await settle()
  expect(heard).toEqual(['+a -'])
})

it('shows at once what one sets for a room, and takes it back where the server refuses', async () => {
  const list = await open(room('a', 1, 1))
  vi.stubGlobal('fetch', async () => Response.json({ code: 'forbidden', message: 'No.' }, { status: 403 }))
  const kept = list.settle('a', { favourite: true })
  expect(list.find('a')?.favourite).toBe(true)
  expect((await kept).ok).toBe(false)
  expect(list.find('a')?.favourite).toBe(false)
})

it('keeps what was set while a list from before was on its way, and takes what is set elsewhere after', async () => {
  const list = await open(room('a', 1, 1))
  let answer!: (reply: Response) => void
  const late = new Promise<Response>((resolve) => (answer = resolve))
  vi.stubGlobal('fetch', (url: string) => (url.endsWith('/settings') ? Promise.resolve(new Response(null, { status: 204 })) : late))
  const loaded = list.load()
  expect((await list.settle('a', { favourite: true })).ok).toBe(true)
  answer(Response.json({ rooms: [room('a', 1, 1)] }))
  await loaded
  expect(list.find('a')?.favourite).toBe(true)
  vi.stubGlobal('fetch', async () => Response.json({ rooms: [room('a', 1, 1)] }))
  await list.load()
  expect(list.find('a')?.favourite).toBe(false)
})
