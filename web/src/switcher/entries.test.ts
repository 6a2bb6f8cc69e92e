import { describe, expect, it } from 'vitest'
import { sectionsOf, type CommandEntry, type PersonEntry, type RoomEntry, type Sources } from './entries'

const room = (label: string, unread = 0, mentioned = false, more: Partial<RoomEntry> = {}): RoomEntry => ({
  kind: 'room', key: `room ${label}`, slug: label, room: 'public', people: [], label, unread, mentioned, archived: false, ...more,
})
const person = (label: string): PersonEntry => ({ kind: 'person', key: `person ${label}`, userId: label, label, image: undefined })
const command = (label: string, also: string[] = []): CommandEntry => ({ kind: 'command', key: `command ${label}`, label, also, act: () => {} })

const sources: Sources = {
  rooms: [room('global'), room('design', 3), room('ops', 1, true), room('tea'), room('archive of tea', 0, false, { archived: true })],
  people: [person('Teo Diaz'), person('Ada Bright')],
  commands: [command('Use the dark theme', ['look']), command('Settings')],
  chosen: ['room tea', 'command Settings'],
  here: 'global',
}

const labels = (typed: string, from = sources) => sectionsOf(typed, from).flatMap((s) => s.offers.map((o) => o.entry.label))

describe('the switcher offers', () => {
  it('what is unread first, then what was chosen last, and never where one is', () => {
    expect(sectionsOf('', sources).map((s) => [s.title, s.offers.map((o) => o.entry.label)])).toEqual([
      ['Unread', ['ops', 'design']],
      ['Other rooms', ['tea']],
      ['Commands', ['Settings', 'Use the dark theme']],
    ])
  })

  it('rooms, people and commands by what is typed, and the search last', () => {
    expect(labels('te')).toEqual(['tea', 'Teo Diaz', 'archive of tea', 'Search messages for “te”'])
    expect(labels('look')).toEqual(['Use the dark theme', 'Search messages for “look”'])
    expect(labels('qqq')).toEqual(['Search messages for “qqq”'])
  })

  it('somebody once, by the room that one has with them', () => {
    const ada = room('Ada Bright', 0, false, { slug: 'd-1', room: 'direct', people: [{ userId: 'Ada Bright', userName: 'Ada Bright' }] })
    expect(labels('ada', { ...sources, rooms: [...sources.rooms, ada] })).toEqual(['Ada Bright', 'Search messages for “ada”'])
  })

  it('what one goes to, among equals', () => {
    const rooms = [room('design a'), room('design b'), room('design c')]
    expect(labels('design', { ...sources, rooms, people: [], chosen: ['room design c', 'room design b'] }).slice(0, 3)).toEqual(['design c', 'design b', 'design a'])
  })

  it('no more than anybody reads', () => {
    const rooms = Array.from({ length: 500 }, (_, i) => room(`room ${i}`))
    expect(labels('room', { ...sources, rooms }).length).toBe(41)
    expect(labels('', { ...sources, rooms }).length).toBe(10)
  })
})
