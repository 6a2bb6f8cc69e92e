import { codeRanges } from './code'
import { named, type Mention } from './mentions'

// Names that were typed in full, without picking them from the list.

export type Name = Pick<Mention, 'userId' | 'userName'>

/** Names that may be looked up before a message goes. */
const LOOKED_UP = 3

const AT = /(?<![\p{L}\p{N}_@＠./\\])@(?=[^\s@])/gu
/** What goes on a name, or makes an address of it. */
const GOES_ON = /^(?:[\p{L}\p{M}\p{N}_]|[.@/-][\p{L}\p{N}_])/u
const WORD = /^[\p{L}\p{M}\p{N}_]{1,48}/u

/**
 * Who is named in a text that doesn't mention them yet. With a caret, while it is
 * written: what may still become a longer name isn't one yet.
 */
export function typedNames(text: string, mentions: readonly Mention[], names: readonly Name[], caret?: number): Mention[] {
  return plainSigns(text, mentions).flatMap((at) => {
    const longest = names.filter((n) => standsAt(text, at, n.userName)).reduce<Name | undefined>((a, b) => (a && a.userName.length >= b.userName.length ? a : b), undefined)
    if (!longest) return []
    const { userId, userName } = longest
    if (caret !== undefined) {
      const written = text.slice(at + 1, caret).toLowerCase()
      if (written.length <= userName.length || names.some((n) => n.userName.length > userName.length && n.userName.toLowerCase().startsWith(written))) return []
    }
    return [{ userId, userName, at }]
  })
}

/** By which words to ask who may be named besides. */
export function unknownNames(text: string, mentions: readonly Mention[], names: readonly Name[]): string[] {
  const known = typedNames(text, mentions, names)
  const words = plainSigns(text, mentions).flatMap((at) => (known.some((m) => m.at === at) ? [] : (WORD.exec(text.slice(at + 1))?.[0].toLowerCase() ?? [])))
  return [...new Set(words)].slice(0, LOOKED_UP)
}

function plainSigns(text: string, mentions: readonly Mention[]): number[] {
  if (!text.includes('@')) return []
  const taken = [...codeRanges(text), ...named(text, mentions)]
  return [...text.matchAll(AT)].map((found) => found.index).filter((at) => !taken.some((r) => at >= r.from && at < r.to))
}

function standsAt(text: string, at: number, name: string): boolean {
  const to = at + 1 + name.length
  return name !== '' && text.slice(at + 1, to).toLowerCase() === name.toLowerCase() && !GOES_ON.test(text.slice(to))
}
