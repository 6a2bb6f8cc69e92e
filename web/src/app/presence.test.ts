import { createRoot, createSignal } from 'solid-js'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Connection, ConnectionListener } from '~/realtime/connection'
import type { ClientFrame, PersonState } from '~/realtime/wire.gen'
import { AWAY_MS, watchAway } from './away'
import { makePresence, WATCH_LIMIT } from './presence'

let listener: ConnectionListener
let sent: ClientFrame[]
let isOpen: boolean

const connection: Connection = {
  state: () => ({ status: 'connecting', attempt: 0 }),
  subscribe(l) {
    listener = l
    return () => {}
  },
  send(frame) {
    if (isOpen) sent.push(frame)
    return isOpen
  },
  retry: () => {},
  stop: () => {},
}
function opens() {
  isOpen = true
  listener.onState?.({ status: 'open', hello: { type: 'hello', protocol: 1, you: { userId: 'me', userName: 'Me' }, heartbeatMs: 1 } })
}
const tells = (...people: PersonState[]) => listener.onFrame?.({ type: 'people', people })
const watched = () => sent.flatMap((frame) => (frame.type === 'watch' ? [frame.users] : []))
const away = () => sent.flatMap((frame) => (frame.type === 'away' ? [frame.on] : []))

beforeEach(() => {
  vi.useFakeTimers()
  sent = []
  isOpen = false
})
afterEach(() => vi.useRealTimers())

it('watches whom the page shows, and again over each new connection', () => {
  const [shown, show] = createSignal<readonly string[]>(['bob'])
  createRoot((dispose) => {
    const presence = makePresence(connection)
    presence.watch(() => ['bob', 'ada'])
    presence.watch(shown)
    setTimeout(dispose, 10_000)
    setTimeout(() => {
      expect(watched()).toEqual([])
      opens()
      expect(watched()).toEqual([['bob', 'ada']])
      // What changes in a bunch is asked for once.
      show(['cleo'])
      show(['dora'])
    }, 1_000)
    setTimeout(() => {
      expect(watched().slice(1)).toEqual([['dora', 'bob', 'ada']])
      opens()
      expect(watched().slice(2)).toEqual([['dora', 'bob', 'ada']])
      tells({ userId: 'dora', state: 'away' }, { userId: 'eve', state: 'online' })
      expect(presence.of('dora')?.state).toBe('away')
      expect(presence.of('eve')).toBeUndefined()
      tells({ userId: 'dora', state: 'dnd', status: { emoji: '🎧', text: '', until: 0 } })
      expect(presence.of('dora')).toEqual({ userId: 'dora', state: 'dnd', status: { emoji: '🎧', text: '', until: 0 } })
      show([])
    }, 2_000)
    setTimeout(() => {
      expect(presence.of('dora')).toBeUndefined()
      expect(watched().slice(3)).toEqual([['bob', 'ada']])
    }, 3_000)
  })
  vi.advanceTimersByTime(11_000)
  expect(watched()).toHaveLength(5)
  expect(watched().at(-1)).toEqual([])
})

it('watches no more people than the server tells of', () => {
  const many = Array.from({ length: WATCH_LIMIT + 50 }, (_, i) => `u${i}`)
  createRoot((dispose) => {
    const presence = makePresence(connection)
    presence.watch(() => many)
    presence.watch(() => ['asked last'])
    setTimeout(dispose, 10_000)
  })
  vi.advanceTimersByTime(1_000)
  opens()
  expect(watched()).toEqual([['asked last', ...many.slice(0, WATCH_LIMIT - 1)]])
})

it('is away after five minutes in which nobody does anything, and back with the first act', () => {
  const view = new EventTarget()
  const page = Object.assign(new EventTarget(), { visibilityState: 'visible' as DocumentVisibilityState })
  watchAway(connection, page, view)
  opens()
  vi.advanceTimersByTime(AWAY_MS - 1_000)
  view.dispatchEvent(new Event('keydown'))
  vi.advanceTimersByTime(AWAY_MS - 1_000)
  expect(away()).toEqual([])
  vi.advanceTimersByTime(1_000)
  expect(away()).toEqual([true])
  // A new socket knows nothing of it.
  opens()
  expect(away()).toEqual([true, true])
  page.visibilityState = 'hidden'
  page.dispatchEvent(new Event('visibilitychange'))
  expect(away()).toEqual([true, true])
  page.visibilityState = 'visible'
  page.dispatchEvent(new Event('visibilitychange'))
  expect(away()).toEqual([true, true, false])
  opens()
  expect(away()).toEqual([true, true, false])
  vi.advanceTimersByTime(AWAY_MS)
  expect(away()).toEqual([true, true, false, true])
  listener.onState?.({ status: 'ended', reason: 'stopped' })
})

it('takes a pointer that rests for nobody', () => {
  const view = new EventTarget()
  watchAway(connection, document, view)
  opens()
  view.dispatchEvent(new MouseEvent('pointermove', { screenX: 5, screenY: 5 }))
  vi.advanceTimersByTime(AWAY_MS - 1_000)
  view.dispatchEvent(new MouseEvent('pointermove', { screenX: 5, screenY: 5 }))
  vi.advanceTimersByTime(1_000)
  expect(away()).toEqual([true])
  view.dispatchEvent(new MouseEvent('pointermove', { screenX: 5, screenY: 6 }))
  expect(away()).toEqual([true, false])
  listener.onState?.({ status: 'ended', reason: 'stopped' })
  vi.advanceTimersByTime(2 * AWAY_MS)
  expect(away()).toEqual([true, false])
})
