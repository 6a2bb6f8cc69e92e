import hljs from 'highlight.js/lib/core'
import { languageOf, loadLanguage, type Language } from './languages'

// Colours code, after it is drawn: only its letters change, never its size.

/** Longer code would hold up the page, and nobody reads it here. */
const LIMIT = 20_000

const loading = new Map<Language, Promise<void>>()

function prepare(language: Language): Promise<void> {
  let ready = loading.get(language)
  if (!ready) {
    ready = loadLanguage(language).then((grammar) => hljs.registerLanguage(language, grammar))
    // What couldn't be loaded is tried again by the next block.
    ready.catch(() => loading.delete(language))
    loading.set(language, ready)
  }
  return ready
}

/** Colours the code in `element`, whose language stands in its data. */
export async function highlight(element: HTMLElement): Promise<void> {
  const language = languageOf(element.dataset['language'] ?? '')
  const code = element.textContent
  if (!language || code.length > LIMIT) return
  await prepare(language)
  const marked = spans(hljs.highlight(code, { language, ignoreIllegals: true }).value)
  // A fault here must not change what was written.
  if (marked.textContent === code) element.replaceChildren(marked)
}

const entities: Readonly<Record<string, string>> = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#x27;': "'" }

/** Makes elements of what highlight.js writes: text, and spans with a class. Anything else is text. */
export function spans(html: string): DocumentFragment {
  const out = document.createDocumentFragment()
  const open: Node[] = [out]
  const top = () => open.at(-1) ?? out
  for (const [piece, classes] of html.matchAll(/<span class="([\w\- ]*)">|<\/span>|&(?:amp|lt|gt|quot|#x27);|[^<&]+|[<&]/g)) {
    if (classes !== undefined) {
      const span = document.createElement('span')
      span.className = classes
      top().appendChild(span)
      open.push(span)
    } else if (piece === '</span>') {
      if (open.length > 1) open.pop()
    } else {
      const last = top().lastChild
      const text = entities[piece] ?? piece
      if (last instanceof Text) last.appendData(text)
      else top().appendChild(document.createTextNode(text))
    }
  }
  return out
}
