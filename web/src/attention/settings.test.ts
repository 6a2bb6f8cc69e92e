import { expect, it } from 'vitest'
import { defaults, parseAttention } from './settings'

it('reads what the server keeps, and stands by itself where that makes no sense', () => {
  const kept = {
    notify: { rooms: 'nothing', directs: 'mentions' },
    quietHours: { on: true, from: '23:30', to: '06:00', days: [1, 5], timezone: 'Asia/Tokyo' },
    snoozedUntil: 12, mail: 'off', sounds: false, desktop: false,
  }
  expect(parseAttention(kept)).toEqual(kept)
  expect(parseAttention({})).toEqual(defaults())
  expect(parseAttention({ notify: { rooms: 'loud' }, quietHours: { from: '25:00', to: 'noon', days: [9, 'x', 2] }, snoozedUntil: 'never' })).toEqual({
    ...defaults(), quietHours: { ...defaults().quietHours, days: [2] },
  })
  expect(parseAttention(null)).toBeNull()
  expect(parseAttention('x')).toBeNull()
})
