import { expect, it } from 'vitest'
import { labelOf, nameOf, slugOf } from './naming'
import type { ListedRoom } from './rooms'
import { sectionsOf } from './sections'

const room = (slug: string, more: Partial<ListedRoom> = {}): ListedRoom => ({
  slug, name: slug, kind: 'public', topic: '', head: 0, newest: 0, read: 0, told: 0, unread: 0, mentions: 0, role: 'member', notify: '',
  snoozedUntil: 0, favourite: false, section: '', archivedAt: 0, lastAt: 0, people: [], apart: 0, mentioned: 0, ...more,
})
const bob = { userId: 'b', userName: 'Bob' }
const eve = { userId: 'e', userName: 'Eve' }
const shown = (...args: Parameters<typeof sectionsOf>) => sectionsOf(...args).map((s) => [s.title, ...s.rooms.map((r) => r.slug)])

it('puts each room under one heading', () => {
  const rooms = [
    room('tea'), room('b1', { kind: 'direct', people: [bob] }), room('art', { favourite: true, section: 'Work' }), room('plan', { section: 'Work', kind: 'private' }),
    room('old', { archivedAt: 9 }), room('g1', { kind: 'group', people: [bob, eve], name: '' }),
  ]
  expect(shown(rooms, 'name')).toEqual([['Favourites', 'art'], ['Work', 'plan'], ['Rooms', 'tea'], ['Direct messages', 'b1', 'g1']])
  expect(shown([], 'name')).toEqual([['Rooms'], ['Direct messages']])
})

it('orders them by what they are called, or by the latest message', () => {
  const rooms = [room('z', { name: 'Room 10', lastAt: 1 }), room('y', { name: 'room 9', lastAt: 3 }), room('x', { name: 'Äpfel', lastAt: 2 })]
  expect(shown(rooms, 'name')[0]).toEqual(['Rooms', 'x', 'y', 'z'])
  expect(shown(rooms, 'recent')[0]).toEqual(['Rooms', 'y', 'x', 'z'])
})

it('names rooms by what people call them', () => {
  expect(labelOf(room('tea-time', { name: 'Tea Time' }))).toBe('#tea-time')
  expect(labelOf(room('tea', { name: 'Coffee corner' }))).toBe('Coffee corner')
  expect(labelOf(room('x9', { kind: 'direct', name: 'Bob', people: [bob] }))).toBe('Bob')
  expect(nameOf(room('g', { kind: 'group', name: '', people: [bob, eve] }))).toBe('Bob, Eve')
  expect(nameOf(room('g', { kind: 'group', name: 'Crew', people: [bob, eve] }))).toBe('Crew')
})

it('makes an address of a name', () => {
  expect(slugOf('  Café “Zürich” & more! ')).toBe('cafe-zurich-more')
  expect(slugOf('喫茶')).toBe('')
  expect(slugOf('Browse')).toBe('')
  expect(slugOf('x'.repeat(300))).toHaveLength(80)
})
