import { CHOICE, languages, type Language } from './language'

// Choosing a language. It is apart from speaking one, which every page does.

export const languageCodes = Object.keys(languages) as Language[]

/** Keeps the choice and loads the page anew: what is drawn already doesn't change its language. Null follows the browser. */
export function chooseLanguage(next: Language | null) {
  try {
    if (next === null) localStorage.removeItem(CHOICE)
    else localStorage.setItem(CHOICE, next)
    keepTyped()
  } catch {
    // Storage is blocked or full: the browser's language stays.
  }
  location.reload()
}

const TYPED = 'snug:typed'
/** Fields whose text outlives the reload. Drafts are kept anyway, and what is secret is typed again. */
const LASTING = 'input[name=name], input[name=email]'

const keyOf = (field: HTMLInputElement) => `${location.pathname} ${field.name}`

function keepTyped() {
  const fields = [...document.querySelectorAll<HTMLInputElement>(LASTING)]
  sessionStorage.setItem(TYPED, JSON.stringify(Object.fromEntries(fields.map((field) => [keyOf(field), field.value]))))
}

/** Puts back, once, what stood in the fields of this page when a language was chosen. */
export function giveBackTyped() {
  try {
    const typed: unknown = JSON.parse(sessionStorage.getItem(TYPED) ?? 'null')
    if (typeof typed !== 'object' || typed === null) return
    for (const field of document.querySelectorAll<HTMLInputElement>(LASTING)) {
      const text: unknown = Reflect.get(typed, keyOf(field))
      Reflect.deleteProperty(typed, keyOf(field))
      if (typeof text !== 'string' || field.readOnly || field.value === text) continue
      field.value = text
      field.dispatchEvent(new InputEvent('input', { bubbles: true }))
    }
    sessionStorage.setItem(TYPED, JSON.stringify(typed))
  } catch {
    // Storage is blocked: nothing was kept.
  }
}
