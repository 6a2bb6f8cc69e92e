import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { nameTitles, serverDescription, serverName, setServerName, titled } from './server-name'

const settled = () => new Promise<void>((resolve) => queueMicrotask(() => queueMicrotask(resolve)))

describe('the name of the server', () => {
  let end: () => void
  beforeEach(() => {
    document.head.innerHTML = '<title>Snug</title>'
    end = nameTitles()
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
    await settled()
    expect(document.title).toBe('Inbox · The Table')
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
    ['Snug', 'Snug', 'Table', 'Table'],
    ['(3) Inbox · Snug', 'Snug', 'Table', '(3) Inbox · Table'],
    ['Inbox · Snug', 'Snug', 'The · Snug', 'Inbox · The · Snug'],
    ['Inbox · The · Snug', 'Snug', 'The · Snug', 'Inbox · The · Snug'],
    ['Snugly', 'Snug', 'Table', 'Snugly'],
  ])('makes of %s, from %s to %s, %s', (title, from, to, wanted) => expect(titled(title, from, to)).toBe(wanted))
})
