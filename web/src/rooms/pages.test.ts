import { expect, test } from 'vitest'
import { kept } from './pages'

test('what is read again keeps the items that are as they were', () => {
  const before = [{ id: '1', state: 'open' }, { id: '2', state: 'open' }]
  const after = kept(before, [{ id: '3', state: 'open' }, { id: '1', state: 'open' }, { id: '2', state: 'handled' }])
  expect(after).toEqual([{ id: '3', state: 'open' }, { id: '1', state: 'open' }, { id: '2', state: 'handled' }])
  expect(after[1]).toBe(before[0])
  expect(after[2]).not.toBe(before[1])
})
