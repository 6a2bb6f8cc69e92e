import { m } from '~/i18n/i18n'

// Skin tones, by Unicode's rules: a modifier follows what it colours.

/** '' is the yellow that nobody has. */
export const tones = ['', '\u{1f3fb}', '\u{1f3fc}', '\u{1f3fd}', '\u{1f3fe}', '\u{1f3ff}'] as const
export type Tone = (typeof tones)[number]
export const toneNames: Record<Tone, string> = {
  '': m('No skin tone'),
  '\u{1f3fb}': m('Light skin tone'),
  '\u{1f3fc}': m('Medium-light skin tone'),
  '\u{1f3fd}': m('Medium skin tone'),
  '\u{1f3fe}': m('Medium-dark skin tone'),
  '\u{1f3ff}': m('Dark skin tone'),
}

const HANDSHAKE = '\u{1f91d}'
const JOINER = '\u200d'

/** Colours every person of an emoji that has tones. */
export function withTone(emoji: string, tone: Tone): string {
  if (tone === '') return emoji
  // A handshake between two people is their bond, and isn't coloured.
  return emoji.replace(/(\p{Emoji_Modifier_Base})\ufe0f?/gu, (match, base: string, at: number) =>
    base === HANDSHAKE && emoji[at - 1] === JOINER ? match : base + tone,
  )
}
