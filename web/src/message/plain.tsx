import { createMemo, For, Show, type JSX } from 'solid-js'
import { pieces } from './links'

/** A text as it was written, with its addresses as links. */
export function Plain(props: { content: string; faded?: boolean; class?: string; after?: JSX.Element }) {
  // The row changes more often than its words, whose links must stay.
  const content = createMemo(() => props.content)
  const parts = createMemo(() => pieces(content()))
  // Only the text fades: 60 % of what is muted already can't be read.
  return (
    <p class={`message-words whitespace-pre-wrap [unicode-bidi:plaintext] [overflow-wrap:anywhere] ${props.class ?? ''}`} classList={{ 'opacity-60': props.faded ?? false }} dir="auto">
      <For each={parts()}>
        {(part) => (
          <Show when={part.href} fallback={part.text}>
            {(href) => (
              <a href={href()} target="_blank" rel="noopener noreferrer nofollow" class="message-link">
                {part.text}
              </a>
            )}
          </Show>
        )}
      </For>
      {props.after}
    </p>
  )
}
