import { createSignal, onMount, Show } from 'solid-js'
import { Dynamic } from 'solid-js/web'
import { acting } from './parts'

/** Makes the messages in a list ones that something can be done with, once the list stands. */
export function ActingIn(props: { scroller(): HTMLElement }) {
  const [stands, setStands] = createSignal(false)
  onMount(() => setStands(true))
  return <Show when={stands() && acting()}>{(part) => <Dynamic component={part().Acting} scroller={props.scroller()} />}</Show>
}
