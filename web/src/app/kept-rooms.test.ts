import { afterEach, expect, it } from 'vitest'
import type { RoomSummary } from '~/realtime/wire.gen'
import { forgetRooms, makeKeptRooms } from './kept-rooms'

const room = (slug: string, lastAt: number): RoomSummary => ({
  slug, name: slug, kind: 'public', topic: '', head: 3, newest: 3, read: 1, unread: 2, mentions: 1, role: 'member',
  notify: '', snoozedUntil: 0, favourite: false, section: '', archivedAt: 0, lastAt, people: [{ userId: 'u2', userName: 'Bob' }],
})

afterEach(() => localStorage.clear())

it('keeps the list of one person, and of nobody else', () => {
  const ada = makeKeptRooms('ada')
  expect(ada.load()).toEqual([])
  ada.keep([room('a', 1), room('b', 2)])
  expect(ada.load()).toEqual([room('b', 2), room('a', 1)])
  expect(makeKeptRooms('bob').load()).toEqual([])
  makeKeptRooms('bob').keep([room('c', 3)])
  forgetRooms('bob')
  expect(ada.load()).toEqual([])
  expect(makeKeptRooms('bob').load()).toEqual([room('c', 3)])
  forgetRooms()
  expect(makeKeptRooms('bob').load()).toEqual([])
})

it('keeps no more than a browser has room for, and reads nothing that it did not write', () => {
  const ada = makeKeptRooms('ada')
  ada.keep(Array.from({ length: 300 }, (_, i) => room(`r${i}`, i)))
  expect(ada.load().map((r) => r.slug).slice(0, 2)).toEqual(['r299', 'r298'])
  expect(ada.load()).toHaveLength(200)
  for (const text of ['', 'nonsense', '[]', '{"rooms":[{"slug":3}]}']) {
    localStorage.setItem('snug:rooms:ada', text)
    expect(ada.load()).toEqual([])
  }
})
