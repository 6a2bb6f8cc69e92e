import { QueryClient } from '@tanstack/solid-query'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { CHOICE } from '~/i18n/language'
import { attentionQuery, changeAttention, defaults, parseAttention, refreshAttention, tellLanguage } from './settings'

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

describe('settings', () => {
  const key = attentionQuery.queryKey
  const known = () => {
    const client = new QueryClient()
    client.setQueryData(key, defaults())
    return client
  }

  it('that were changed on another device are taken over', async () => {
    vi.stubGlobal('fetch', async () => Response.json({ desktop: false }))
    const client = known()
    await refreshAttention(client)
    expect(client.getQueryData(key)).toEqual({ ...defaults(), desktop: false })
    vi.stubGlobal('fetch', async () => new Response('', { status: 500 }))
    await refreshAttention(client)
    expect(client.getQueryData(key)?.desktop).toBe(false)
  })

  it('that are being changed here are not set back by what was asked meanwhile', async () => {
    const answer: { PUT: ((response: Response) => void)[]; GET: ((response: Response) => void)[] } = { PUT: [], GET: [] }
    vi.stubGlobal('fetch', (_path: string, { method }: { method: 'PUT' | 'GET' }) => new Promise((resolve) => answer[method].push(resolve)))
    const client = known()
    const sounds = changeAttention(client, { sounds: false })
    const mail = changeAttention(client, { mail: 'off' })
    const shown = { ...defaults(), sounds: false, mail: 'off' }
    expect(client.getQueryData(key)).toEqual(shown)
    const refreshed = refreshAttention(client)
    await vi.waitFor(() => expect(answer.PUT).toHaveLength(1))
    answer.PUT[0]?.(Response.json({ sounds: false }))
    await sounds
    answer.GET[0]?.(Response.json({ sounds: false }))
    await refreshed
    expect(client.getQueryData(key)).toEqual(shown)
    // The last answer has what others changed meanwhile, too.
    await vi.waitFor(() => expect(answer.PUT).toHaveLength(2))
    answer.PUT[1]?.(Response.json({ sounds: false, mail: 'off', desktop: false }))
    await mail
    expect(client.getQueryData(key)).toEqual({ ...shown, desktop: false })

    // Nor by an answer from before.
    const before = refreshAttention(client)
    const desktop = changeAttention(client, { desktop: true })
    await vi.waitFor(() => expect(answer.PUT).toHaveLength(3))
    answer.PUT[2]?.(Response.json({ ...shown, desktop: true }))
    await desktop
    answer.GET[1]?.(Response.json({ ...shown, desktop: false }))
    await before
    expect(client.getQueryData(key)?.desktop).toBe(true)
  })
})
