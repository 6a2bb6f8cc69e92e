import { beforeEach, describe, expect, test } from 'vitest'
import { emojiData } from '../../scripts/emoji-data.mjs'
import { data } from './data.gen'
import { emojiOfCode, findEmoji, groups } from './emoji'
import { signs } from './picker'
import { noteEmoji, recentEmoji, setSkinTone, skinTone } from './recent'
import { withTone } from './tone'

beforeEach(() => localStorage.clear())

test('the generated data are current', () => {
  expect(emojiData()).toContain(JSON.stringify(data))
})

test('each group has its sign', () => {
  expect(signs.slice(1).map(([, name]) => name)).toEqual(groups.map((g) => g.name))
})

test('all of them are read, each with a code of its own letters', () => {
  const all = groups.flatMap((g) => g.emoji)
  expect(groups).toHaveLength(9)
  expect(all.length).toBeGreaterThan(1_800)
  for (const e of all) {
    expect(e.codes.length, e.name).toBeGreaterThan(0)
    for (const code of e.codes) expect(code, e.name).toMatch(/^[\p{L}\p{N}_+-]+$/u)
  }
  // The keys begin like a heading or end like a mark of tones.
  expect(all.filter((e) => e.emoji === '#️⃣' || e.emoji === '*️⃣')).toHaveLength(2)
})

test.each([
  ['+1', '👍'], ['thumbsup', '👍'], ['thumbs_up', '👍'], ['tada', '🎉'], ['joy', '😂'], ['heart', '❤️'], ['SMILE', '😄'], ['de', '🇩🇪'],
])(':%s: is %s', (code, emoji) => {
  expect(emojiOfCode(code)?.emoji).toBe(emoji)
})

test.each([
  ['smi', '😄'], ['heart', '❤️'], ['party', '🎉'], ['thumbs', '👍'], ['waving hand', '👋'], ['grinning squint', '😆'], ['germany', '🇩🇪'], ['🎉', '🎉'], ['flag fr', '🇫🇷'],
])('looking for %s finds %s', (query, emoji) => {
  expect(findEmoji(query, 8).map((e) => e.emoji)).toContain(emoji)
})

test('what one uses comes before its equals', () => {
  const [first, second] = findEmoji('gri', 2)
  expect(findEmoji('gri', 2, [second?.emoji ?? ''])).toEqual([second, first])
})

test('nothing and nonsense find nothing', () => {
  for (const query of ['', ':', '  ', 'zzzzqq', '|', '*']) expect(findEmoji(query, 8), query).toEqual([])
})

describe('skin tones', () => {
  test.each([
    ['👍', '👍🏽'],
    ['👩‍💻', '👩🏽‍💻'],
    ['☝️', '☝🏽'],
    ['🧑‍🤝‍🧑', '🧑🏽‍🤝‍🧑🏽'],
    ['🤝', '🤝🏽'],
    ['👩‍❤️‍👨', '👩🏽‍❤️‍👨🏽'],
  ])('%s becomes %s', (emoji, toned) => {
    expect(withTone(emoji, '\u{1f3fd}')).toBe(toned)
    expect(withTone(emoji, '')).toBe(emoji)
  })

  test('every emoji that has tones stays one sign in each', () => {
    const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' })
    for (const e of groups.flatMap((g) => g.emoji).filter((x) => x.toned)) {
      const toned = withTone(e.emoji, '\u{1f3ff}')
      expect(toned, e.name).not.toBe(e.emoji)
      expect([...graphemes.segment(toned)], e.name).toHaveLength(1)
    }
  })
})

test('the latest used comes first, once, and the tone is kept', () => {
  expect(recentEmoji(3)).toEqual(['👍', '❤️', '😂'])
  noteEmoji('🐱')
  noteEmoji('😂')
  noteEmoji('🐱')
  expect(recentEmoji(3)).toEqual(['🐱', '😂', '👍'])
  setSkinTone('\u{1f3fc}')
  expect(skinTone()).toBe('\u{1f3fc}')
  expect(recentEmoji(2)).toEqual(['🐱', '😂'])
})

test('what stands in storage is not trusted', () => {
  for (const value of ['{', '[]', 'null', '{"recent":[1,"",{}],"tone":"x"}', '"a"']) {
    localStorage.setItem('snug:emoji', value)
    expect(recentEmoji(1)).toEqual(['👍'])
    expect(skinTone()).toBe('')
  }
})
