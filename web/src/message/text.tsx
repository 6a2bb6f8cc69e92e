import { createMemo, createSignal, onMount, Show, type JSX } from 'solid-js'
import { t } from '~/i18n/i18n'
import { copy } from './do'
import { roomLink } from './links'
import { useMessageRoom } from './message-room'
import { FOLD_LINES, markdown } from './parts'
import { Plain } from './plain'
import { hasMarkdown, isEmojiOnly, linesOf } from './syntax'

/** A message's words: plain, in Markdown, or a few large emoji; folded where they are many. */
export function Text(props: { id: string; content: string; faded?: boolean; leaving?: boolean; after?: JSX.Element }) {
  const room = useMessageRoom()
  // The row changes more often than its words, whose elements must stay: what is
  // selected, scrolled or pressed in them would be lost.
  const content = createMemo(() => props.content)
  const me = createMemo(() => room.me().id)
  // A link to a room of ours is drawn by the room's name, which the plain way doesn't know.
  const drawn = createMemo(() =>
    hasMarkdown(content()) || hasRoomLink(content()) ? (markdown()?.draw(content(), { me: me(), origin: location.origin }) ?? null) : null,
  )
  const emoji = createMemo(() => isEmojiOnly(content()))
  const long = createMemo(() => linesOf(content()) > FOLD_LINES / 2)
  const [tall, setTall] = createSignal(false)
  const folded = () => long() && !room.unfolded(props.id)
  let box!: HTMLDivElement

  // Before the list looks how high the row is.
  onMount(() => {
    if (long()) setTall(box.scrollHeight > box.clientHeight + 1 || room.unfolded(props.id))
  })

  const words = () => (
    <Show
      when={drawn()}
      keyed
      fallback={
        <Plain
          content={props.content}
          faded={props.faded ?? false}
          class={`${emoji() ? 'message-emoji' : ''} ${props.leaving ? 'message-leaving' : ''}`}
          after={props.after}
        />
      }
    >
      {(nodes) => <Drawn nodes={nodes} faded={props.faded ?? false} leaving={props.leaving ?? false} after={props.after} />}
    </Show>
  )

  return (
    <Show when={long()} fallback={words()}>
      <div
        ref={box}
        class="message-fold"
        classList={{ 'message-folded': folded(), 'message-cut': folded() && tall() }}
        // What is focused has to be seen.
        onFocusIn={() => folded() && tall() && room.unfold(props.id, true)}
      >
        {words()}
      </div>
      <Show when={tall()}>
        <button
          type="button"
          class="mt-0.5 rounded-control text-meta font-medium text-accent-strong hover:underline pointer-coarse:min-h-11"
          aria-expanded={!folded()}
          onClick={() => room.unfold(props.id, folded())}
        >
          {folded() ? t('Show more') : t('Show less')}
        </button>
      </Show>
    </Show>
  )
}

function Drawn(props: { nodes: DocumentFragment; faded: boolean; leaving: boolean; after?: JSX.Element }) {
  let box!: HTMLDivElement
  // Keyed by its nodes: other words are another component.
  const blocks = [...props.nodes.childNodes]
  const last = blocks.at(-1)
  const ending = last instanceof HTMLParagraphElement ? last : null
  onMount(() => {
    box.addEventListener('click', (event) => {
      const button = event.target instanceof Element ? event.target.closest('[data-copy]') : null
      if (button) void copy(button.parentElement?.querySelector('code')?.textContent ?? '', 'code')
    })
    const code = box.querySelectorAll<HTMLElement>('code[data-language]')
    if (code.length === 0) return
    void import('./highlight').then(
      async ({ highlight }) => {
        for (const element of code) await highlight(element)
      },
      // Code without colours is still code.
      () => {},
    )
  })
  return (
    <div ref={box} class="message-markdown" classList={{ 'opacity-60': props.faded, 'message-leaving': props.leaving }}>
      {ending ? blocks.slice(0, -1) : blocks}
      {/* The mark stands at the end of the last line, as it does after plain words. */}
      <Show when={ending} fallback={props.after}>
        {(paragraph) => (
          <p class={paragraph().className} dir="auto">
            {[...paragraph().childNodes]}
            {props.after}
          </p>
        )}
      </Show>
    </div>
  )
}

function hasRoomLink(text: string): boolean {
  return text.includes(`${location.origin}/rooms/`) && text.split(/\s+/).some((word) => URL.canParse(word) && roomLink(word, location.origin) !== null)
}
