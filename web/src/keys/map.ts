// Every key that does something, in one place: handlers ask here what was pressed,
// and the list behind "?" is drawn of it.
//
// A chord is its modifiers and its key, separated by spaces. Mod is Command on Apple's
// keyboards and Control elsewhere. Letters and digits are told by the sign that is typed,
// or by the place of the key where that types none of them (a Cyrillic or Arabic layout);
// other signs by themselves, whichever of them needs Shift on a layout.

import { m } from '~/i18n/i18n'

export type Group = 'about' | 'rooms' | 'reading' | 'message' | 'writing' | 'lists'

export interface Shortcut {
  group: Group
  chords: readonly string[]
  words: string
}

const map = {
  switcher: { group: 'about', chords: ['Mod k'], words: m('Go to a room, a person or a command') },
  nextRoom: { group: 'about', chords: ['Alt ArrowDown'], words: m('Next room') },
  previousRoom: { group: 'about', chords: ['Alt ArrowUp'], words: m('Previous room') },
  nextUnread: { group: 'about', chords: ['Alt Shift ArrowDown'], words: m('Next unread room') },
  previousUnread: { group: 'about', chords: ['Alt Shift ArrowUp'], words: m('Previous unread room') },
  search: { group: 'about', chords: ['Mod Shift f', '/'], words: m('Search messages') },
  inbox: { group: 'about', chords: ['i'], words: m('Inbox') },
  allRead: { group: 'about', chords: ['Shift Escape'], words: m('Mark all rooms as read') },
  shortcuts: { group: 'about', chords: ['?', 'Mod /'], words: m('This list') },

  nextRow: { group: 'rooms', chords: ['ArrowDown'], words: m('Next of the list') },
  previousRow: { group: 'rooms', chords: ['ArrowUp'], words: m('The one before') },
  roomMenu: { group: 'rooms', chords: ['ContextMenu', 'Shift F10'], words: m('All that can be done with a room') },
  favourite: { group: 'rooms', chords: ['f'], words: m('Favourite, or not any more') },

  previousMessage: { group: 'reading', chords: ['ArrowUp', 'k'], words: m('Message before') },
  nextMessage: { group: 'reading', chords: ['ArrowDown', 'j'], words: m('Message after') },
  markRead: { group: 'reading', chords: ['Escape'], words: m('Mark the room as read, and go to its end') },

  menu: { group: 'message', chords: ['Enter', 'ContextMenu', 'Shift F10'], words: m('All that can be done with it') },
  reply: { group: 'message', chords: ['r'], words: m('Reply') },
  thread: { group: 'message', chords: ['t'], words: m('Thread') },
  react: { group: 'message', chords: ['+', ':'], words: m('Add a reaction') },
  edit: { group: 'message', chords: ['e'], words: m('Edit') },
  pin: { group: 'message', chords: ['p'], words: m('Pin, or unpin') },
  copyLink: { group: 'message', chords: ['c'], words: m('Copy the link to it') },
  unread: { group: 'message', chords: ['u'], words: m('Mark unread from here') },
  delete: { group: 'message', chords: ['Delete', 'Backspace'], words: m('Delete') },

  send: { group: 'writing', chords: ['Enter'], words: m('Send') },
  newLine: { group: 'writing', chords: ['Shift Enter'], words: m('New line') },
  editLast: { group: 'writing', chords: ['ArrowUp'], words: m('Edit what you said last, from an empty field') },
  putAway: { group: 'writing', chords: ['Escape'], words: m('Put away a reply, a list or an edit') },
  person: { group: 'writing', chords: ['@'], words: m('Name somebody') },
  emoji: { group: 'writing', chords: [':'], words: m('Emoji by its name') },
  bold: { group: 'writing', chords: ['Mod b'], words: m('Bold') },
  italic: { group: 'writing', chords: ['Mod i'], words: m('Italic') },
  code: { group: 'writing', chords: ['Mod e'], words: m('Code') },
  link: { group: 'writing', chords: ['Mod k'], words: m('Make a link of what is selected') },
  strike: { group: 'writing', chords: ['Mod Shift x'], words: m('Struck out') },
  number: { group: 'writing', chords: ['Mod Shift 7'], words: m('Numbered list') },
  bullet: { group: 'writing', chords: ['Mod Shift 8'], words: m('List') },
  quote: { group: 'writing', chords: ['Mod Shift 9'], words: m('Quote') },

  nextEntry: { group: 'lists', chords: ['ArrowDown', 'j'], words: m('Next entry of the inbox') },
  previousEntry: { group: 'lists', chords: ['ArrowUp', 'k'], words: m('Entry before') },
  readEntry: { group: 'lists', chords: ['e'], words: m('Mark the entry as read') },
  close: { group: 'lists', chords: ['Escape'], words: m('Close what is open') },
} satisfies Record<string, Shortcut>

export type ShortcutId = keyof typeof map

export const shortcuts: Readonly<Record<ShortcutId, Shortcut>> = map

/** What was pressed, among the keys of a group. */
export function shortcutOf(event: KeyboardEvent, group: Group): ShortcutId | undefined {
  for (const id in shortcuts) {
    if (isShortcut(id) && shortcuts[id].group === group && shortcuts[id].chords.some((chord) => fits(event, chord))) return id
  }
  return undefined
}

function isShortcut(id: string): id is ShortcutId {
  return id in shortcuts
}

/** Whether a chord is one sign that is typed: speech input and slips press those, so that they can be turned off. */
export function isSingle(chord: string): boolean {
  return chord.length === 1
}

export function isApple(): boolean {
  return /Mac|iP(hone|ad|od)/.test(navigator.platform)
}

export function fits(event: KeyboardEvent, chord: string): boolean {
  const parts = chord.split(' ')
  const key = parts.at(-1) ?? ''
  const mod = parts.includes('Mod')
  // On Apple's keyboards Control has meanings of its own in every field.
  const [asked, other] = isApple() ? [event.metaKey, event.ctrlKey] : [event.ctrlKey, event.metaKey]
  if (asked !== mod || other || event.altKey !== parts.includes('Alt')) return false
  const plain = /^[a-z0-9]$/.test(key)
  if (key.length === 1 && !plain ? event.key !== key : event.shiftKey !== parts.includes('Shift')) return false
  if (plain && typed(event) !== key) return false
  if (key.length > 1 && event.key !== key) return false
  return !isSingle(chord) || lettersOn()
}

function typed(event: KeyboardEvent): string {
  return /^[a-z]$/i.test(event.key) ? event.key.toLowerCase() : event.code.replace(/^(Key|Digit)/, '').toLowerCase()
}

const LETTERS = 'snug:letters'

/** Whether single signs do something (WCAG 2.1.4). */
export function lettersOn(): boolean {
  try {
    return localStorage.getItem(LETTERS) !== 'off'
  } catch {
    return true
  }
}

export function setLettersOn(on: boolean) {
  try {
    localStorage.setItem(LETTERS, on ? 'on' : 'off')
  } catch {
    // Storage is blocked or full: they stay as they are.
  }
}
