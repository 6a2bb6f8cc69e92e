import { describe, expect, it } from 'vitest'
import { makeMatcher } from './match'

/** The text with what was typed in brackets. */
function shown(typed: string, text: string): string | undefined {
  const found = makeMatcher(typed)(text)
  if (!found) return undefined
  let out = ''
  let at = 0
  for (const [begin, end] of found.marks) {
    out += `${text.slice(at, begin)}[${text.slice(begin, end)}]`
    at = end
  }
  return out + text.slice(at)
}

describe('what is typed', () => {
  it.each([
    ['gen', 'General', '[Gen]eral'],
    ['gd', 'General discussion', '[G]eneral [d]iscussion'],
    ['gen dis', 'General discussion', '[Gen]eral [dis]cussion'],
    ['gendis', 'General discussion', '[Gen]eral [dis]cussion'],
    ['dis', 'General discussion', 'General [dis]cussion'],
    ['dis gen', 'General discussion', '[Gen]eral [dis]cussion'],
    ['cuss', 'General discussion', 'General dis[cuss]ion'],
    ['jose', 'José Ñandú', '[José] Ñandú'],
    ['JN', 'José Ñandú', '[J]osé [Ñ]andú'],
    ['strasse', 'Straße', '[Straße]'],
    ['oyvind', 'Øyvind', '[Øyvind]'],
    // A longer run that leaves nothing for the rest gives way to a shorter one.
    ['aab', 'aa ab', '[a]a [ab]'],
    ['opsal', 'ops-alerts', '[ops]-[al]erts'],
    ['京都', '東京都庁', '東[京都]庁'],
    ['мос', 'Москва', '[Мос]ква'],
    ['👩', 'x', undefined],
    ['z', 'General', undefined],
    ['gx', 'General discussion', undefined],
    ['', 'General', 'General'],
    ['  ', 'General', 'General'],
  ])('%s in %s is %s', (typed, text, expected) => expect(shown(typed, text)).toBe(expected))

  it('finds the likeliest first', () => {
    const match = makeMatcher('des')
    const order = ['Sundesk', 'All designs', 'Design', 'Des'].map((text) => ({ text, score: match(text)?.score ?? 0 })).sort((a, b) => b.score - a.score)
    expect(order.map((o) => o.text)).toEqual(['Des', 'Design', 'All designs', 'Sundesk'])
  })

  it('takes no time over what is made to take it', () => {
    const text = 'a '.repeat(64)
    const start = performance.now()
    expect(makeMatcher(`${'a'.repeat(60)}b`)(text)).toBeUndefined()
    // Without what it remembers this would not end within anybody's life.
    expect(performance.now() - start).toBeLessThan(60_000)
  })
})
