import { expect, it } from 'vitest'
import { seenWords } from '~/room/seen-by'
import { untilOf } from './status'

const at = (...parts: [number, number, number, number?, number?]) => new Date(...parts).getTime()

it('ends a status with the day, and with the week on Sunday', () => {
  const thursday = at(2026, 10, 26, 18, 40)
  expect(untilOf('half', thursday)).toBe(at(2026, 10, 26, 19, 10))
  expect(untilOf('hour', thursday)).toBe(at(2026, 10, 26, 19, 40))
  expect(untilOf('today', thursday)).toBe(at(2026, 10, 27))
  expect(untilOf('week', thursday)).toBe(at(2026, 10, 30))
  expect(untilOf('week', at(2026, 10, 29, 23, 59))).toBe(at(2026, 10, 30))
  expect(untilOf('week', at(2026, 10, 30))).toBe(at(2026, 11, 7))
  expect(untilOf('never', thursday)).toBe(0)
})

it('names who has seen a message, and counts many', () => {
  expect(seenWords(['Bob'], 1)).toBe('Seen by Bob')
  expect(seenWords(['Bob', 'Cleo'], 2)).toBe('Seen by Bob and Cleo')
  expect(seenWords(['Bob', 'Cleo', 'Dora'], 4)).toBe('Seen by Bob, Cleo and Dora')
  expect(seenWords(['Bob', 'Cleo', 'Dora'], 3)).toBe('Seen by everyone')
  expect(seenWords(['Bob', 'Cleo', 'Dora', 'Eve'], 9)).toBe('Seen by Bob, Cleo and 2 others')
  expect(seenWords(['Bob', undefined], 9)).toBe('Seen by Bob and 1 other')
  expect(seenWords([undefined, undefined], 9)).toBe('Seen by 2 people')
})
