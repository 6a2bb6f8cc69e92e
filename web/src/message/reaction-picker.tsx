import { For, onMount } from 'solid-js'
import { Float } from './float'
import { quickReactions } from './quick'

/** Chooses the emoji to react with. */
export function ReactionPicker(props: { anchor: Element | null; onPick(emoji: string): void; onClose(): void }) {
  let box!: HTMLDivElement
  onMount(() => box.querySelector('button')?.focus({ preventScroll: true }))
  return (
    <Float anchor={props.anchor} label="Choose a reaction" onClose={props.onClose}>
      <div ref={box} class="flex gap-0.5 p-0.5">
        <For each={quickReactions}>
          {(emoji) => (
            <button type="button" class="quick-reaction" aria-label={`React with ${emoji}`} onClick={() => props.onPick(emoji)}>
              {emoji}
            </button>
          )}
        </For>
      </div>
    </Float>
  )
}
