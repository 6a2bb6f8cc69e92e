// Marks words where they stand in the page, without changing its elements: a list that
// makes and drops its rows as one scrolls goes on as before.

/** The name of the highlight; app.css says how it looks. */
const NAME = 'search'
/** What holds the words of a message; see message/text.tsx. */
const WORDS = '.message-words, .message-markdown'
/** More are no help to anybody. */
const MAX_RANGES = 500

/** Marks the words in an element, whatever comes into it, until the function that it returns is called. */
export function markWords(within: HTMLElement, words: readonly string[]): () => void {
  if (words.length === 0 || !('highlights' in CSS)) return () => {}
  const wanted = words.map(folded).filter((w) => w !== '')
  let frame = 0
  const mark = () => {
    frame = 0
    CSS.highlights.set(NAME, new Highlight(...rangesOf(within, wanted)))
  }
  const changed = new MutationObserver(() => (frame ||= requestAnimationFrame(mark)))
  changed.observe(within, { childList: true, subtree: true, characterData: true })
  mark()
  return () => {
    cancelAnimationFrame(frame)
    changed.disconnect()
    CSS.highlights.delete(NAME)
  }
}

function rangesOf(within: HTMLElement, words: readonly string[]): Range[] {
  const ranges: Range[] = []
  const walker = document.createTreeWalker(within, NodeFilter.SHOW_TEXT, (node) =>
    node.parentElement?.closest(WORDS) ? NodeFilter.FILTER_ACCEPT : NodeFilter.FILTER_REJECT,
  )
  for (let node = walker.nextNode(); node && ranges.length < MAX_RANGES; node = walker.nextNode()) {
    const text = folded(node.nodeValue ?? '')
    // Where folding changed the length, places aren't known.
    if (text.length !== node.nodeValue?.length) continue
    for (const word of words) {
      for (let at = text.indexOf(word); at >= 0 && ranges.length < MAX_RANGES; at = text.indexOf(word, at + word.length)) {
        const range = new Range()
        range.setStart(node, at)
        range.setEnd(node, at + word.length)
        ranges.push(range)
      }
    }
  }
  return ranges
}

// Without case and accents, each character as long as it was.
function folded(text: string): string {
  return Array.from(text, (char) => {
    const plain = char.normalize('NFKD').replace(/\p{Mn}/gu, '').toLowerCase()
    return plain.length === char.length ? plain : char.toLowerCase().length === char.length ? char.toLowerCase() : char
  }).join('')
}
