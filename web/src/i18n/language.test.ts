import { afterEach, expect, it } from 'vitest'
import { preferred, takeTyped } from './language'

afterEach(() => sessionStorage.clear())

it.each<[string[], string]>([
  [['de-AT', 'en'], 'de'],
  [['fr-FR', 'zh-Hant-TW', 'en'], 'zh'],
  [['EN-us', 'de'], 'en'],
  [['fr', 'toString'], 'en'],
  [[], 'en'],
])('of %j it speaks %s', (wanted, language) => expect(preferred(wanted)).toBe(language))

it('gives back once what was typed on the same page', () => {
  sessionStorage.setItem('snug:typed', JSON.stringify({ [`${location.pathname} email`]: 'ada@example.org', '/elsewhere name': 'Ada' }))
  expect(takeTyped('name')).toBeUndefined()
  expect(takeTyped('email')).toBe('ada@example.org')
  expect(takeTyped('email')).toBeUndefined()
  sessionStorage.setItem('snug:typed', '[')
  expect(takeTyped('email')).toBeUndefined()
})
