import { m, t } from '~/i18n/i18n'
import { isApple, type Group } from './map'

// How keys are called, on the keyboard that one has.

export const groupWords: Readonly<Record<Group, string>> = {
  about: m('Everywhere'),
  rooms: m('In the list of rooms'),
  reading: m('Reading a room'),
  message: m('On a message'),
  writing: m('Writing'),
  lists: m('Inbox and panels'),
}

const menu = m('Menu@@the key')
const appleNames: Readonly<Record<string, string>> = {
  Mod: '⌘', Alt: '⌥', Shift: '⇧', Enter: '↩', Escape: 'esc', Delete: '⌦', Backspace: '⌫', ArrowUp: '↑', ArrowDown: '↓', ContextMenu: menu,
}
const names: Readonly<Record<string, string>> = {
  Mod: m('Ctrl@@the key'), Shift: m('Shift@@the key'), Enter: m('Enter@@the key'), Escape: m('Esc@@the key'), Delete: m('Del@@the key'),
  Backspace: m('Backspace@@the key'), ArrowUp: '↑', ArrowDown: '↓', ContextMenu: menu,
}
/** For voices, which read signs as they like. */
const spoken: Readonly<Record<string, string>> = {
  Mod: m('Control@@the key'), Shift: m('Shift@@the key'), Enter: m('Enter@@the key'), Escape: m('Escape@@the key'), Delete: m('Delete@@the key'),
  Backspace: m('Backspace@@the key'), ArrowUp: m('Up arrow'), ArrowDown: m('Down arrow'), ContextMenu: m('Menu key'),
  '+': m('Plus'), ':': m('Colon'), '/': m('Slash'), '?': m('Question mark'), '@': m('At sign'),
}
const appleSpoken: Readonly<Record<string, string>> = { ...spoken, Mod: m('Command@@the key'), Alt: m('Option@@the key') }

/** The keys of a chord as they are printed on the keyboard. */
export function keysOf(chord: string, apple = isApple()): string[] {
  return named(chord, apple ? appleNames : names)
}

/** The same in words. */
export function spokenKeys(chord: string, apple = isApple()): string {
  return named(chord, apple ? appleSpoken : spoken).join(' ')
}

function named(chord: string, words: Readonly<Record<string, string>>): string[] {
  return chord.split(' ').map((key) => {
    const word = words[key]
    return word === undefined ? (key.length === 1 ? key.toUpperCase() : key) : t(word)
  })
}

/** A chord on one line, for a title or a hint. */
export function hintOf(chord: string, apple = isApple()): string {
  return keysOf(chord, apple).join(apple ? '' : '+')
}

/** A chord as aria-keyshortcuts has it. */
export function ariaKeys(chord: string, apple = isApple()): string {
  return chord.split(' ').map((key) => (key === 'Mod' ? (apple ? 'Meta' : 'Control') : key)).join('+')
}
