import { afterEach, expect, it } from 'vitest'
import { giveBackTyped } from './choose'
import { preferred } from './language'
import { isRtl } from './languages'

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

it.each([['ar', true], ['de', false], ['toString', false]])('%s is written from right to left: %s', (language, rtl) => expect(isRtl(language)).toBe(rtl))

function keep(typed: Record<string, string>, choosing: boolean) {
  sessionStorage.setItem('snug:typed', JSON.stringify({ typed, choosing }))
}

it('gives back, once, what was typed on the same page', () => {
  document.body.innerHTML = '<input name="email"><input name="password">'
  const [email, password] = document.querySelectorAll('input')
  const heard: string[] = []
  document.body.addEventListener('input', (event) => heard.push((event.target as HTMLInputElement).name))
  keep({ [`${location.pathname} name`]: 'Ada', [`${location.pathname} email`]: 'ada@example.org', [`${location.pathname} password`]: 'secret', '/elsewhere name': 'Ada' }, false)
  giveBackTyped()
  expect([email?.value, password?.value]).toEqual(['ada@example.org', ''])
  expect(heard).toEqual(['email'])
  if (email) email.value = 'other@example.org'
  // A field that is drawn at another time isn't the one that was typed in.
  document.body.insertAdjacentHTML('beforeend', '<input name="name">')
  giveBackTyped()
  expect(email?.value).toBe('other@example.org')
  expect(document.querySelector<HTMLInputElement>('[name=name]')?.value).toBe('')
  sessionStorage.setItem('snug:typed', '[')
  giveBackTyped()
  expect(heard).toEqual(['email'])
})

it.each([true, false])('leaves the choice of a language where it was made, if it was made there: %s', (choosing) => {
  document.body.innerHTML = '<select name="language"><option>English</option></select>'
  keep({}, choosing)
  giveBackTyped()
  expect(document.activeElement === document.querySelector('select')).toBe(choosing)
})
