import { isApple, type Group } from './map'

// How keys are called, on the keyboard that one has.

export const groupWords: Readonly<Record<Group, string>> = {
  about: 'Everywhere',
  rooms: 'In the list of rooms',
  reading: 'Reading a room',
  message: 'On a message',
  writing: 'Writing',
  lists: 'Inbox and panels',
}

const appleNames: Readonly<Record<string, string>> = {
  Mod: '⌘', Alt: '⌥', Shift: '⇧', Enter: '↩', Escape: 'esc', Delete: '⌦', Backspace: '⌫', ArrowUp: '↑', ArrowDown: '↓', ContextMenu: 'Menu',
}
const names: Readonly<Record<string, string>> = {
  Mod: 'Ctrl', Escape: 'Esc', ArrowUp: '↑', ArrowDown: '↓', ContextMenu: 'Menu', Delete: 'Del',
}
/** For voices, which read signs as they like. */
const spoken: Readonly<Record<string, string>> = {
  Mod: 'Command', Alt: 'Option', ArrowUp: 'Up arrow', ArrowDown: 'Down arrow', ContextMenu: 'Menu key', '+': 'Plus', ':': 'Colon', '/': 'Slash', '?': 'Question mark', '@': 'At sign',
}

/** The keys of a chord as they are printed on the keyboard. */
export function keysOf(chord: string, apple = isApple()): string[] {
  return chord.split(' ').map((key) => (apple ? appleNames : names)[key] ?? (key.length === 1 ? key.toUpperCase() : key))
}

/** The same in words. */
export function spokenKeys(chord: string, apple = isApple()): string {
  return chord
    .split(' ')
    .map((key) => (!apple && key === 'Mod' ? 'Control' : !apple && key === 'Alt' ? 'Alt' : spoken[key]) ?? (key.length === 1 ? key.toUpperCase() : key))
    .join(' ')
}

/** A chord on one line, for a title or a hint. */
export function hintOf(chord: string, apple = isApple()): string {
  return keysOf(chord, apple).join(apple ? '' : '+')
}

/** A chord as aria-keyshortcuts has it. */
export function ariaKeys(chord: string, apple = isApple()): string {
  return chord.split(' ').map((key) => (key === 'Mod' ? (apple ? 'Meta' : 'Control') : key)).join('+')
}
