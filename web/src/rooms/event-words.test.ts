import { afterEach, expect, it } from 'vitest'
import { speak } from '~/i18n/i18n'
import { parseServerFrame } from '~/realtime/frames'
import type { RoomFrame } from '~/realtime/wire.gen'
import { eventWords } from './event-words'

const ada = { by: 'a', byName: 'Ada' }
const bob = { userId: 'b', userName: 'Bob' }
const frame = (more: Partial<RoomFrame> & Pick<RoomFrame, 'event'>): RoomFrame => ({ type: 'room', room: 'r', seq: 1, at: 1, ...ada, ...more })

it('says what happened, to whoever reads it', () => {
  expect(eventWords(frame({ event: 'member_added', user: bob }), 'x')).toBe('Ada added Bob')
  expect(eventWords(frame({ event: 'member_added', user: bob }), 'b')).toBe('Ada added you')
  const came = frame({ event: 'member_added', user: bob, invited: true })
  expect(['x', 'a', 'b'].map((me) => eventWords(came, me))).toEqual(['Bob came by an invitation of Ada', 'Bob came by your invitation', 'You came by an invitation of Ada'])
  expect(eventWords(frame({ event: 'member_added', user: { userId: 'a', userName: 'Ada' } }), 'x')).toBe('Ada joined')
  expect(eventWords(frame({ event: 'member_removed', user: { userId: 'a', userName: 'Ada' } }), 'a')).toBe('You left')
  expect(eventWords(frame({ event: 'role_changed', user: bob, role: 'moderator' }), 'x')).toBe('Ada made Bob a moderator')
  expect(eventWords(frame({ event: 'renamed', name: 'Tea' }), 'x')).toBe('Ada renamed the room to “Tea”')
  expect(eventWords(frame({ event: 'topic_changed', topic: '' }), 'x')).toBe('Ada removed the topic')
  expect(eventWords(frame({ event: 'slow_mode', seconds: 30 }), 'x')).toBe('Ada turned slow mode on: one message every 30 seconds')
  expect(eventWords(frame({ event: 'kind_changed', kind: 'private', by: '', byName: '' }), 'x')).toBe('Somebody made the room private')
})

afterEach(() => speak({ locale: undefined, catalogue: {} }))

it('says what one did oneself in words of its own', () => {
  expect(eventWords(frame({ event: 'member_added', user: bob }), 'a')).toBe('You added Bob')
  expect(eventWords(frame({ event: 'role_changed', user: { userId: 'a', userName: 'Ada' }, role: 'member' }), 'a')).toBe('You made yourself a member')
  speak({ locale: 'de', catalogue: { 'You added {whom}': 'Du hast {whom} hinzugefügt', '{who} added you': '{who} hat dich hinzugefügt' } }, 'de')
  expect(eventWords(frame({ event: 'member_added', user: bob }), 'a')).toBe('Du hast Bob hinzugefügt')
  expect(eventWords(frame({ event: 'member_added', user: bob }), 'b')).toBe('Ada hat dich hinzugefügt')
})

it('takes its place for what it has no words for', () => {
  expect(parseServerFrame('{"type":"room","room":"r","seq":7,"event":"painted","at":1}')).toEqual({ type: 'skipped', room: 'r', seq: 7 })
  expect(parseServerFrame('{"type":"room","room":"r","seq":7,"event":"member_added","by":"a","byName":"Ada","user":{"userId":"b","userName":"Bob"},"invited":true,"at":1}')).toEqual(
    frame({ event: 'member_added', user: bob, invited: true, seq: 7 }),
  )
  expect(parseServerFrame('{"type":"room","room":"r","seq":7,"event":"topic_changed","by":"a","byName":"Ada","topic":"","at":1}')).toEqual(
    frame({ event: 'topic_changed', topic: '', seq: 7 }),
  )
})
