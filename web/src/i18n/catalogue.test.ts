import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { read, type Found } from './extract'
import type { Catalogue, Entry } from './i18n'
import { languages } from './languages'
import { serverWords } from './server'

// Set UPDATE=1 to put new texts into the catalogues, untranslated, and take those out
// that nothing says any more. An untranslated text fails.

const sources = import.meta.glob<string>(['../**/*.{ts,tsx}', '!../**/*.test.*', '!../**/*.gen.ts', '!./**'], { query: '?raw', import: 'default', eager: true })
const generated = import.meta.glob<string>('../permissions.gen.ts', { query: '?raw', import: 'default', eager: true })
const catalogues = import.meta.glob<Catalogue>('./catalogues/*.json', { import: 'default', eager: true })

const found: Found = { texts: new Map(), faults: [] }
const server = import.meta.glob<string>('./server.ts', { query: '?raw', import: 'default', eager: true })
for (const [file, code] of Object.entries({ ...sources, ...generated, ...server })) read(file.replace('../', ''), code, found)

it('all that the client says is in the catalogues', () => {
  expect(found.faults).toEqual([])
  expect(found.texts.size).toBeGreaterThan(1000)
})

it('the server says what is said to be its words', () => {
  const source = ['chat', 'httpapi', 'files', 'place', 'search'].flatMap((folder) => {
    const files = readdirSync(`../${folder}`).filter((name) => name.endsWith('.go'))
    return files.map((name) => readFileSync(`../${folder}/${name}`, 'utf8'))
  }).join('\n')
  expect(serverWords.filter((words) => !source.includes(`"${words}"`))).toEqual([])
})

const placeholders = (text: string) => [...new Set(text.match(/\{\w+\}/g))].sort().join()

for (const language of Object.keys(languages).filter((code) => code !== 'en')) {
  describe(language, () => {
    const catalogue = catalogues[`./catalogues/${language}.json`] ?? {}
    if (process.env['UPDATE']) update(language, catalogue)
    const categories = new Intl.PluralRules(language).resolvedOptions().pluralCategories

    it('says all, and nothing else', () => {
      expect([...found.texts.keys()].filter((text) => !said(catalogue[text])), 'not translated').toEqual([])
      expect(Object.keys(catalogue).filter((text) => !found.texts.has(text)), 'not in the source').toEqual([])
    })

    it('has the same names in it as the English text, and a form for each number', () => {
      const wrong: string[] = []
      for (const [text, plural] of found.texts) {
        const entry = catalogue[text]
        if (entry === undefined || !said(entry)) continue
        if (typeof entry === 'string' ? plural : !plural) wrong.push(`${text}: ${plural ? 'forms of a plural' : 'one text'} expected`)
        else if (typeof entry === 'string') {
          if (placeholders(entry) !== placeholders(text)) wrong.push(`${text}: ${entry}`)
        } else {
          for (const category of categories) if (!entry[category]) wrong.push(`${text}: no form for "${category}"`)
          // "one" may spell its number out, and Arabic its zero and two.
          const all = placeholders(text)
          const without = placeholders(text.replaceAll('{count}', ''))
          for (const [category, form] of Object.entries(entry)) {
            const names = placeholders(form)
            if (names !== all && !(names === without && /^(?:zero|one|two)$/.test(category))) wrong.push(`${text} (${category}): ${form}`)
          }
        }
      }
      expect(wrong).toEqual([])
    })
  })
}

function said(entry: Entry | undefined): boolean {
  if (entry === undefined) return false
  return typeof entry === 'string' ? entry !== '' : Object.values(entry).some((form) => form !== '')
}

function update(language: string, catalogue: Catalogue) {
  const categories = new Intl.PluralRules(language).resolvedOptions().pluralCategories
  const next: Record<string, Entry> = {}
  for (const text of [...found.texts.keys()].sort()) {
    next[text] = catalogue[text] ?? (found.texts.get(text) ? Object.fromEntries(categories.map((category) => [category, ''])) : '')
  }
  writeFileSync(`src/i18n/catalogues/${language}.json`, `${JSON.stringify(next, null, 2)}\n`)
}
