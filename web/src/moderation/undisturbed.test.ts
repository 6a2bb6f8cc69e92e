import { createRoot } from 'solid-js'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { undisturbed } from './undisturbed'

let acts = 0
let end: () => void
let attempt: () => void
const field = (id: string) => document.getElementById(id)

beforeEach(() => {
  vi.useFakeTimers()
  acts = 0
  document.body.innerHTML = '<ul><li><button id="one"></button><button id="two"></button></li></ul><button id="out"></button>'
  createRoot((dispose) => {
    end = dispose
    attempt = undisturbed('li', () => acts++)
  })
})
afterEach(() => {
  end()
  vi.useRealTimers()
})

it('is done at once while nothing has the focus that matters', () => {
  attempt()
  field('out')?.focus()
  attempt()
  expect(acts).toBe(2)
})

it('waits until the focus has left, and is done once', () => {
  field('one')?.focus()
  attempt()
  attempt()
  field('two')?.focus()
  vi.runAllTimers()
  expect(acts).toBe(0)
  field('out')?.focus()
  vi.runAllTimers()
  expect(acts).toBe(1)
  field('one')?.focus()
  field('out')?.focus()
  vi.runAllTimers()
  expect(acts).toBe(1)
})

it('is given up with what it belongs to', () => {
  field('one')?.focus()
  attempt()
  field('out')?.focus()
  end()
  vi.runAllTimers()
  expect(acts).toBe(0)
})
