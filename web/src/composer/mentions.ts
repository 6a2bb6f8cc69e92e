import { codeRanges, type Range } from './code'

// A person is named in a message as @[Name](user:ID), and all in the room or all who are
// here as @[room](room:all) and @[here](room:here). While it is written one sees @Name,
// and who that is stands beside the text.

export interface Mention {
  /** '' where many are called, by one of the names of `calls`. */
  userId: string
  userName: string
  /** Where its @ stands; -1 once the name was changed. It is still known, for an undo brings it back. */
  at: number
}

/** Who is called by which name. */
export const calls = { room: 'all', here: 'here' } as const
export type Call = keyof typeof calls

const STORED = /@\[((?:\\[\s\S]|[^\\\]\n])+)\]\((?:user:([^\s()]+)|room:([a-z]+))\)/g

/** What is written, as it is stored. */
export function expand(text: string, mentions: readonly Mention[]): string {
  let out = ''
  let end = 0
  for (const { from, to, mention } of named(text, mentions)) {
    out += text.slice(end, from) + stored(mention)
    end = to
  }
  return out + text.slice(end)
}

/** Where people are named, and who: not in code. */
export function named(text: string, mentions: readonly Mention[]): (Range & { mention: Mention })[] {
  const out: (Range & { mention: Mention })[] = []
  if (mentions.length === 0) return out
  const code = codeRanges(text)
  for (let at = text.indexOf('@'); at >= 0; at = text.indexOf('@', Math.max(at + 1, out.at(-1)?.to ?? 0))) {
    const mention = code.some((r) => at >= r.from && at < r.to) ? undefined : mentionAt(text, at, mentions)
    if (mention) out.push({ from: at, to: at + 1 + mention.userName.length, mention })
  }
  return out
}

/** Whom a text calls as it is stored, as the server sees it: in code too. Undefined: at most single people. */
export function callOf(content: string): Call | undefined {
  return names.find((name) => content.includes(callText(name)))
}

/** Whom an edit calls who weren't called before: all in the room are more than all who are here. */
export function callsMore(before: string, after: string): boolean {
  const was = callOf(before)
  const call = callOf(after)
  return call !== undefined && call !== was && was !== 'room'
}

/** The same words, by which nobody is called. */
export function uncalled(content: string): string {
  return names.reduce((text, name) => text.replaceAll(callText(name), `@${name}`), content)
}

const names = ['room', 'here'] as const satisfies readonly Call[]

function callText(name: Call): string {
  return `@[${name}](room:${calls[name]})`
}

function isCall(name: string): name is Call {
  return Object.hasOwn(calls, name)
}

function stored({ userId, userName }: Mention): string {
  if (userId === '') return isCall(userName) ? callText(userName) : `@${userName}`
  return `@[${userName.replace(/[\\[\]]/g, '\\$&')}](user:${userId})`
}

/** Who is named at `at`: by where they were put, else by their whole name. */
export function mentionAt(text: string, at: number, mentions: readonly Mention[]): Mention | undefined {
  const fitting = mentions.filter((m) => text.startsWith(m.userName, at + 1))
  const placed = fitting.find((m) => m.at === at)
  if (placed) return placed
  if (at > 0 && /[\p{L}\p{N}_]/u.test(text.slice(at - 1, at))) return undefined
  return fitting
    .filter((m) => !/^[\p{L}\p{N}_]/u.test(text.slice(at + 1 + m.userName.length)))
    .reduce<Mention | undefined>((a, b) => (a && a.userName.length > b.userName.length ? a : b), undefined)
}

/** The other way: what is shown of a stored text while it is written. */
export function collapse(content: string): { text: string; mentions: Mention[] } {
  const code = codeRanges(content)
  const mentions: Mention[] = []
  let text = ''
  let end = 0
  for (const found of content.matchAll(STORED)) {
    const [whole, name = '', userId = '', called] = found
    if (code.some((r) => found.index >= r.from && found.index < r.to)) continue
    const userName = name.replace(/\\([\s\S])/g, '$1')
    if (called !== undefined && !(isCall(userName) && calls[userName] === called)) continue
    text += content.slice(end, found.index)
    mentions.push({ userId, userName, at: text.length })
    text += `@${userName}`
    end = found.index + whole.length
  }
  return { text: text + content.slice(end), mentions }
}

/** The mentions after an edit that made `after` of `before`. */
export function follow(mentions: readonly Mention[], before: string, after: string): Mention[] {
  let from = 0
  const shorter = Math.min(before.length, after.length)
  while (from < shorter && before[from] === after[from]) from++
  let tail = 0
  while (tail < shorter - from && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++
  const to = before.length - tail
  return mentions.map((m) => {
    if (m.at < 0 || m.at + 1 + m.userName.length <= from) return m
    return { ...m, at: m.at >= to ? m.at + after.length - before.length : -1 }
  })
}
