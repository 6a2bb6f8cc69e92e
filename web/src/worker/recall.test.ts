import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { recall } from './recall'

const path = '/assets/de-1.json'
let full = false

// As a worker has it, as far as it is asked here; there is none without a browser.
function makeCaches() {
  const byName = new Map<string, Map<string, Response>>()
  return {
    async open(name: string) {
      const cache = byName.get(name) ?? new Map<string, Response>()
      byName.set(name, cache)
      return {
        match: async (key: string) => cache.get(key)?.clone(),
        async put(key: string, response: Response) {
          if (full) throw new DOMException('full', 'QuotaExceededError')
          cache.set(key, response)
        },
      }
    },
    async match(key: string) {
      for (const cache of byName.values()) if (cache.has(key)) return cache.get(key)?.clone()
      return undefined
    },
    delete: async (name: string) => byName.delete(name),
  }
}

beforeEach(() => {
  full = false
  vi.stubGlobal('caches', makeCaches())
})
afterEach(() => vi.unstubAllGlobals())

it('outlives the versions that kept it first', async () => {
  await (await caches.open('first')).put(path, new Response('{}'))
  expect(await (await recall(path, 'second'))?.text()).toBe('{}')
  await caches.delete('first')
  expect(await (await recall(path, 'third'))?.text()).toBe('{}')
  await caches.delete('second')
  expect(await (await recall(path, 'third'))?.text()).toBe('{}')
})

it('prefers its own', async () => {
  await (await caches.open('first')).put(path, new Response('old'))
  await (await caches.open('second')).put(path, new Response('new'))
  expect(await (await recall(path, 'second'))?.text()).toBe('new')
})

it('is there without space for it, and not if nobody kept it', async () => {
  await (await caches.open('first')).put(path, new Response('{}'))
  full = true
  expect(await (await recall(path, 'second'))?.text()).toBe('{}')
  expect(await recall('/assets/es-1.json', 'second')).toBeUndefined()
})
