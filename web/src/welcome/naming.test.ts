import { createRoot } from 'solid-js'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nameTitles } from '~/app/titles'
import { serverDescription, serverName } from '~/server-name'
import { setServerName } from './naming'

const settled = () => new Promise<void>((resolve) => queueMicrotask(() => queueMicrotask(resolve)))

describe('the name of the server', () => {
  let end: () => void
  beforeEach(() => {
    document.head.innerHTML = '<title>Snug</title>'
    end = createRoot((dispose) => {
      nameTitles()
      return dispose
    })
  })
  afterEach(() => {
    end()
    setServerName({ name: '', description: '' })
  })

  it('is the product as long as there is none', () => {
    expect(serverName()).toBe('Snug')
    expect(serverDescription()).toBe('')
  })

  it('stands in the titles that pages set, before and after it changes', async () => {
    document.title = 'Inbox · Snug'
    setServerName({ name: 'The Table', description: 'For us' })
    expect(document.title).toBe('Inbox · The Table')
    expect(serverDescription()).toBe('For us')
    document.title = '#tea · Snug'
    await settled()
    expect(document.title).toBe('#tea · The Table')
    setServerName({ name: 'Another', description: '' })
    await settled()
    expect(document.title).toBe('#tea · Another')
    expect(localStorage.getItem('snug:server-name')).toBe('Another')
    setServerName({ name: '', description: '' })
    await settled()
    expect(document.title).toBe('#tea · Snug')
    expect(localStorage.getItem('snug:server-name')).toBeNull()
  })

  it.each([
    ['(3) Inbox · Snug', 'Table', '(3) Inbox · Table'],
    ['Inbox · Snug', 'The · Snug', 'Inbox · The · Snug'],
    ['Inbox · The · Snug', 'The · Snug', 'Inbox · The · Snug'],
    ['Snugly', 'Table', 'Snugly'],
  ])('makes of %s with the name %s %s', async (title, name, wanted) => {
    setServerName({ name, description: '' })
    document.title = title
    await settled()
    expect(document.title).toBe(wanted)
  })
})
