import { afterEach, expect, it } from 'vitest'
import { giveBackTyped } from './choose'
import { preferred } from './language'

afterEach(() => {
  sessionStorage.clear()
  document.body.replaceChildren()
})

it.each<[string[], string]>([
  [['de-AT', 'en'], 'de'],
  [['fr-FR', 'zh-Hant-TW', 'en'], 'zh'],
  [['EN-us', 'de'], 'en'],
  [['fr', 'toString'], 'en'],
  [[], 'en'],
])('of %j it speaks %s', (wanted, language) => expect(preferred(wanted)).toBe(language))

it('gives back, once, what was typed on the same page', () => {
  document.body.innerHTML = '<input name="name"><input name="email"><input name="password">'
  const [name, email, password] = document.querySelectorAll('input')
  const heard: string[] = []
  document.body.addEventListener('input', (event) => heard.push((event.target as HTMLInputElement).name))
  const kept = { [`${location.pathname} email`]: 'ada@example.org', [`${location.pathname} password`]: 'secret', '/elsewhere name': 'Ada' }
  sessionStorage.setItem('snug:typed', JSON.stringify(kept))
  giveBackTyped()
  expect([name?.value, email?.value, password?.value]).toEqual(['', 'ada@example.org', ''])
  expect(heard).toEqual(['email'])
  if (email) email.value = 'other@example.org'
  giveBackTyped()
  expect(email?.value).toBe('other@example.org')
  sessionStorage.setItem('snug:typed', '[')
  giveBackTyped()
  expect(heard).toEqual(['email'])
})
