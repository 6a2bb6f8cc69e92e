import { afterEach, describe, expect, it } from 'vitest'
import { sizeOf } from '~/files/size'
import { speak } from '~/i18n/i18n'
import { fitted, isPicture, lengthOf } from './attachments'
import { decodeBlurhash } from './blurhash'
import { forwarded } from './forwarded'
import { inWords } from './names'
import { oneLine } from './one-line'
import { changed } from './pins-panel'

const file = (more: object = {}) => ({ id: 'f', name: 'a.png', mime: 'image/png', size: 1, width: 800, height: 600, url: '/api/files/f/a.png', ...more })

describe('pictures', () => {
  it.each([
    [1_600, 900, 420, 236], [900, 1_600, 180, 320], [200, 100, 200, 100], [10_000, 10, 420, 48], [4, 4, 48, 48], [0, 0, 420, 236],
  ])('of %d by %d are %d by %d', (width, height, w, h) => expect(fitted({ width, height })).toEqual({ width: w, height: h }))

  it('are what browsers show safely, of a size that is known', () => {
    expect(isPicture(file())).toBe(true)
    expect(isPicture(file({ mime: 'image/svg+xml' }))).toBe(false)
    expect(isPicture(file({ mime: 'text/html' }))).toBe(false)
    expect(isPicture(file({ width: 0 }))).toBe(false)
  })

  it('have a blur before they come', () => {
    const pixels = decodeBlurhash('LEHV6nWB2yk8pyo0adR*.7kCMdnj', 4, 3)
    expect(pixels?.length).toBe(48)
    // The reference decoder's first pixel.
    expect([...(pixels?.slice(0, 4) ?? [])]).toEqual([135, 164, 177, 255])
    for (const bad of ['', 'L', 'LEHV6nWB2yk8pyo0adR*.7kCMdn', 'LEHV6nWB2yk8pyo0adR*.7kCMdnj!', '\u{1F389}EHV6nWB2yk8pyo0adR*.7kCMdnj', 'é'.repeat(28)]) expect(decodeBlurhash(bad, 4, 3)).toBeNull()
  })
})

it('sizes and lengths are said as people say them', () => {
  expect([0, 1, 999, 1_000, 5_400, 9_960, 999_600, 12_345_678, 5e12, 5e15].map(sizeOf)).toEqual(['0 bytes', '1 byte', '999 bytes', '1 kB', '5.4 kB', '10 kB', '1 MB', '12 MB', '5 TB', '5,000 TB'])
  expect([undefined, 0, 1_000, 61_000, 3_661_000].map(lengthOf)).toEqual(['', '', '0:01', '1:01', '1:01:01'])
})

it('people are named in words', () => {
  expect(inWords([])).toBe('')
  expect(inWords(['Ada'])).toBe('Ada')
  expect(inWords(['Ada', 'you'])).toBe('Ada and you')
  expect(inWords(['Ada', 'Bob', 'you'])).toBe('Ada, Bob and you')
  expect(inWords(['1', '2', '3', '4'], 2)).toBe('1, 2 and 2 more')
})

describe('in the reader’s language', () => {
  afterEach(() => speak({ locale: undefined, catalogue: {} }))

  it('sizes and names are said', () => {
    speak({ locale: 'de', catalogue: { '{count} bytes': { one: '1 Byte', other: '{count} Byte' }, '{count} more': { one: '{count} weiterer', other: '{count} weitere' } } }, 'de')
    expect([1, 999, 5_400, 12_345_678].map(sizeOf)).toEqual(['1 Byte', '999 Byte', '5,4 kB', '12 MB'])
    expect(inWords(['1', '2', '3'], 2)).toBe('1, 2 und 1 weiterer')
  })

  it('English has one way to name people, wherever it is spoken', () => {
    for (const locale of ['en', 'en-US', 'en-GB']) {
      speak({ locale, catalogue: {} })
      expect(inWords(['Ada', 'Bob', 'you'])).toBe('Ada, Bob and you')
    }
  })
})

describe('a message in one line', () => {
  it.each([
    ['plain', 'plain'], ['two\nlines', 'two lines'], ['**bold** and `code`', 'bold and code'], ['# Title', 'Title'], ['> said', 'said'],
    ['- a\n- b', 'a b'], ['[name](https://a.example)', 'name'], ['@[Ada](user:u1) hi', '@Ada hi'], ['@[room](room:all) and @[here](room:here)', '@room and @here'], ['```js\nlet a\n```', 'let a'], ['5 * 3 * 2', '5 * 3 * 2'], ['', ''],
    ['*i* and _j_, (_k_)', 'i and j, (k)'], ['**bold _and_ slanted**', 'bold and slanted'], ['~~gone~~', 'gone'], ['***both***', 'both'], ['5*3*2 x_y_z __init__', '5*3*2 x_y_z __init__'],
    ['`a**b**` and `` ` ``', 'a**b** and `'], ['a `b` - c', 'a b - c'], ['\\*so\\*', '*so*'], ['@[A \\[b\\]](user:u1)', '@A [b]'], ['> > 1. **a**', 'a'], ['>a', 'a'],
    ['|a|b|\n|-|:-:|\n|1|**2**|', 'a b 1 2'], ['a\n\n---\nb', 'a b'], ['```\n- **x**\n```\nafter', '- **x** after'], ['```\nopen', 'open'], ['![dog](https://a.example/d.png)', 'dog'],
    ['[**a** b](https://a.example)', 'a b'], ['- not a - list', 'not a - list'], ['1 - 2', '1 - 2'], ['-5', '-5'], ['#general', '#general'], ['`', '`'], ['*', '*'], ['a -- b', 'a -- b'],
  ])('%j is %j', (content, line) => expect(oneLine({ content })).toBe(line))

  it('names its files where it has no words', () => {
    expect(oneLine({ content: '', attachments: [file()] })).toBe('a.png')
    expect(oneLine({ content: ' ', attachments: [file(), file()] })).toBe('a.png and 1 more')
    expect(oneLine({ content: 'x'.repeat(10_000) }).length).toBeLessThan(210)
  })
})

describe('a forwarded message', () => {
  it('is a quote with the way to it', () => {
    expect(forwarded({ content: 'one\n\ntwo', userName: 'A [b]' }, 'https://snug.example/rooms/r?message=m', 'look')).toBe('look\n\n> one\n>\n> two\n\n[From A \\[b\\]](https://snug.example/rooms/r?message=m)')
  })
  it('has no marks of direction in it that nobody typed', () => {
    speak({ locale: 'ar', catalogue: { 'From {who}': 'من {who}' }, rtl: true }, 'ar')
    try {
      expect(forwarded({ content: 'one', userName: '$& Ada' }, 'https://snug.example', '')).toBe('> one\n\n[من $& Ada](https://snug.example)')
    } finally {
      speak({ locale: undefined, catalogue: {} })
    }
  })
  it('fits into a message', () => {
    expect(forwarded({ content: '🎉'.repeat(10_000), userName: 'A' }, 'https://snug.example', '').length).toBeLessThan(20_000)
  })
})

const message = (id: string, more: object = {}) => ({ id, seq: 1, userId: 'u', userName: 'U', content: id, timestamp: 1, type: 'text' as const, pinned: true, ...more })

it('pins change as messages do', () => {
  const pins = [message('b'), message('a')]
  expect(changed(pins, message('c')).map((m) => m.id)).toEqual(['c', 'b', 'a'])
  expect(changed(pins, message('a', { content: 'edited' })).map((m) => m.content)).toEqual(['b', 'edited'])
  expect(changed(pins, message('b', { pinned: undefined })).map((m) => m.id)).toEqual(['a'])
  expect(changed(pins, message('a', { deletedAt: 5 })).map((m) => m.id)).toEqual(['b'])
  expect(changed(pins, message('d', { pinned: undefined })).map((m) => m.id)).toEqual(['b', 'a'])
})
