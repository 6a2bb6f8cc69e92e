import { inCode, inFence, type Range } from './code'

// What keys and buttons make of a text. Each answer is one replacement, so
// that one undo takes it back.

/** Puts `text` in place of `from` to `to`, and selects from `select[0]` to `select[1]`. */
export interface Splice {
  from: number
  to: number
  text: string
  select: readonly [number, number]
}

export type Mark = 'bold' | 'italic' | 'strike' | 'code'
export type Block = 'bullet' | 'number' | 'quote'

const marks: Record<Mark, string> = { bold: '**', italic: '_', strike: '~~', code: '`' }

/** Marks what is selected, or takes the mark off. */
export function toggleMark(text: string, from: number, to: number, mark: Mark): Splice {
  // Marks beside blanks are no marks.
  while (from < to && /\s/.test(text.charAt(from))) from++
  while (to > from && /\s/.test(text.charAt(to - 1))) to--
  if (from === to) return markAtCaret(text, from, mark)

  const selected = text.slice(from, to)
  if (selected.includes('\n')) return mark === 'code' ? fence(text, from, to) : markLines(selected, from, to, mark)

  const around = markAround(text, from, to, mark)
  if (around) {
    return { from: from - around.length, to: to + around.length, text: selected, select: [from - around.length, to - around.length] }
  }
  const bare = markWithin(selected, mark)
  if (bare !== undefined) return { from, to, text: bare, select: [from, from + bare.length] }
  const wrapped = wrap(text, from, to, mark)
  return { from, to, text: wrapped.before + selected + wrapped.after, select: [from + wrapped.before.length, to + wrapped.before.length] }
}

function wrap(text: string, from: number, to: number, mark: Mark): { before: string; after: string } {
  const selected = text.slice(from, to)
  if (mark === 'code' && selected.includes('`')) {
    const longest = Math.max(...[...selected.matchAll(/`+/g)].map((m) => m[0].length))
    const ticks = '`'.repeat(longest + 1)
    return { before: `${ticks} `, after: ` ${ticks}` }
  }
  // An underscore inside of a word is one.
  const inWord = /[\p{L}\p{N}]$/u.test(text.slice(0, from)) || /^[\p{L}\p{N}]/u.test(text.slice(to))
  const sign = mark === 'italic' && inWord ? '*' : marks[mark]
  return { before: sign, after: sign }
}

function markAtCaret(text: string, at: number, mark: Mark): Splice {
  const sign = marks[mark]
  const before = text.slice(0, at).endsWith(sign)
  const after = text.slice(at).startsWith(sign)
  // Asked for twice with nothing between: never mind.
  if (before && after) return { from: at - sign.length, to: at + sign.length, text: '', select: [at - sign.length, at - sign.length] }
  // At the end of what is marked: go on without.
  const line = text.slice(text.lastIndexOf('\n', at - 1) + 1, at)
  if (after && line.split(sign).length % 2 === 0) return { from: at, to: at, text: '', select: [at + sign.length, at + sign.length] }
  return { from: at, to: at, text: sign + sign, select: [at + sign.length, at + sign.length] }
}

// The mark that stands right around a stretch; a star more or less is another mark.
function markAround(text: string, from: number, to: number, mark: Mark): string | undefined {
  for (const sign of mark === 'italic' ? ['_', '*'] : [marks[mark]]) {
    const char = sign.charAt(0)
    const before = runBefore(text, from, char)
    const after = runAfter(text, to, char)
    const both = Math.min(before, after)
    if (sign === '*' ? both === 1 || both === 3 : sign === '`' ? both === 1 : both >= sign.length) return sign
  }
  return undefined
}

function markWithin(selected: string, mark: Mark): string | undefined {
  for (const sign of mark === 'italic' ? ['_', '*'] : [marks[mark]]) {
    const char = sign.charAt(0)
    const both = Math.min(runAfter(selected, 0, char), runBefore(selected, selected.length, char))
    const is = sign === '*' ? both === 1 || both === 3 : sign === '`' ? both === 1 : both >= sign.length
    if (is && selected.length > 2 * sign.length) return selected.slice(sign.length, -sign.length)
  }
  return undefined
}

function runBefore(text: string, at: number, char: string): number {
  let n = 0
  while (text.charAt(at - 1 - n) === char) n++
  return n
}

function runAfter(text: string, at: number, char: string): number {
  let n = 0
  while (text.charAt(at + n) === char) n++
  return n
}

function markLines(selected: string, from: number, to: number, mark: Mark): Splice {
  const lines = selected.split('\n').map((line) => {
    const head = /^\s*(?:>\s?)*(?:(?:[-*+]|\d{1,9}[.)])\s+(?:\[[ xX]\]\s+)?)?/.exec(line)?.[0] ?? ''
    const body = line.slice(head.length).trimEnd()
    return { head, body, tail: line.slice(head.length + body.length) }
  })
  const marked = lines.every((l) => l.body === '' || markWithin(l.body, mark) !== undefined)
  const sign = marks[mark]
  const text = lines
    .map((l) => l.head + (l.body === '' ? '' : marked ? (markWithin(l.body, mark) ?? l.body) : markWithin(l.body, mark) === undefined ? sign + l.body + sign : l.body) + l.tail)
    .join('\n')
  return { from, to, text, select: [from, from + text.length] }
}

/** Makes what is selected a block of code. */
export function fence(text: string, from: number, to: number): Splice {
  const selected = text.slice(from, to).replace(/^\n+|\n+$/g, '')
  const longest = Math.max(2, ...[...selected.matchAll(/`+/g)].map((m) => m[0].length))
  const ticks = '`'.repeat(longest + 1)
  const before = from === 0 || text.charAt(from - 1) === '\n' ? '' : '\n'
  const after = to === text.length || text.charAt(to) === '\n' ? '' : '\n'
  const start = from + before.length + ticks.length + 1
  return { from, to, text: `${before}${ticks}\n${selected}\n${ticks}${after}`, select: [start, start + selected.length] }
}

const ADDRESS = /^https?:\/\/[^\s<>]+$/i

export function isAddress(text: string): boolean {
  return ADDRESS.test(text) && URL.canParse(text)
}

/** Makes a link of what is selected; without an address the caret waits for it. */
export function makeLink(text: string, from: number, to: number, address?: string): Splice {
  const selected = text.slice(from, to)
  if (address === undefined && isAddress(selected)) {
    return { from, to, text: `[](${escaped(selected)})`, select: [from + 1, from + 1] }
  }
  const label = selected.replace(/[[\]]/g, '\\$&')
  const link = `[${label}](${address === undefined ? '' : escaped(address)})`
  if (address !== undefined) return { from, to, text: link, select: [from + link.length, from + link.length] }
  const caret = selected === '' ? from + 1 : from + link.length - 1
  return { from, to, text: link, select: [caret, caret] }
}

function escaped(address: string): string {
  return address.replace(/[()]/g, (c) => (c === '(' ? '%28' : '%29'))
}

/** The link that pasting an address over what is selected makes, if that is what it should. */
export function pasteLink(text: string, from: number, to: number, pasted: string): Splice | undefined {
  const selected = text.slice(from, to)
  const address = pasted.trim()
  if (selected.trim() === '' || selected.includes('\n') || isAddress(selected.trim()) || !isAddress(address)) return undefined
  if (inCode(text, from) || text.slice(0, from).endsWith('](')) return undefined
  return makeLink(text, from, to, address)
}

interface Item {
  /** Columns before the marker. */
  indent: number
  marker: string
  /** The number of a numbered one. */
  number?: number
  /** What goes before its text, in all. */
  head: string
  body: string
}

const ITEM = /^([ \t]*)([-*+]|(\d{1,9})([.)]))[ \t]+(?:\[[ xX]\][ \t]+)?/
const QUOTE = /^[ \t]*(?:>[ \t]?)+/

function itemOf(line: string): Item | undefined {
  const found = ITEM.exec(line)
  if (!found) return undefined
  const [head, blanks = '', marker = '', number] = found
  return { indent: blanks.length, marker, head, body: line.slice(head.length), ...(number === undefined ? {} : { number: Number(number) }) }
}

function lineAround(text: string, at: number): Range {
  const from = text.lastIndexOf('\n', at - 1) + 1
  const end = text.indexOf('\n', at)
  return { from, to: end < 0 ? text.length : end }
}


/** Begins a new line, that goes on with the list or quote of the one before. */
export function breakLine(text: string, from: number, to: number): Splice {
  const line = lineAround(text, from)
  const before = text.slice(line.from, from)
  const insert = (more: string): Splice => ({ from, to, text: `\n${more}`, select: [from + 1 + more.length, from + 1 + more.length] })
  // Code keeps its indentation.
  if (inFence(text, from)) return insert(/^[ \t]*/.exec(before)?.[0] ?? '')

  const quote = QUOTE.exec(before)?.[0] ?? ''
  const item = itemOf(before.slice(quote.length))
  const head = quote + (item?.head ?? '')
  if (head === '') return insert('')
  // Twice in a row ends it.
  if (before === head && text.slice(to, line.to).trim() === '') {
    const rest = item ? quote : ''
    return { from: line.from, to, text: rest, select: [line.from + rest.length, line.from + rest.length] }
  }
  if (!item) return insert(quote)
  const box = /\[[ xX]\][ \t]+$/.test(item.head) ? '[ ] ' : ''
  const marker = item.number === undefined ? item.marker : `${item.number + 1}${item.marker.slice(-1)}`
  return insert(`${quote}${' '.repeat(item.indent)}${marker} ${box}`)
}

/** Moves list items in or out by a level; undefined where there is none to move to. */
export function indent(text: string, from: number, to: number, out: boolean): Splice | undefined {
  const start = lineAround(text, from).from
  const end = lineAround(text, Math.max(from, to)).to
  const lines = text.slice(start, end).split('\n')
  const first = itemOf(lines[0] ?? '')
  if (!first || inFence(text, from)) return undefined
  const target = out ? outer(text, start, first) : inner(text, start, first)
  if (target === undefined) return undefined
  const by = target - first.indent
  const moved = lines.map((line) => (by > 0 ? ' '.repeat(by) + line : line.slice(Math.min(-by, line.search(/\S|$/)))))
  const next = moved.join('\n')
  const shift = Math.max(-(from - start), by)
  const grown = next.length - (end - start)
  return { from: start, to: end, text: next, select: [from + shift, from === to ? from + shift : to + grown] }
}

// No deeper than below the item before: so Tab leaves the field in the end.
function inner(text: string, start: number, item: Item): number | undefined {
  const above = itemAbove(text, start)
  if (!above || above.indent < item.indent) return undefined
  return above.indent > item.indent ? above.indent : above.indent + above.marker.length + 1
}

function outer(text: string, start: number, item: Item): number | undefined {
  if (item.indent === 0) return undefined
  let at = start
  for (let above = itemAbove(text, at); above; above = itemAbove(text, at)) {
    if (above.indent < item.indent) return above.indent
    at = lineAround(text, at - 1).from
  }
  return 0
}

function itemAbove(text: string, start: number): Item | undefined {
  if (start === 0) return undefined
  const line = lineAround(text, start - 1)
  return itemOf(text.slice(line.from, line.to))
}

/** Makes the lines of a selection a list or a quote, or plain again. */
export function toggleBlock(text: string, from: number, to: number, block: Block): Splice {
  const start = lineAround(text, from).from
  const end = lineAround(text, to > from && text.charAt(to - 1) === '\n' ? to - 1 : to).to
  const lines = text.slice(start, end).split('\n')
  const filled = lines.filter((l) => l.trim() !== '')
  const off = filled.length > 0 && filled.every((line) => blockOf(line) === block)
  let n = 0
  const next = lines
    .map((line) => {
      if (line.trim() === '' && lines.length > 1) return line
      if (block === 'quote') return off ? line.replace(/^[ \t]*>[ \t]?/, '') : `> ${line}`
      const item = itemOf(line)
      const bare = item ? ' '.repeat(item.indent) + item.body : line
      if (off) return bare
      const blanks = /^[ \t]*/.exec(bare)?.[0] ?? ''
      return `${blanks}${block === 'bullet' ? '-' : `${++n}.`} ${bare.slice(blanks.length)}`
    })
    .join('\n')
  const caret = start + next.length
  return { from: start, to: end, text: next, select: from === to ? [caret, caret] : [start, caret] }
}

function blockOf(line: string): Block | undefined {
  if (QUOTE.test(line)) return 'quote'
  const item = itemOf(line)
  if (!item) return undefined
  return item.number === undefined ? 'bullet' : 'number'
}
