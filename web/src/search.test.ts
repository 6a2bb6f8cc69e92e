import { describe, expect, it } from 'vitest'
import { only, parseSearch, stringifySearch } from './search'

describe('the search of an address', () => {
  it.each([
    ['?code=12345678901234567890&state=1e400', { code: '12345678901234567890', state: '1e400' }],
    ['?a=true&b=null&c=%22x%22', { a: 'true', b: 'null', c: '"x"' }],
    ['?redirect=%2Frooms%2Fx%3Fy%3Dz', { redirect: '/rooms/x?y=z' }],
    ['?a=1&a=2', { a: '2' }], ['', {}], ['?', {}],
  ])('%s stays text', (text, expected) => {
    expect(parseSearch(text)).toEqual(expected)
    expect(parseSearch(stringifySearch(expected))).toEqual(expected)
  })

  it('leaves out what is not there', () => {
    expect(stringifySearch({ a: undefined, b: 'x y' })).toBe('?b=x+y')
    expect(stringifySearch({})).toBe('')
  })

  it('keeps the names that a page knows', () => {
    expect(only('a', 'b')({ a: '1', c: '2' })).toEqual({ a: '1' })
    expect(only('a')({ a: 5 })).toEqual({})
  })
})
