import { describe, expect, it } from 'vitest'
import { read, type Found } from './extract'

function readOne(code: string): Found {
  const found: Found = { texts: new Map(), faults: [] }
  read('a.tsx', code, found)
  return found
}

const inside = (statement: string) => `function f() { ${statement} }`

describe('texts are found', () => {
  it.each<[string, [string, boolean][]]>([
    [inside("return t('Sign in')"), [['Sign in', false]]],
    [inside('return t("{who}\'s room", { who: t(`nobody`) })'), [["{who}'s room", false], ['nobody', false]]],
    [inside("return t('One ' + 'two')"), [['One two', false]]],
    [inside("return plural(n, '1 room', '{count} rooms', { who: t('you') })"), [['{count} rooms', true], ['you', false]]],
    ["const words = { a: m('Today'), b: [m('now')] }", [['Today', false], ['now', false]]],
    [inside("return <T text=\"{who} left\" who={<b>{t('You')}</b>} />"), [['{who} left', false], ['You', false]]],
    [inside("return <T text={x ? m('one') : m('two')} />"), [['one', false], ['two', false]]],
  ])('%s', (code, texts) => expect(readOne(code)).toEqual({ texts: new Map(texts), faults: [] }))
})

describe('what is no text for people is let be', () => {
  it.each([
    "import { x } from 'Some place'",
    "type A = 'Of course' | 'Not now'",
    inside("return <p class=\"some more words here\" data-testid=\"Some words\">{x} · 5 %</p>"),
    inside("return cn('some more words here')"),
    inside("return event.key === 'Enter' || reply.headers.get('Location')"),
    inside("throw new Error('open the store: no way')"),
    inside("return <b>Snug</b>"),
    inside("return { type: 'Some thing' }"),
    "const id = 'some-thing'",
  ])('%s', (code) => expect(readOne(code)).toEqual({ texts: new Map(), faults: [] }))
})

describe('faults are', () => {
  it.each([
    [inside('return <p>Some words</p>'), '“Some words” is in no catalogue'],
    [inside('return <p title="Some words" />'), '“Some words” is in no catalogue'],
    ["const title = 'Today'", '“Today” is in no catalogue'],
    [inside('return `${n} messages found`'), '“ messages found” is in no catalogue'],
    [inside("return t(`Hi ${who}`)"), '“Hi ” is in no catalogue'],
    [inside("return get('Today')"), '“Today” is in no catalogue'],
    ["const title = t('Today')", 't() before the language is known'],
    [inside('return plural(n, one, other)'), 'the forms of a plural have to stand there in full'],
    [inside("return plural(n, '1 room', '{count} rooms') + t('{count} rooms')"), 'is a plural in one place and none in another'],
  ])('%s', (code, fault) => {
    const { faults } = readOne(code)
    expect(faults.length).toBeGreaterThan(0)
    expect(faults[0]).toContain(fault)
  })

  it('told with their place', () => {
    expect(readOne("import a from 'a'\n\nconst title = 'Some words'\n").faults).toEqual(['a.tsx:3: “Some words” is in no catalogue'])
  })
})
