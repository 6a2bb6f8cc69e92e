import { afterEach, describe, expect, it } from 'vitest'
import { setLettersOn, shortcutOf, shortcuts, type Group } from './map'
import { ariaKeys, groupWords, hintOf, keysOf, spokenKeys } from './words'

function press(key: string, more: KeyboardEventInit = {}): KeyboardEvent {
  return new KeyboardEvent('keydown', { key, ...more })
}

afterEach(() => localStorage.clear())

describe('the map of keys', () => {
  it('gives no chord twice where both would be heard', () => {
    for (const group of ['about', 'rooms', 'reading', 'message', 'lists'] as const) {
      const chords = Object.values(shortcuts).filter((s) => s.group === group).flatMap((s) => s.chords)
      expect(chords, group).toEqual([...new Set(chords)])
    }
    // What works everywhere must not be what works on a message, or in a list.
    const everywhere = new Set(Object.values(shortcuts).filter((s) => s.group === 'about').flatMap((s) => s.chords))
    for (const { group, chords } of Object.values(shortcuts)) {
      if (group !== 'about' && group !== 'writing') expect(chords.filter((c) => everywhere.has(c)), group).toEqual([])
    }
  })

  it.each<[string, KeyboardEventInit, Group, string | undefined]>([
    ['k', { ctrlKey: true }, 'about', 'switcher'],
    ['K', { ctrlKey: true }, 'about', 'switcher'], // Caps Lock
    ['k', { ctrlKey: true, shiftKey: true }, 'about', undefined],
    ['k', { metaKey: true }, 'about', undefined],
    ['k', {}, 'reading', 'previousMessage'],
    ['k', { altKey: true }, 'reading', undefined],
    ['ArrowDown', { altKey: true }, 'about', 'nextRoom'],
    ['ArrowDown', { altKey: true, shiftKey: true }, 'about', 'nextUnread'],
    ['Escape', {}, 'reading', 'markRead'],
    ['Escape', { shiftKey: true }, 'reading', undefined],
    ['Escape', { shiftKey: true }, 'about', 'allRead'],
    // A sign is itself, with Shift or without.
    ['?', { shiftKey: true }, 'about', 'shortcuts'],
    ['?', {}, 'about', 'shortcuts'],
    ['/', { shiftKey: true, ctrlKey: true }, 'about', 'shortcuts'],
    ['+', { shiftKey: true }, 'message', 'react'],
    // A layout without Latin letters, and digits that Shift turns into signs.
    ['л', { code: 'KeyK', ctrlKey: true }, 'about', 'switcher'],
    ['(', { code: 'Digit9', ctrlKey: true, shiftKey: true }, 'writing', 'quote'],
    // A layout that has another letter in the place of K.
    ['t', { code: 'KeyK' }, 'message', 'thread'],
  ])('%s %o in %s is %s', (key, more, group, id) => expect(shortcutOf(press(key, more), group)).toBe(id))

  it('leaves single signs alone where they are turned off, and nothing else', () => {
    setLettersOn(false)
    expect(shortcutOf(press('?'), 'about')).toBeUndefined()
    expect(shortcutOf(press('k'), 'reading')).toBeUndefined()
    expect(shortcutOf(press('r'), 'message')).toBeUndefined()
    expect(shortcutOf(press('ArrowUp'), 'reading')).toBe('previousMessage')
    expect(shortcutOf(press('Delete'), 'message')).toBe('delete')
    expect(shortcutOf(press('k', { ctrlKey: true }), 'about')).toBe('switcher')
    setLettersOn(true)
    expect(shortcutOf(press('?'), 'about')).toBe('shortcuts')
  })

  it('calls keys as they are printed, and as they are said', () => {
    expect(keysOf('Mod Shift f', false)).toEqual(['Ctrl', 'Shift', 'F'])
    expect(keysOf('Mod Shift f', true)).toEqual(['⌘', '⇧', 'F'])
    expect(hintOf('Mod k', false)).toBe('Ctrl+K')
    expect(hintOf('Mod k', true)).toBe('⌘K')
    expect(spokenKeys('Mod Alt ArrowUp', false)).toBe('Control Alt Up arrow')
    expect(spokenKeys('Mod Alt ArrowUp', true)).toBe('Command Option Up arrow')
    expect(ariaKeys('Mod k', false)).toBe('Control+k')
    for (const { group, words } of Object.values(shortcuts)) expect([groupWords[group], words]).not.toContain('')
  })
})
