import { createSignal, onCleanup, onMount, Show, type Component, type JSX } from 'solid-js'
import { Dynamic } from 'solid-js/web'

/** A part whose code comes later. */
export type Deferrable<P> = Component<P & { defaultOpen: boolean }>

interface DeferredProps<P> {
  load(): Promise<{ default: Deferrable<P> }>
  /** What it is given once it is there. */
  with: P
  /** The button that opens it, as it looks until then: the part brings one that looks the same. */
  button(press: { onClick(): void; onPointerEnter(): void; onFocus(): void; 'aria-expanded': 'false' }): JSX.Element
}

/**
 * Something that opens by a button, and whose code isn't needed to show the button:
 * it is loaded when the page has nothing better to do, or when it is pointed at.
 */
export function Deferred<P extends object>(props: DeferredProps<P>) {
  const [part, setPart] = createSignal<{ component: Deferrable<P> }>()
  // A load that failed is tried again at the next press.
  const load = () => props.load().catch(() => undefined)

  onMount(() => {
    // Absent in Safari.
    const timer = setTimeout(() => ('requestIdleCallback' in globalThis ? requestIdleCallback(() => void load()) : void load()), 1_500)
    onCleanup(() => clearTimeout(timer))
  })

  function press() {
    void load().then((module) => module && setPart({ component: module.default }))
  }

  return (
    <Show
      when={part()}
      fallback={props.button({ onClick: press, onPointerEnter: () => void load(), onFocus: () => void load(), 'aria-expanded': 'false' })}
    >
      {(p) => <Dynamic component={p().component} {...props.with} defaultOpen />}
    </Show>
  )
}
