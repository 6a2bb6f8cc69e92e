import { afterEach, describe, expect, it } from 'vitest'
import { dates, locale, m, plural, speak, t, unfilled, type Catalogue } from './i18n'
import { preferred } from './language'

afterEach(() => speak({ locale: undefined, catalogue: {} }))

const inGerman = (catalogue: Catalogue) => speak({ locale: 'de-DE', catalogue }, 'de')
/** A catalogue as it comes from the server: there a hostile key is one like all others. */
const fetched = (json: string) => JSON.parse(json) as Catalogue

describe('a text', () => {
  it.each([
    ['Sign in', undefined, 'Sign in'],
    ['{who} left', { who: 'Ada' }, 'Ada left'],
    ['{a}{b}, {a}', { a: '1', b: '2' }, '12, 1'],
    ['', { a: 'x' }, ''],
    ['{who} left', undefined, '{who} left'],
    ['{who} left {room}', { who: 'Ada' }, 'Ada left {room}'],
    ['{ who } {} {a-b} {who', { who: 'Ada' }, '{ who } {} {a-b} {who'],
    ['{a} {b}', { a: '{b}', b: '$& $1' }, '{b} $& $1'],
    ['“{who}”', { who: '' }, '“”'],
  ] as const)('%j with %j is %j', (text, values, said) => expect(t(text, values)).toBe(said))

  it('is said in the language that is spoken, in its order and with its numbers', () => {
    inGerman({ '{who} has {size} bytes': '{size} Byte hat {who}' })
    expect(t('{who} has {size} bytes', { who: 'Ada', size: 1234567.5 })).toBe('1.234.567,5 Byte hat Ada')
  })

  it('from right to left keeps names to themselves, whose signs would wander else', () => {
    speak({ locale: 'ar', catalogue: { '{who} left': '{who} غادر' }, rtl: true }, 'ar')
    expect(t('{who} left', { who: 'Ada (she)' })).toBe('\u2068Ada (she)\u2069 غادر')
  })

  it('that no catalogue has, or has untranslated, is said in English', () => {
    inGerman({ 'Sign in': 'Anmelden', 'Sign out': '', '{count} rooms': { one: '', other: '' } })
    expect(t('Sign in')).toBe('Anmelden')
    expect(t('Sign out')).toBe('Sign out')
    expect(t('{who} left', { who: 'Ada' })).toBe('Ada left')
    expect(plural(1, '1 room', '{count} rooms')).toBe('1 room')
    expect(plural(2000, '1 room', '{count} rooms')).toBe('2.000 rooms')
  })

  it('is told by its remark from another one of the same words', () => {
    expect(t('Open@@the verb')).toBe('Open')
    expect(t('{n} open@@rooms', { n: 2 })).toBe('2 open')
    expect(plural(1, '1 open@@room', '{count} open@@rooms')).toBe('1 open')
    expect(unfilled('{who} left@@the server')).toBe('{who} left')
    inGerman({ Open: 'Offen', 'Open@@the verb': 'Öffnen' })
    expect(t('Open@@the verb')).toBe('Öffnen')
    expect(t('Open@@the state')).toBe('Open')
    expect(t('Open')).toBe('Offen')
  })

  it('is left as it is by what marks it', () => {
    inGerman({ Today: 'Heute' })
    const marked = m('Today')
    expect(marked).toBe('Today')
    expect(t(marked)).toBe('Heute')
  })

  it('is looked up with the names still in it', () => {
    inGerman({ '{who} left': '{who} ging' })
    expect(unfilled('{who} left')).toBe('{who} ging')
  })
})

describe('what objects have by birth', () => {
  const names = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf']

  it.each(names)('%s is a text like any other', (name) => {
    inGerman({})
    expect(t(name)).toBe(name)
    expect(unfilled(name)).toBe(name)
    expect(plural(2, name, name)).toBe(name)
    inGerman(fetched(`{ ${JSON.stringify(name)}: "ja" }`))
    expect(t(name)).toBe('ja')
  })

  it.each(names)('%s is a place like any other', (name) => {
    expect(t(`a {${name}} b`, {})).toBe(`a {${name}} b`)
    expect(plural(2, 'x', `{count} {${name}}`)).toBe(`2 {${name}}`)
    expect(t(`a {${name}} b`, fetched(`{ ${JSON.stringify(name)}: "c" }`) as Record<string, string>)).toBe('a c b')
  })
})

describe('a number', () => {
  it.each([[0, '0 rooms here'], [1, '1 room here'], [2, '2 rooms here'], [1.5, '1.5 rooms here']])('in English: %d', (count, said) => {
    speak({ locale: 'en', catalogue: {} })
    expect(plural(count, '1 room {where}', '{count} rooms {where}', { where: 'here' })).toBe(said)
  })

  it('has in Arabic each of its six forms', () => {
    const catalogue = { '{count} rooms': { zero: 'zero', one: 'one', two: 'two', few: 'few {count}', many: 'many {count}', other: 'other {count}' } }
    speak({ locale: 'ar-u-nu-latn', catalogue }, 'ar')
    const said = [0, 1, 2, 3, 10, 11, 99, 100, 102, 103, 1000].map((count) => plural(count, '1 room', '{count} rooms'))
    expect(said).toEqual(['zero', 'one', 'two', 'few 3', 'few 10', 'many 11', 'many 99', 'other 100', 'other 102', 'few 103', 'other 1,000'])
  })

  it('is written in the digits of the language', () => {
    speak({ locale: 'ar-u-nu-arab', catalogue: {} }, 'ar')
    expect(t('{n}', { n: 45 })).toBe('٤٥')
    expect(t('{n}', { n: '45' })).toBe('45')
  })

  it('has one form in Chinese, and the last one where a form is missing', () => {
    speak({ locale: 'zh', catalogue: { '{count} rooms': { other: '{count} 个房间' }, '{count} people': '{count} 人' } }, 'zh')
    expect(plural(1, '1 room', '{count} rooms')).toBe('1 个房间')
    expect(plural(1, '1 person', '{count} people')).toBe('1 人')
    inGerman({ '{count} rooms': { one: '', other: '{count} Räume' } })
    expect(plural(1, '1 room', '{count} rooms')).toBe('1 Räume')
  })

  it('is the one that is counted, whatever else is called so', () => {
    expect(plural(2, '1 room', '{count} rooms', { count: 7 })).toBe('2 rooms')
  })
})

describe('what is spoken', () => {
  it('is what Intl is asked for', () => {
    expect(locale()).toBeUndefined()
    inGerman({})
    expect(locale()).toBe('de-DE')
  })

  it('is known to dates that were made before', () => {
    const day = dates({ day: 'numeric', month: 'long', timeZone: 'UTC' })
    speak({ locale: 'es', catalogue: {} }, 'es')
    expect(day(Date.UTC(2026, 10, 28))).toBe('28 de noviembre')
    expect(day(new Date(Date.UTC(2026, 0, 1)))).toBe('1 de enero')
  })
})

describe('of what the browser prefers', () => {
  it.each([
    [[], 'en'],
    [['en-GB', 'de'], 'en'],
    [['de'], 'de'],
    [['de-AT', 'en'], 'de'],
    [['es-419'], 'es'],
    [['zh-Hant-TW'], 'zh'],
    [['AR-EG'], 'ar'],
    [['fr-FR', 'pt', 'es', 'de'], 'es'],
    [['fr', 'it'], 'en'],
    [['deu', 'den', 'd'], 'en'],
    [['', '-', '*', '__proto__', 'constructor', 'toString-de'], 'en'],
  ] as const)('%j, it is %s', (wanted, language) => expect(preferred(wanted)).toBe(language))
})
