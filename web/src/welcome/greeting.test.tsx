import { QueryClient, QueryClientProvider } from '@tanstack/solid-query'
import type { Component } from 'solid-js'
import { render } from 'solid-js/web'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { greetingQuery } from './calls'
import { createAway, NewcomerCard, SetupCard } from './cards'
import { createGreeting } from './greeting'

const SOON = { timeout: 10_000 }
const shown: (Component | undefined)[] = []
const toasts: string[] = []

vi.mock('~/app/live', () => ({
  useLive: () => ({
    account: () => ({ id: 'ada' }),
    connection: { subscribe: () => () => {} },
    setGreeting: (card: Component | undefined) => shown.push(card),
  }),
}))
vi.mock('~/ui/toast', () => ({ showToast: (toast: { title: string }) => toasts.push(toast.title) }))

let client: QueryClient
let end = () => {}
beforeEach(() => {
  client = new QueryClient()
  shown.length = 0
  toasts.length = 0
  localStorage.clear()
  vi.stubGlobal('fetch', () => new Promise(() => {}))
})
afterEach(() => {
  end()
  vi.unstubAllGlobals()
})

function within<T>(make: () => T): T {
  let made!: T
  const Inner = () => {
    made = make()
    return null
  }
  end = render(() => <QueryClientProvider client={client}><Inner /></QueryClientProvider>, document.createElement('div'))
  return made
}

it('shows the card of how things stand as the cards come', async () => {
  client.setQueryData(greetingQuery.queryKey, { setup: 'left', newcomer: true })
  within(() => createGreeting(() => true))
  client.setQueryData(greetingQuery.queryKey, { setup: 'done', newcomer: true })
  await vi.waitFor(() => expect(shown).toEqual([NewcomerCard]), SOON)
})

it('shows none that comes after it was put away', async () => {
  client.setQueryData(greetingQuery.queryKey, { setup: 'left', newcomer: false })
  within(() => createGreeting(() => true))
  client.setQueryData(greetingQuery.queryKey, { setup: 'done', newcomer: false })
  await vi.waitFor(() => expect(shown).toContain(undefined), SOON)
  await vi.dynamicImportSettled()
  expect(shown).not.toContain(SetupCard)
  expect(shown).not.toContain(NewcomerCard)
})

it('is put away in silence by what one does, once at a time, and aloud by who asks for it', async () => {
  const replies: (() => void)[] = []
  const away = within(() =>
    createAway(() => new Promise((resolve) => replies.push(() => resolve({ ok: false, failure: { kind: 'unreachable' } }))), (g) => g),
  )
  const first = away(false)
  void away(false)
  expect(replies.length).toBe(1)
  replies.shift()?.()
  await first
  expect(toasts).toEqual([])
  const again = away(false)
  const asked = away()
  expect(replies.length).toBe(2)
  for (const reply of replies) reply()
  await Promise.all([again, asked])
  expect(toasts).toEqual(['It comes back the next time'])
})
