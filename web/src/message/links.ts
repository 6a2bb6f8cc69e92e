// Finds the addresses in a text. Only http, https and, where somebody wrote a link
// on purpose, mailto are links: any other scheme may run something.

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
    const href = webAddress(found)
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
  let round = count(found, ')') - count(found, '(')
  let square = count(found, ']') - count(found, '[')
  let end = found.length
  for (; end > 0; end--) {
    const last = found.charAt(end - 1)
    if (last === ')' && round > 0) round--
    else if (last === ']' && square > 0) square--
    else if (!/[.,;:!?*_~]/.test(last)) break
  }
  return found.slice(0, end)
}

function count(text: string, char: string): number {
  return text.split(char).length - 1
}

function webAddress(text: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : null
  return url && (url.protocol === 'http:' || url.protocol === 'https:') && url.hostname !== '' ? url.href : null
}

/** The target of a link that was written as one; null where it could run something or leads nowhere. */
export function linkTarget(text: string): string | null {
  const web = webAddress(text)
  if (web) return web
  return URL.canParse(text) && new URL(text).protocol === 'mailto:' ? new URL(text).href : null
}

/** A room of this server, and maybe a message in it. */
export interface RoomLink {
  slug: string
  /** The message that it leads to, as the room's page takes it. */
  search: Record<string, string>
}

/** What a link to a room of this very server leads to; null for all others. */
export function roomLink(href: string, origin: string): RoomLink | null {
  const url = new URL(href)
  const slug = /^\/rooms\/([^/]+)\/?$/.exec(url.pathname)?.[1]
  if (url.origin !== origin || slug === undefined) return null
  try {
    return { slug: decodeURIComponent(slug), search: Object.fromEntries(url.searchParams) }
  } catch {
    return null
  }
}
