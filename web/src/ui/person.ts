import { m, t } from '~/i18n/i18n'

// How a person looks who has no picture: one of twelve hues, and initials.

const HUES = 12

/** A person's hue in degrees: always the same for the same id. */
export function hueOf(userId: string): number {
  // FNV-1a: short ids that differ in one letter still differ in hue.
  let hash = 0x811c9dc5
  for (let i = 0; i < userId.length; i++) {
    hash ^= userId.charCodeAt(i)
    hash = Math.imul(hash, 0x01000193)
  }
  return ((hash >>> 0) % HUES) * (360 / HUES) + 15
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** The initials of a name, in any script: of its first word, and of its last one if there is room. */
export function initialsOf(name: string, letters: 1 | 2): string {
  const words = name.trim().split(/\s+/)
  const first = firstGrapheme(words[0] ?? '')
  const last = letters > 1 && words.length > 1 ? firstGrapheme(words.at(-1) ?? '') : ''
  return (first + last).toLocaleUpperCase() || '?'
}

function firstGrapheme(word: string): string {
  for (const { segment } of graphemes.segment(word)) return segment
  return ''
}

/** The server's name for whoever deleted their account: `forgotten` in chat/people.go. */
const FORGOTTEN = m('Deleted account')

/** The name by which a message's author is shown: that of a deleted account is words, not a name. */
export function personName(userName: string): string {
  return userName === FORGOTTEN ? t(FORGOTTEN) : userName
}
