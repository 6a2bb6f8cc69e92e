import { speak, type Catalogue } from './i18n'
import { isLanguage, isRtl, languages, type Language } from './languages'

/** Where the choice of this device is kept. */
export const CHOICE = 'snug:language'

/** Nobody waits longer for a page that could be there in English. */
const PATIENCE_MS = 10_000

const catalogues = import.meta.glob<string>('./catalogues/*.json', { query: '?url', import: 'default', eager: true })

/** What was chosen on this device; null follows the browser. */
export function chosenLanguage(): Language | null {
  try {
    const kept = localStorage.getItem(CHOICE)
    return isLanguage(kept) ? kept : null
  } catch {
    return null
  }
}

/** The language to speak: the chosen one, else the first of the browser's that there is a catalogue for. */
export function language(): Language {
  return chosenLanguage() ?? preferred(navigator.languages)
}

export function preferred(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    const base = tag.toLowerCase().split('-')[0] ?? ''
    if (isLanguage(base)) return base
  }
  return 'en'
}

/** Where the catalogue of a language is; English needs none. */
export function catalogueOf(which: Language): string | undefined {
  return catalogues[`./catalogues/${which}.json`]
}

/**
 * Speaks `language()` from here on, and sets the page's direction. Undefined when it does
 * so already, else when the catalogue has come. Without one (no network, and none kept)
 * the page speaks English.
 */
export function beginSpeaking(): Promise<void> | undefined {
  const which = language()
  const url = catalogueOf(which)
  if (url === undefined) {
    say('en', {})
    return undefined
  }
  return fetch(url, { credentials: 'same-origin', signal: AbortSignal.timeout(PATIENCE_MS) })
    .then((reply) => (reply.ok ? (reply.json() as Promise<Catalogue>) : Promise.reject(new Error(`${reply.status}`))))
    .then((catalogue) => say(which, catalogue), () => say('en', {}))
}

function say(which: Language, catalogue: Catalogue) {
  document.documentElement.lang = which
  document.documentElement.dir = languages[which].dir
  // A browser's own "en-GB" knows more of dates than "en" does.
  const own = navigator.languages.find((tag) => tag.toLowerCase().split('-')[0] === which)
  speak({ locale: own ?? which, catalogue, rtl: isRtl(which) }, which)
}
