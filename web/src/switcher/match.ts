// How what is typed finds a name: by the beginnings of its words, in their order
// ("gd", "gen dis" and "gendis" all find "General discussion"), or by any part of it.
// Accents, case and the joining signs of names don't count.

export interface Found {
  /** Higher is better; between 0 and 1. */
  score: number
  /** What of the text was typed: pairs of begin and end, in UTF-16 units, in order. */
  marks: readonly (readonly [number, number])[]
}

/** Nobody types more than this for a name. */
const REACH = 64

/** A text made ready to be looked in. */
interface Folded {
  /** Of each folded sign, where it stands in the text. */
  signs: string[]
  at: number[]
  /** Where words begin, among the signs. */
  starts: number[]
}

// These have no accent that could be taken off.
const plain: Readonly<Record<string, string>> = { ß: 'ss', æ: 'ae', œ: 'oe', ø: 'o', đ: 'd', ð: 'd', þ: 'th', ł: 'l', ı: 'i', ħ: 'h' }

export function fold(text: string): Folded {
  const folded: Folded = { signs: [], at: [], starts: [] }
  let between = true
  let offset = 0
  for (const sign of text.slice(0, 2 * REACH)) {
    const letters = sign.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()
    for (const l of letters) {
      for (const letter of plain[l] ?? l) {
        const word = /[\p{L}\p{N}]/u.test(letter)
        // In scripts without spaces each sign is a beginning.
        if (word && (between || /\p{Script=Han}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Script=Thai}/u.test(letter))) folded.starts.push(folded.signs.length)
        if (!word) {
          between = true
          continue
        }
        between = false
        folded.signs.push(letter)
        folded.at.push(offset)
      }
    }
    offset += sign.length
  }
  return folded
}

/** Undefined: it isn't that. What is typed is made ready once, for many texts. */
export function makeMatcher(typed: string): (text: string) => Found | undefined {
  const wanted = typed.slice(0, REACH).split(/\s+/).map((word) => fold(word).signs).filter((word) => word.length > 0)
  const whole = wanted.flat()
  return (text) => {
    if (whole.length === 0) return typed.trim() === '' ? { score: 0.5, marks: [] } : undefined
    const folded = fold(text)
    return atBeginning(whole, folded, text) ?? byWords(whole, folded, text) ?? anyOrder(wanted, folded, text) ?? within(whole, folded, text)
  }
}

function atBeginning(wanted: string[], folded: Folded, text: string): Found | undefined {
  if (!same(wanted, folded, 0)) return undefined
  return { score: wanted.length === folded.signs.length ? 1 : 0.9 + 0.05 * (wanted.length / folded.signs.length), marks: marksOf(range(0, wanted.length), folded, text) }
}

// Each sign goes on with the run before it, or begins a word further on.
function byWords(wanted: string[], folded: Folded, text: string): Found | undefined {
  const dead = new Set<string>()
  function go(i: number, from: number): number[] | undefined {
    if (i === wanted.length) return []
    if (dead.has(`${i} ${from}`)) return undefined
    for (const start of folded.starts) {
      if (start < from) continue
      let run = 0
      while (i + run < wanted.length && folded.signs[start + run] === wanted[i + run]) run++
      // A long run first; a shorter one may leave what another word needs.
      for (; run > 0; run--) {
        const rest = go(i + run, start + run)
        if (rest) return [...range(start, run), ...rest]
      }
    }
    dead.add(`${i} ${from}`)
    return undefined
  }
  const places = go(0, 0)
  if (!places) return undefined
  const runs = places.filter((p, i) => i === 0 || p !== (places[i - 1] ?? 0) + 1).length
  return { score: 0.85 - 0.05 * Math.min(runs, 5) - 0.1 * ((places[0] ?? 0) / (folded.signs.length + 1)), marks: marksOf(places, folded, text) }
}

// "discussion gen": each word that was typed begins one of the text's.
function anyOrder(wanted: string[][], folded: Folded, text: string): Found | undefined {
  if (wanted.length < 2) return undefined
  const places: number[] = []
  for (const word of wanted) {
    const start = folded.starts.find((s) => same(word, folded, s))
    if (start === undefined) return undefined
    places.push(...range(start, word.length))
  }
  return { score: 0.5, marks: marksOf([...new Set(places)].sort((a, b) => a - b), folded, text) }
}

function within(wanted: string[], folded: Folded, text: string): Found | undefined {
  if (wanted.length < 2) return undefined
  for (let at = 1; at + wanted.length <= folded.signs.length; at++) {
    if (same(wanted, folded, at)) return { score: 0.3, marks: marksOf(range(at, wanted.length), folded, text) }
  }
  return undefined
}

function same(wanted: string[], folded: Folded, at: number): boolean {
  return wanted.length > 0 && wanted.every((sign, i) => folded.signs[at + i] === sign)
}

function range(from: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => from + i)
}

function marksOf(places: readonly number[], folded: Folded, text: string): [number, number][] {
  const marks: [number, number][] = []
  for (const place of places) {
    const begin = folded.at[place] ?? 0
    const end = begin + ((text.codePointAt(begin) ?? 0) > 0xff_ff ? 2 : 1)
    const last = marks.at(-1)
    if (last && last[1] >= begin) last[1] = Math.max(last[1], end)
    else marks.push([begin, end])
  }
  return marks
}
