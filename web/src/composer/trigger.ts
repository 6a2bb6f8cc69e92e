import { inCode } from './code'
import { mentionAt, type Mention } from './mentions'

// What is being completed at the caret, and with whom.

export type Trigger =
  | { kind: 'person'; from: number; query: string }
  | { kind: 'emoji'; from: number; query: string }
  /** A whole short code, closed by its second colon just now. */
  | { kind: 'code'; from: number; query: string }

/** No name and no short code that people type is longer. */
const REACH = 48

const PERSON = /(?:^|[^\p{L}\p{N}_@＠./\\])([@＠])((?:[^\s@＠][^\n@＠]*)?)$/u
const EMOJI = /(?:^|[^\p{L}\p{N}_:/\\])(:)([a-z0-9_+-]{2,})$/iu
const CODE = /(?:^|[^\p{L}\p{N}_:/\\])(:)([a-z0-9_+-]+):$/iu

export function triggerAt(text: string, at: number, mentions: readonly Mention[]): Trigger | undefined {
  const start = Math.max(0, at - REACH)
  const before = text.slice(start, at)
  for (const [kind, pattern] of [['code', CODE], ['emoji', EMOJI], ['person', PERSON]] as const) {
    const found = pattern.exec(before)
    if (!found) continue
    const query = found[2] ?? ''
    const from = at - query.length - (kind === 'code' ? 2 : 1)
    // Half of a longer run isn't a beginning.
    if (from === start && start > 0) continue
    if (inCode(text, at)) return undefined
    if (kind === 'person') {
      const named = mentionAt(text, from, mentions)
      if (named && at > from + named.userName.length) return undefined
      if (query.split(/\s+/).length > 4) return undefined
    }
    return { kind, from, query }
  }
  return undefined
}

export interface Person {
  userId: string
  userName: string
  userImage?: string | undefined
}

/** Those whose name is meant, the likeliest first; among equals in the given order. */
export function findPeople(people: readonly Person[], query: string, limit: number): Person[] {
  const wanted = fold(query.trim())
  // "@Ada said": whoever types on after a name means the name.
  if (/\s$/.test(query) && people.some((p) => fold(p.userName) === wanted)) return []
  return people
    .map((person) => ({ person, rank: rankOf(fold(person.userName), wanted) }))
    .filter((f) => f.rank < MISS)
    .sort((a, b) => a.rank - b.rank)
    .slice(0, limit)
    .map((f) => f.person)
}

const MISS = 9

function rankOf(name: string, wanted: string): number {
  if (wanted === '' || name === wanted) return 0
  if (name.startsWith(wanted)) return 1
  const words = name.split(/[\s.\-_]+/)
  if (wanted.split(/\s+/).every((w) => words.some((word) => word.startsWith(w)))) return 2
  return wanted.length > 1 && name.includes(wanted) ? 3 : MISS
}

// Who looks for José may type jose.
function fold(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase()
}
