import { Lexer, Tokenizer, type MarkedOptions, type MarkedToken, type Token, type TokenizerExtensionFunction, type Tokens } from 'marked'
import { linkTarget, pieces } from './links'

// What a message's text means. Messages are a subset of GitHub's Markdown, less
// what surprises people who only wrote a message: markup is text, indented lines
// are no code, a line of dashes makes no heading of what is above it, __init__ is
// a name, 2*3*4 a product, ~5 about five, and nothing that was written is hidden.
//
// The text is never made into HTML: what comes out is a tree that draw.ts makes
// elements of, by a closed list of their kinds.

/** A mention, as the composer writes it: @[Name](user:ID), @[room](room:all), @[here](room:here). */
export interface Mention {
  type: 'mention'
  raw: string
  name: string
  /** '' where many are called. */
  userId: string
}

/** All kinds of tokens that there are here. */
export type MessageToken = MarkedToken | Mention

/** The lexer's own type lets a token be anything. */
export function known(token: Token): MessageToken {
  return token as MessageToken
}

/** Of a table; one with more stays as it was written. */
const MAX_CELLS = 2_000

const mention = /^@\[((?:\\[^\n]|[^\]\\\n]){1,200})\]\(user:([^\s()]{1,128})\)/
const call = /^@\[(?:(room)\]\(room:all|(here)\]\(room:here)\)/

// Letters of scripts that have capitals, and digits: others write words without spaces, or none.
const wordEnd = /[\p{Lu}\p{Ll}\p{N}]$/u
const wordBegin = /^[\p{Lu}\p{Ll}\p{N}]/u

class MessageTokenizer extends Tokenizer {
  override html(): undefined {}
  override tag(): undefined {}
  override def(): undefined {}
  override code(): undefined {}
  override lheading(): undefined {}
  override autolink(): undefined {}
  override reflink(): undefined {}

  // Each row is filled up to the header's width: a short text could make millions of cells.
  override table(src: string): Tokens.Table | undefined {
    const found = this.rules.block.table.exec(src)
    const cells = (found?.[1] ?? '').split('|').length * (found?.[3] ?? '').split('\n').length
    return cells > MAX_CELLS ? undefined : super.table(src)
  }

  override emStrong(src: string, masked: string, previous?: string): Tokens.Em | Tokens.Strong | undefined {
    if (src.startsWith('__')) return undefined
    // Within a word or a number a single sign is what was meant, an asterisk like an underscore.
    if (/^\*(?!\*)/.test(src) && previous !== undefined && wordEnd.test(previous)) return undefined
    const token = super.emStrong(src, masked, previous)
    return token?.type === 'em' && wordBegin.test(src.slice(token.raw.length, token.raw.length + 2)) ? undefined : token
  }

  override del(src: string, masked: string, previous?: string): Tokens.Del | undefined {
    return src.startsWith('~~') ? super.del(src, masked, previous) : undefined
  }

  // The same addresses are links as in a plain message.
  override url(src: string): Tokens.Link | undefined {
    const first = /^https?:\/\//i.test(src) ? pieces(/^\S+/.exec(src)?.[0] ?? '')[0] : undefined
    if (first?.href === undefined) return undefined
    const text: Tokens.Text = { type: 'text', raw: first.text, text: first.text, escaped: false }
    return { type: 'link', raw: first.text, text: first.text, href: first.href, title: null, tokens: [text] }
  }

  // A link that may run something, or that says it leads elsewhere, stays as it was written.
  override link(src: string): Tokens.Link | Tokens.Image | undefined {
    const token = super.link(src)
    const target = token ? linkTarget(token.href) : null
    if (!token || target === null) return undefined
    const said = pieces(token.text).find((piece) => piece.href !== undefined)?.href
    return said !== undefined && new URL(said).host !== new URL(target).host ? undefined : token
  }

  // A run of underscores that isn't emphasis is one piece of text.
  override inlineText(src: string): Tokens.Text | undefined {
    const run = /^__+/.exec(src)?.[0]
    return run === undefined ? super.inlineText(src) : { type: 'text', raw: run, text: run, escaped: false }
  }
}

const mentions: TokenizerExtensionFunction = (src) => {
  const called = call.exec(src)
  if (called) return { type: 'mention', raw: called[0], name: called[1] ?? called[2] ?? '', userId: '' }
  const match = mention.exec(src)
  if (!match) return undefined
  const [raw, name = '', userId = ''] = match
  return { type: 'mention', raw, name: name.replace(/\\([^\n])/g, '$1'), userId }
}

function options(): MarkedOptions {
  return {
    gfm: true,
    breaks: true,
    tokenizer: new MessageTokenizer(),
    extensions: {
      renderers: {},
      childTokens: {},
      inline: [mentions],
      startInline: [(src: string) => src.indexOf('@[')],
    },
  }
}

/** Deeper nesting than this is nobody's message: it is shown as it was written. */
const DEPTH_LIMIT = 40
// What would nest deeper, by which the lexer recurses; and blanks over which it takes its time.
const absurd = /^(?:[ \t]*(?:>|[-+*][ \t]|\d{1,9}[.)][ \t])){40}|[ \t]{400}/m

/** Reads a message's text. Null: it is shown as it was written. */
export function parseMarkdown(text: string): readonly Token[] | null {
  if (absurd.test(text)) return null
  try {
    const tokens = new Lexer(options()).lex(text)
    return depth(tokens) > DEPTH_LIMIT ? null : tokens
  } catch {
    // The stack, or a fault in the lexer: the words are still there to be read.
    return null
  }
}

function depth(tokens: readonly Token[]): number {
  let deepest = 0
  for (const token of tokens) deepest = Math.max(deepest, depth(childrenOf(known(token))))
  return deepest + 1
}

function childrenOf(token: MessageToken): readonly Token[] {
  if (token.type === 'list') return token.items
  return 'tokens' in token && token.tokens ? token.tokens : []
}
