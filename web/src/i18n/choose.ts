import { member } from '~/http'
import { CHOICE } from './language'
import { languages, type Language } from './languages'

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

/** Chosen by the keyboard, each press loads the page anew: the next one goes on from there. */
const CHOOSER = 'select[name=language]'

const keyOf = (field: HTMLInputElement) => `${location.pathname} ${field.name}`

function keepTyped() {
  const fields = [...document.querySelectorAll<HTMLInputElement>(LASTING)]
  const typed = Object.fromEntries(fields.map((field) => [keyOf(field), field.value]))
  sessionStorage.setItem(TYPED, JSON.stringify({ typed, choosing: document.activeElement?.matches(CHOOSER) === true }))
}

/** Puts back, once, what stood in the fields of this page when a language was chosen, and the focus to where that was done. */
export function giveBackTyped() {
  try {
    const kept: unknown = JSON.parse(sessionStorage.getItem(TYPED) ?? 'null')
    // What has no field by now isn't meant for one that is drawn at another time.
    sessionStorage.removeItem(TYPED)
    const typed = member(kept, 'typed')
    for (const field of document.querySelectorAll<HTMLInputElement>(LASTING)) {
      const text = member(typed, keyOf(field))
      if (typeof text !== 'string' || field.readOnly || field.value === text) continue
      field.value = text
      field.dispatchEvent(new InputEvent('input', { bubbles: true }))
    }
    if (member(kept, 'choosing') === true) document.querySelector<HTMLElement>(CHOOSER)?.focus()
  } catch {
    // Storage is blocked: nothing was kept.
  }
}
