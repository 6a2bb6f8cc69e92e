import { QueryClient } from '@tanstack/solid-query'
import { afterEach, expect, it, vi } from 'vitest'
import { CHOICE } from '~/i18n/language'
import { attentionQuery, defaults, parseAttention, tellLanguage } from './settings'

afterEach(() => {
  vi.unstubAllGlobals()
  localStorage.clear()
})

it('reads what the server keeps, and stands by itself where that makes no sense', () => {
  const kept = {
    notify: { rooms: 'nothing', directs: 'mentions' },
    quietHours: { on: true, from: '23:30', to: '06:00', days: [1, 5], timezone: 'Asia/Tokyo' },
    snoozedUntil: 12, mail: 'off', sounds: false, desktop: false, language: 'ar',
  }
  expect(parseAttention(kept)).toEqual(kept)
  expect(parseAttention({})).toEqual(defaults())
  expect(parseAttention({ notify: { rooms: 'loud' }, quietHours: { from: '25:00', to: 'noon', days: [9, 'x', 2] }, snoozedUntil: 'never', language: 'toString' })).toEqual({
    ...defaults(), quietHours: { ...defaults().quietHours, days: [2] },
  })
  expect(parseAttention(null)).toBeNull()
  expect(parseAttention('x')).toBeNull()
})

it.each([
  ['nothing yet', {}, [{ language: 'de' }]],
  ['another language', { language: 'en' }, [{ language: 'de' }]],
  ['this one', { language: 'de' }, []],
])('tells what it speaks to a server that knows %s', async (_, kept, told) => {
  localStorage.setItem(CHOICE, 'de')
  const bodies: unknown[] = []
  vi.stubGlobal('fetch', async (_path: string, init: RequestInit) => {
    if (init.method === 'PUT') bodies.push(JSON.parse(String(init.body)))
    return Response.json({ ...kept, sounds: false })
  })
  const client = new QueryClient()
  await tellLanguage(client)
  expect(bodies).toEqual(told)
  expect(client.getQueryData(attentionQuery.queryKey)).toEqual({ ...defaults(), sounds: false, language: 'de' })
})

it('says nothing where the settings are not to be had', async () => {
  const methods: unknown[] = []
  vi.stubGlobal('fetch', async (_path: string, init: RequestInit) => {
    methods.push(init.method)
    return new Response('', { status: 500 })
  })
  await expect(tellLanguage(new QueryClient())).rejects.toThrow()
  expect(methods).toEqual(['GET'])
})
