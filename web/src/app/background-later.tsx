import { createSignal, onCleanup, onMount, Show } from 'solid-js'
import { Dynamic } from 'solid-js/web'

/** Time for the first view to be drawn. */
const AFTER_MS = 250

/** What goes on beside the pages, once there is time for it. */
export function BackgroundLater() {
  const [part, setPart] = createSignal<typeof import('./background')>()
  onMount(() => {
    // Without a network it comes from what the browser keeps, or with the next page.
    const timer = setTimeout(() => void import('./background').then(setPart, () => {}), AFTER_MS)
    onCleanup(() => clearTimeout(timer))
  })
  return <Show when={part()}>{(loaded) => <Dynamic component={loaded().default} />}</Show>
}
