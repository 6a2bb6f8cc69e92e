import { render } from 'solid-js/web'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { BackgroundLater } from './background-later'

vi.mock('./background', () => {
  throw new Error('no network')
})

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => vi.useRealTimers())

it.each([false, true])('tries again what didn’t come, unless it is gone: %s', async (gone) => {
  const end = render(() => <BackgroundLater />, document.createElement('div'))
  vi.runAllTimers()
  if (gone) end()
  await vi.dynamicImportSettled()
  expect(vi.getTimerCount()).toBe(gone ? 0 : 1)
  end()
  expect(vi.getTimerCount()).toBe(0)
})
