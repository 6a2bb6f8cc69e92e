import { createSignal, onMount, Show } from 'solid-js'
import { Dynamic } from 'solid-js/web'

/**
 * The picker of emoji, to stand in a popover. It holds its place while its chunk is
 * on the way; `onPick` gets the emoji in the tone that the person has chosen.
 */
export function EmojiPanel(props: { onPick(emoji: string): void }) {
  const [picker, setPicker] = createSignal<typeof import('./picker')>()
  const [failed, setFailed] = createSignal(false)
  onMount(() => import('./picker').then(setPicker, () => setFailed(true)))
  return (
    <div class="flex h-88 max-h-[60dvh] w-83 max-w-[calc(100vw-1rem)] flex-col">
      <Show when={picker()} fallback={<p class="m-auto text-meta text-muted">{failed() ? "Emoji can't be loaded just now." : ''}</p>}>
        {(loaded) => <Dynamic component={loaded().EmojiPicker} onPick={(emoji: string) => props.onPick(emoji)} />}
      </Show>
    </div>
  )
}

/** Loads the picker before it is asked for. */
export function prefetchEmoji() {
  import('./picker').catch(() => {})
}
