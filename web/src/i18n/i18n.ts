// What the client says, in the reader's language. The English text in the source is
// the key under which a catalogue has its translation.

/** A translation, or one for each plural category that the language has (Intl.PluralRules). */
export type Entry = string | Readonly<Partial<Record<Intl.LDMLPluralRule, string>>>
export type Catalogue = Readonly<Record<string, Entry>>
export type Values = Readonly<Record<string, string | number>>

export interface Spoken {
  /** What Intl is asked for: undefined is what the browser itself prefers. */
  locale: string | undefined
  catalogue: Catalogue
  /** From right to left. */
  rtl?: boolean
}

let spoken: Spoken = { locale: undefined, catalogue: {} }
let plurals = new Intl.PluralRules('en')
let numbers = new Intl.NumberFormat()

/** Sets what is spoken from here on. It is called before anything is drawn: what is said already stays. */
export function speak(next: Spoken, language = 'en') {
  spoken = next
  plurals = new Intl.PluralRules(language)
  numbers = new Intl.NumberFormat(next.locale)
}

/** For Intl's constructors, so that dates and lists are in the language of the words around them. */
export function locale(): string | undefined {
  return spoken.locale
}

/** Whether lines go from right to left, where what is put in between has to be kept apart. */
export function isolating(): boolean {
  return spoken.rtl === true
}

/** Writes times as the reader's language does. It may be made before that is known, not used. */
export function dates(options: Intl.DateTimeFormatOptions): (time: number | Date) => string {
  let format: Intl.DateTimeFormat | undefined
  return (time) => (format ??= new Intl.DateTimeFormat(spoken.locale, options)).format(time)
}

/**
 * Says `text` in the reader's language. {name} stands for one of `values`; numbers are
 * written as the language does. Where one English text has two meanings, "@@" and a
 * remark behind it tell them apart.
 */
export function t(text: string, values?: Values): string {
  return fill(entry(text, 'other') ?? english(text), values)
}

/** t by the number {count}: `one` is for 1, `other` for all else; other languages have their own rules. */
export function plural(count: number, one: string, other: string, values?: Values): string {
  const said = entry(other, plurals.select(count)) ?? english(count === 1 ? one : other)
  return fill(said, { ...values, count })
}

/** Marks a text for the catalogues that is said later, by t: tables are made before the language is known. */
export function m<Text extends string>(text: Text): Text {
  return text
}

/** A text as it is looked up, whose {names} are still in it. */
export function unfilled(text: string): string {
  return entry(text, 'other') ?? english(text)
}

function entry(text: string, category: Intl.LDMLPluralRule): string | undefined {
  const found = Object.hasOwn(spoken.catalogue, text) ? spoken.catalogue[text] : undefined
  if (found === undefined || typeof found === 'string') return found || undefined
  return found[category] || found.other || undefined
}

function english(text: string): string {
  const remark = text.indexOf('@@')
  return remark < 0 ? text : text.slice(0, remark)
}

function fill(text: string, values: Values | undefined): string {
  if (!values) return text
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = Object.hasOwn(values, name) ? values[name] : undefined
    if (value === undefined) return whole
    if (typeof value === 'number') return numbers.format(value)
    // Names are mostly of the other direction, and would take signs beside them along.
    return isolating() ? `\u2068${value}\u2069` : value
  })
}
