import { createSignal, onCleanup, onMount, Show } from 'solid-js'
import { Dynamic } from 'solid-js/web'

/** Time for the first view to be drawn. */
const AFTER_MS = 250
/** From one try to the next, while it doesn't come. */
const AGAIN_MS = 5_000

/** What goes on beside the pages, once there is time for it. */
export function BackgroundLater() {
  const [part, setPart] = createSignal<typeof import('./background')>()
  onMount(() => {
    let stopped = false
    let timer = setTimeout(load, AFTER_MS)
    function load() {
      void import('./background').then(setPart, () => {
        if (!stopped) timer = setTimeout(load, AGAIN_MS)
      })
    }
    onCleanup(() => {
      stopped = true
      clearTimeout(timer)
    })
  })
  return <Show when={part()}>{(loaded) => <Dynamic component={loaded().default} />}</Show>
}
