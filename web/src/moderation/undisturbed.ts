import { onCleanup } from 'solid-js'

/** Does something unless the focus is within what `selector` finds: then once it has left. In a component's scope. */
export function undisturbed(selector: string, act: () => void): () => void {
  let waits = false
  let timer: ReturnType<typeof setTimeout> | undefined
  function attempt() {
    waits = document.activeElement?.closest(selector) != null
    if (!waits) act()
  }
  // While it goes from one to another it is nowhere.
  function onFocusOut() {
    clearTimeout(timer)
    if (waits) timer = setTimeout(attempt)
  }
  document.addEventListener('focusout', onFocusOut)
  onCleanup(() => {
    clearTimeout(timer)
    document.removeEventListener('focusout', onFocusOut)
  })
  return attempt
}
