// Where code stands in what is being written: nothing in it means anything else.

/** A stretch of a text, in UTF-16 units: `to` is the first that isn't in it. */
export interface Range {
  from: number
  to: number
}

const FENCE = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})/

interface Fence extends Range {
  /** The line that ends it begins here; undefined while it is open. */
  end?: number
}

function fences(text: string): Fence[] {
  const out: Fence[] = []
  let mark = ''
  let from = 0
  for (let at = 0; at <= text.length; ) {
    const newline = text.indexOf('\n', at)
    const to = newline < 0 ? text.length : newline
    const line = text.slice(at, to)
    const found = FENCE.exec(line)?.[1] ?? ''
    if (mark === '') {
      mark = found
      from = at
    } else if (found.startsWith(mark) && line.trim() === found) {
      out.push({ from, to, end: at })
      mark = ''
    }
    at = to + 1
  }
  if (mark !== '') out.push({ from, to: text.length })
  return out
}

/** Whether a line break at `at` belongs to a block of code. */
export function inFence(text: string, at: number): boolean {
  return fences(text).some((f) => at > f.from && (f.end === undefined || at < f.end))
}

/** All code, blocks and spans, in order. */
export function codeRanges(text: string): Range[] {
  const out: Range[] = []
  let at = 0
  for (const fence of [...fences(text), { from: text.length, to: text.length }]) {
    spans(text, at, fence.from, out)
    if (fence.to > fence.from) out.push({ from: fence.from, to: fence.to })
    at = fence.to
  }
  return out
}

// As many backticks end a span as began it.
function spans(text: string, from: number, to: number, out: Range[]) {
  const runs = [...text.slice(from, to).matchAll(/`+/g)].map((m) => ({ at: from + m.index, length: m[0].length }))
  for (let i = 0; i < runs.length; i++) {
    const open = runs[i]
    const close = runs.findIndex((r, j) => j > i && r.length === open?.length)
    const end = runs[close]
    if (!open || !end) continue
    out.push({ from: open.at, to: end.at + end.length })
    i = close
  }
}

export function inCode(text: string, at: number): boolean {
  return inFence(text, at) || codeRanges(text).some((r) => at > r.from && at < r.to)
}
