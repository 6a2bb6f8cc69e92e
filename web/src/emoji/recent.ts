import { tones, type Tone } from './tone'

// Which emoji one used last, and in which tone: of this browser alone.

const KEY = 'snug:emoji'
const LIMIT = 27
/** For those who have used none yet. */
const usual = ['👍', '❤️', '😂', '🎉', '🙏', '👀', '✅', '🔥', '😮']

interface Stored {
  recent: string[]
  tone: Tone
}

function load(): Stored {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}')
    if (typeof value !== 'object' || value === null) return { recent: [], tone: '' }
    const recent: unknown = Reflect.get(value, 'recent')
    const tone: unknown = Reflect.get(value, 'tone')
    return {
      recent: Array.isArray(recent) ? recent.filter((e) => typeof e === 'string' && e !== '' && e.length <= 40).slice(0, LIMIT) : [],
      tone: tones.find((t) => t === tone) ?? '',
    }
  } catch {
    return { recent: [], tone: '' }
  }
}

function save(stored: Stored) {
  try {
    localStorage.setItem(KEY, JSON.stringify(stored))
  } catch {
    // Storage is blocked or full: nothing is remembered.
  }
}

/** The latest first, filled up with what most people use. */
export function recentEmoji(limit = LIMIT): string[] {
  return [...new Set([...load().recent, ...usual])].slice(0, limit)
}

export function noteEmoji(emoji: string) {
  const stored = load()
  save({ ...stored, recent: [emoji, ...stored.recent.filter((e) => e !== emoji)].slice(0, LIMIT) })
}

export function skinTone(): Tone {
  return load().tone
}

export function setSkinTone(tone: Tone) {
  save({ ...load(), tone })
}
