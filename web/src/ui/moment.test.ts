import { expect, test } from 'vitest'
import { fieldOf, momentBounds, momentIn } from './moment'

const now = new Date(2026, 2, 4, 18, 30, 20).getTime()

test('a moment is read as it is shown', () => {
  expect(fieldOf(now)).toBe('2026-03-04T18:30')
  expect(momentIn('2026-03-04T18:31', now)).toBe(new Date(2026, 2, 4, 18, 31).getTime())
  expect(momentIn('2026-12-31T23:59', now)).toBe(new Date(2026, 11, 31, 23, 59).getTime())
})

test.each(['', 'tomorrow', '2026-03-04', '2026-03-04T18:30', '2020-01-01T00:00', '2027-03-05T18:31', '12026-03-04T18:31', '2026-13-01T00:00'])('%j may not be chosen', (field) => {
  expect(momentIn(field, now)).toBeUndefined()
})

test('both bounds may be chosen', () => {
  const { min, max } = momentBounds(now)
  expect(momentIn(min, now)).toBeDefined()
  expect(momentIn(max, now)).toBeDefined()
})
