import { data } from './data.gen'

// All emoji, and how they are found. It is large: load it when it is asked for.

export interface Emoji {
  emoji: string
  /** "thumbs up" */
  name: string
  /** What stands between colons: the best known first, without the colons. */
  codes: readonly string[]
  words: readonly string[]
  /** Whether it comes in skin tones. */
  toned: boolean
}

export interface EmojiGroup {
  name: string
  emoji: readonly Emoji[]
}

export const groups: readonly EmojiGroup[] = parse(data)
const all: readonly Emoji[] = groups.flatMap((g) => g.emoji)

function parse(text: string): EmojiGroup[] {
  const out: (EmojiGroup & { emoji: Emoji[] })[] = []
  for (const line of text.split('\n')) {
    if (/^#[A-Z]/.test(line)) {
      out.push({ name: line.slice(1), emoji: [] })
      continue
    }
    const [first = '', name = '', codes = '', words = ''] = line.split('|')
    const toned = first.endsWith('*') && first.length > 1
    out.at(-1)?.emoji.push({
      emoji: toned ? first.slice(0, -1) : first,
      name,
      codes: [...split(codes), name.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, '_').replace(/^_|_$/g, '')],
      words: split(words),
      toned,
    })
  }
  return out
}

function split(words: string): string[] {
  return words === '' ? [] : words.split(' ')
}

/** The emoji of a short code, written in full. */
export function emojiOfCode(code: string): Emoji | undefined {
  const wanted = code.toLowerCase()
  return all.find((e) => e.codes[0] === wanted) ?? all.find((e) => e.codes.includes(wanted))
}

/** What is meant by these words or this beginning of a short code, the likeliest first. */
export function findEmoji(query: string, limit: number, recent: readonly string[] = []): Emoji[] {
  const wanted = query.toLowerCase().replaceAll(/^:|:$/g, '').trim()
  if (wanted === '') return []
  const found: { emoji: Emoji; rank: number }[] = []
  for (const emoji of all) {
    const rank = rankOf(emoji, wanted)
    // What one uses comes before its equals.
    if (rank < MISS) found.push({ emoji, rank: recent.includes(emoji.emoji) ? rank - 0.5 : rank })
  }
  return found.sort((a, b) => a.rank - b.rank).slice(0, limit).map((f) => f.emoji)
}

const MISS = 100

function rankOf({ emoji, name, codes, words }: Emoji, wanted: string): number {
  if (emoji === wanted || codes[0] === wanted) return 0
  if (codes.includes(wanted)) return 1
  const spaced = wanted.replaceAll('_', ' ')
  const said = name.toLowerCase()
  if (said === spaced) return 1
  if (codes[0]?.startsWith(wanted)) return 2
  if (codes.some((c) => c.startsWith(wanted)) || said.startsWith(spaced)) return 3
  if (words.includes(wanted)) return 3
  const parts = [...said.split(/[^\p{L}\p{N}]+/u), ...codes.flatMap((c) => c.split('_')), ...words]
  const asked = spaced.split(/\s+/)
  if (asked.every((a) => parts.includes(a))) return 4
  if (asked.every((a) => parts.some((p) => p.startsWith(a)))) return 5
  if (wanted.length > 2 && codes.some((c) => c.includes(wanted))) return 6
  return MISS
}
