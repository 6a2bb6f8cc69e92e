import { extendTailwindMerge } from 'tailwind-merge'
import { expect, it } from 'vitest'
import { cn } from './cn'

const whole = extendTailwindMerge({
  extend: {
    theme: {
      text: ['day', 'meta', 'body', 'title', 'headline'],
      radius: ['control', 'card'],
      shadow: ['float'],
      animate: ['pop-in', 'pop-out', 'fade-in', 'fade-out', 'breathe'],
    },
  },
})

const sources = import.meta.glob<string>('../**/*.tsx', { query: '?raw', import: 'default', eager: true })

/** All classes that stand in the sources, without what stands before their last colon. */
function classes(): string[] {
  const found = new Set<string>()
  for (const source of Object.values(sources)) {
    for (const [, text] of source.matchAll(/["'`]([^"'`\n]*)["'`]/g)) {
      for (const word of text?.split(/\s+/) ?? []) {
        const base = word.replace(/^(?:[\w@-]+(?:\[[^\]]*\])?(?:\/\w+)?:)+/, '')
        // What Tailwind knows it takes but once.
        if (base !== '' && whole(`${base} ${base}`) === base) found.add(base)
      }
    }
  }
  return [...found]
}

// All pairs take a while on a busy machine.
it('the classes that are used here contradict each other as in all of Tailwind', { timeout: 60_000 }, () => {
  const all = classes()
  expect(all.length).toBeGreaterThan(200)
  const wrong: string[] = []
  for (const a of all) {
    for (const b of all) {
      if (a === b) continue // it does no harm
      const both = `${a} ${b}`
      const [expected, got] = [whole(both), cn(both)]
      if (expected !== got) wrong.push(`${both}: ${got}, not ${expected}`)
    }
  }
  expect(wrong.slice(0, 40), `${wrong.length} pairs`).toEqual([])
})

it('joins what is true', () => {
  expect(cn('p-2', false, undefined, { 'p-4': true, hidden: false })).toBe('p-4')
  expect(cn('hover:bg-ink/6 bg-paper', 'bg-surface')).toBe('hover:bg-ink/6 bg-surface')
})
