// Finds the addresses in a text. Only http and https are links: any other
// scheme may run something.

export interface Piece {
  text: string
  href?: string
}

const address = /https?:\/\/[^\s<>"'`\p{Cc}]+/giu

/** Cuts a text into plain pieces and links; together they are the text. */
export function pieces(text: string): Piece[] {
  const out: Piece[] = []
  let end = 0
  for (const match of text.matchAll(address)) {
    const found = withoutTail(match[0])
    const href = parse(found)
    if (!href) continue
    if (match.index > end) out.push({ text: text.slice(end, match.index) })
    out.push({ text: found, href })
    end = match.index + found.length
  }
  if (end < text.length) out.push({ text: text.slice(end) })
  return out
}

// What closes the sentence or the bracket around an address isn't part of it.
function withoutTail(found: string): string {
  let text = found
  for (;;) {
    const last = text.at(-1) ?? ''
    if (/[.,;:!?*_~]/.test(last)) text = text.slice(0, -1)
    else if (last === ')' && count(text, ')') > count(text, '(')) text = text.slice(0, -1)
    else if (last === ']' && count(text, ']') > count(text, '[')) text = text.slice(0, -1)
    else return text
  }
}

function count(text: string, char: string): number {
  return text.split(char).length - 1
}

function parse(text: string): string | null {
  try {
    const url = new URL(text)
    return (url.protocol === 'http:' || url.protocol === 'https:') && url.hostname !== '' ? url.href : null
  } catch {
    return null
  }
}
