import type * as api from '~/api.gen'
import { member } from '~/http'
import { parseMessage } from '~/realtime/frames'
import type { Message } from '~/realtime/wire.gen'

/** Where a word stands in a text: from, to; in UTF-16 units. */
export type Mark = api.Hit['marks'][number]

/** What was found has a place to jump to. */
export interface Hit extends api.Hit {
  message: Message & { seq: number }
}

export interface Results extends api.Results {
  hits: readonly Hit[]
}

export type Sort = api.Order

export interface Search {
  text: string
  /** Only in this room; absent: in all. */
  room?: string
  sort: Sort
}

export function searchPath(search: Search, cursor?: string): string {
  const query = new URLSearchParams({ q: search.text, sort: search.sort })
  if (search.room !== undefined) query.set('room', search.room)
  if (cursor !== undefined) query.set('cursor', cursor)
  // Days are the reader's, and not the server's.
  query.set('offset', String(-new Date().getTimezoneOffset()))
  return `/api/search?${query}`
}

/** Null: these are no results. */
export function parseResults(value: unknown): Results | null {
  const list = member(value, 'hits')
  if (!Array.isArray(list)) return null
  const hits: Hit[] = []
  for (const item of list) {
    const room = member(item, 'room')
    const message = parseMessage(member(item, 'message'))
    if (typeof room !== 'string' || message?.seq === undefined) return null
    hits.push({ room, message: { ...message, seq: message.seq }, marks: parseMarks(member(item, 'marks'), message.content.length) })
  }
  const cursor = member(value, 'cursor')
  return typeof cursor === 'string' && cursor !== '' ? { hits, cursor } : { hits }
}

// Marks that aren't in order, or not in the text, mark nothing.
function parseMarks(value: unknown, length: number): Mark[] {
  const marks: Mark[] = []
  let end = 0
  for (const item of Array.isArray(value) ? value : []) {
    const from: unknown = Array.isArray(item) ? item[0] : undefined
    const to: unknown = Array.isArray(item) ? item[1] : undefined
    if (typeof from !== 'number' || typeof to !== 'number' || from < end || to <= from || to > length) continue
    marks.push([from, to])
    end = to
  }
  return marks
}

export interface Part {
  text: string
  marked: boolean
}

/** As much of a text around its first mark as is worth showing. */
const EXCERPT = 220
/** Of it, before the mark. */
const LEAD = 60

/** Cuts a text into what is marked and what isn't, and leaves out what lies far from the first mark. */
export function excerpt(content: string, marks: readonly Mark[]): Part[] {
  const first = marks[0]?.[0] ?? 0
  let from = content.length <= EXCERPT || first <= LEAD ? 0 : wordBegin(content, first - LEAD)
  from = whole(content, from)
  const to = whole(content, Math.min(content.length, from + EXCERPT))
  const parts: Part[] = []
  const add = (text: string, marked: boolean) => {
    if (text !== '') parts.push({ text, marked })
  }
  let at = from
  add(from > 0 ? '…' : '', false)
  for (const [begin, end] of marks) {
    if (begin >= to) break
    add(content.slice(at, Math.max(at, begin)), false)
    at = Math.min(end, to)
    add(content.slice(Math.max(begin, from), at), true)
  }
  add(content.slice(at, to), false)
  add(to < content.length ? '…' : '', false)
  return parts
}

// The begin of a word near a place, if there is one.
function wordBegin(content: string, at: number): number {
  const space = content.slice(at, at + 20).search(/\s\S/)
  return space < 0 ? at : at + space + 1
}

// Not in the midst of a surrogate pair.
function whole(content: string, at: number): number {
  const code = content.charCodeAt(at)
  return code >= 0xdc00 && code <= 0xdfff ? at - 1 : at
}

const OPERATOR = /^-|^(?:from|in|before|after|on|has):/i

/** The words and phrases of a query, without what narrows it. */
export function wordsOf(query: string): string[] {
  const words: string[] = []
  for (const match of query.matchAll(/-?(?:[a-z]+:)?(?:"[^"]*"?|[^\s"]+)/gi)) {
    const word = match[0]
    if (OPERATOR.test(word)) continue
    const text = word.replace(/^"|"$/g, '').trim()
    if (text !== '') words.push(text)
  }
  return words
}
