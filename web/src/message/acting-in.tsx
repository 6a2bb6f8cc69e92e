import { createSignal, onCleanup, onMount, Show } from 'solid-js'
import { Dynamic } from 'solid-js/web'
import { acting } from './parts'

/** Time for the first view to be drawn. */
const AFTER_MS = 150

/** Makes the messages in a list ones that something can be done with, once the list stands. */
export function ActingIn(props: { scroller(): HTMLElement }) {
  const [now, setNow] = createSignal(false)
  onMount(() => {
    const timer = setTimeout(() => setNow(true), AFTER_MS)
    onCleanup(() => clearTimeout(timer))
  })
  return <Show when={now() && acting()}>{(part) => <Dynamic component={part().Acting} scroller={props.scroller()} />}</Show>
}
