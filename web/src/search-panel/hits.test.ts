import { describe, expect, test } from 'vitest'
import { excerpt, parseResults, searchPath, wordsOf, type Mark } from './hits'

const shown = (content: string, marks: readonly Mark[]) => excerpt(content, marks).map((p) => (p.marked ? `[${p.text}]` : p.text)).join('')

describe('an excerpt', () => {
  test.each<[string, string, Mark[], string]>([
    ['shows a short text whole', 'a quick fox', [[2, 7]], 'a [quick] fox'],
    ['of a text without marks is its beginning', 'a quick fox', [], 'a quick fox'],
    ['begins and ends with marks', 'quick fox', [[0, 5], [6, 9]], '[quick] [fox]'],
    ['leaves out what is far before the mark', `${'word '.repeat(60)}needle and more`, [[300, 306]], `…${'word '.repeat(11)}[needle] and more`],
    ['cuts no emoji apart', `${'🎉'.repeat(200)}`, [[0, 2]], `[🎉]${'🎉'.repeat(109)}…`],
  ])('%s', (_, content, marks, want) => {
    expect(shown(content, marks)).toBe(want)
  })

  test('of any text holds its first mark', () => {
    for (let n = 0; n < 400; n += 7) {
      const content = `${'abc '.repeat(n)}needle ${'xyz '.repeat(400 - n)}`
      expect(shown(content, [[4 * n, 4 * n + 6]])).toContain('[needle]')
    }
  })
})

describe('results', () => {
  const message = { id: 'm1', userId: 'u1', userName: 'Ada', content: 'a fox', timestamp: 1, type: 'text', seq: 7 }
  test('are taken', () => {
    expect(parseResults({ hits: [{ room: 'one', message, marks: [[2, 5]] }], cursor: 'x' })).toMatchObject({ hits: [{ room: 'one', marks: [[2, 5]] }], cursor: 'x' })
  })
  test.each([null, [], { hits: 1 }, { hits: [{}] }, { hits: [{ room: 'one', message: { ...message, seq: undefined } }] }])('%j are none', (value) => {
    expect(parseResults(value)).toBeNull()
  })
  test('mark nothing that is not there', () => {
    expect(parseResults({ hits: [{ room: 'one', message, marks: [[2, 9], [3, 2], 'x', [0, 1], [0, 2]] }] })?.hits[0]?.marks).toEqual([[0, 1]])
  })
})

test('a search has an address', () => {
  expect(searchPath({ text: 'a&b', sort: 'best', room: 'one' }, 'c')).toMatch(/^\/api\/search\?q=a%26b&sort=best&room=one&cursor=c&offset=-?\d+$/)
})

test.each([
  ['quick "brown fox" from:ada -red has:link in:"x y"', ['quick', 'brown fox']],
  ['"open', ['open']],
  ['', []],
  ['http://example.org', ['http://example.org']],
])('the words of %s', (query, words) => {
  expect(wordsOf(query)).toEqual(words)
})
