import { createSignal } from 'solid-js'
import type { Mention } from './mentions'

/** A text while it is written: as one sees it, with who is meant by which name. */
export interface Writing {
  text(): string
  mentions(): readonly Mention[]
  /** What the field holds now, by whoever's hand. */
  setText(text: string): void
  setMentions(mentions: readonly Mention[]): void
  /** As it is stored and sent. */
  content(): Promise<string>
  /** Makes mentions of the names in it that were typed in full; to be called before it goes. */
  settle(): Promise<void>
  /** Who can do that. */
  setSettle(act: (() => Promise<void>) | undefined): void
}

export function makeWriting(first: string, named: readonly Mention[], onChange: () => void = () => {}): Writing {
  const [text, setText] = createSignal(first)
  const [mentions, setMentions] = createSignal(named)
  let settle: (() => Promise<void>) | undefined
  return {
    text,
    mentions,
    setText(next) {
      if (next === text()) return
      setText(next)
      // Who was named in a text that is gone is not meant in the next one.
      if (next === '' && mentions().length > 0) setMentions([])
      onChange()
    },
    setMentions(next) {
      setMentions(next)
      onChange()
    },
    async settle() {
      if (text().includes('@')) await settle?.()
    },
    setSettle(act) {
      settle = act
    },
    async content() {
      // Plain text waits for nothing.
      if (mentions().length === 0) return text()
      const [was, who] = [text(), mentions()]
      return import('./mentions').then(({ expand }) => expand(was, who), () => was)
    },
  }
}
