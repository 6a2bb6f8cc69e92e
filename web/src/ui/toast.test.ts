import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { showToast, toaster } from './toast'

const toast = { title: 'Copied' }
const show = vi.fn()
const load = vi.spyOn(toaster, 'load')

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
  vi.resetAllMocks()
})

it('is shown once what draws it has come', async () => {
  load.mockRejectedValueOnce(new Error('no network')).mockResolvedValue({ show, Toaster: () => undefined })
  showToast(toast)
  await vi.runAllTimersAsync()
  expect(show.mock.calls).toEqual([[toast]])
})

it('is given up after a while', async () => {
  load.mockRejectedValue(new Error('no network'))
  showToast(toast)
  await vi.runAllTimersAsync()
  expect(load).toHaveBeenCalledTimes(6)
  expect(vi.getTimerCount()).toBe(0)
})
