import 'fake-indexeddb/auto'
import { IDBFactory } from 'fake-indexeddb'
import { expect, it } from 'vitest'
import { attached, emptyRoom, reduce, replaceWindow, type RoomState } from '~/realtime/reduce'
import type { Message } from '~/realtime/wire.gen'
import { makeRoomCache, wipeRoomCache } from './cache'
import { makeRoomDatabase } from './database'

const message = (seq: number): Message => ({ id: `m${seq}`, userId: 'u', userName: 'Ada', content: `${seq}`, timestamp: seq, type: 'text', seq })

function room(head: number): RoomState {
  const messages = Array.from({ length: head }, (_, i) => message(i + 1))
  return replaceWindow(emptyRoom, { stream: 's', head, hasOlder: false, hasNewer: false, messages })
}

it('keeps the newest of a room, from where the socket can resume', async () => {
  const cache = makeRoomCache(makeRoomDatabase(new IDBFactory()), 'u')
  await cache.save('r', room(500))
  const kept = await cache.load('r')
  expect(kept).toMatchObject({ stream: 's', through: 500, start: 301, hasOlder: true, loaded: true })
  expect(kept?.messages).toHaveLength(200)
  expect(kept && attached(kept)).toBe(true)
  const live = kept && reduce({ ...kept, joined: true }, { type: 'message', room: 'r', message: message(501) }, 0)
  expect(live?.messages.at(-1)?.seq).toBe(501)
})

it('keeps no window that is elsewhere', async () => {
  const cache = makeRoomCache(makeRoomDatabase(new IDBFactory()), 'u')
  const joined = reduce(room(900), { type: 'joined', room: 'r', stream: 's', head: 900, role: 'member', resumed: true, count: 0, users: [] }, 0)
  await cache.save('r', replaceWindow(joined, { stream: 's', head: 900, hasOlder: true, hasNewer: true, messages: [message(4)] }))
  expect(await cache.load('r')).toBeNull()
})

it('is one person\'s, and gone when they are', async () => {
  const database = makeRoomDatabase(new IDBFactory())
  const [ada, bob] = [makeRoomCache(database, 'ada'), makeRoomCache(database, 'bob')]
  await ada.save('r', room(3))
  expect(await bob.load('r')).toBeNull()
  await bob.save('r', room(3))
  await wipeRoomCache(database, 'bob')
  expect(await ada.load('r')).toBeNull()
  expect(await bob.load('r')).not.toBeNull()
  await wipeRoomCache(database)
  expect(await bob.load('r')).toBeNull()
})

it('is bounded: the rooms that were read longest ago go', async () => {
  const cache = makeRoomCache(makeRoomDatabase(new IDBFactory()), 'u')
  for (let i = 0; i < 55; i++) await cache.save(`r${i}`, room(1))
  expect(await cache.load('r54')).not.toBeNull()
  const left = await Promise.all(Array.from({ length: 55 }, (_, i) => cache.load(`r${i}`)))
  expect(left.filter((r) => r !== null)).toHaveLength(50)
})

it('is nothing where the browser refuses to store', async () => {
  const cache = makeRoomCache({ run: () => Promise.reject(new Error('refused')) }, 'u')
  await cache.save('r', room(3))
  expect(await cache.load('r')).toBeNull()
})
