import { onCleanup, onMount, Show, type JSX } from 'solid-js'
import { Portal } from 'solid-js/web'

/** Between what floats and what it belongs to, and between it and the window's edge, in px. */
const GAP = 6
const EDGE = 8

interface FloatProps {
  anchor: Element | null
  label: string
  role?: 'menu' | 'dialog'
  class?: string
  onClose(): void
  /** It is open: what is in it can take the focus. */
  onOpen?(): void
  children: JSX.Element
}

/**
 * What floats over everything until it is pressed beside, or Escape: beside its
 * anchor, or as a sheet at the bottom of the window where there is none. It stands
 * in the browser's top layer, so that no list clips it, and in the page's main part.
 */
export function Float(props: FloatProps) {
  return (
    <Portal mount={document.getElementById('main') ?? document.body}>
      <Show when={props.anchor} fallback={<Sheet {...props} />} keyed>
        {(anchor) => <Beside {...props} anchor={anchor} />}
      </Show>
    </Portal>
  )
}

function Beside(props: FloatProps & { anchor: Element }) {
  let box!: HTMLDivElement
  let open = false
  onMount(() => {
    box.showPopover()
    open = true
    place(box, props.anchor.getBoundingClientRect())
    props.onOpen?.()
  })
  onCleanup(() => {
    open = false
    if (box.matches(':popover-open')) box.hidePopover()
  })
  return (
    <div
      ref={box}
      popover="auto"
      class={`float ${props.class ?? ''}`}
      role={props.role ?? 'dialog'}
      aria-label={props.label}
      on:toggle={(event: ToggleEvent) => {
        if (event.newState === 'closed' && open) props.onClose()
      }}
    >
      {props.children}
    </div>
  )
}

// A popover would close as the finger is lifted that opened it.
function Sheet(props: FloatProps) {
  let dialog!: HTMLDialogElement
  onMount(() => {
    // The finger that is lifted here may be the one that opened it: that is no press.
    let pressed = false
    dialog.addEventListener('pointerdown', () => (pressed = true))
    dialog.addEventListener('click', (event) => pressed || event.detail === 0 || event.stopImmediatePropagation(), { capture: true })
    dialog.addEventListener('click', (event) => event.target === dialog && props.onClose())
    dialog.addEventListener('cancel', (event) => {
      event.preventDefault()
      props.onClose()
    })
    dialog.showModal()
    props.onOpen?.()
  })
  onCleanup(() => dialog.close())
  return (
    <dialog ref={dialog} class="float float-sheet" aria-label={props.label}>
      <div class="p-2" role={props.role === 'menu' ? 'menu' : undefined} aria-label={props.role === 'menu' ? props.label : undefined}>
        {props.children}
      </div>
    </dialog>
  )
}

// Below its anchor or above it, by where there is room; its end with the anchor's end.
function place(box: HTMLElement, anchor: DOMRect) {
  const { width, height } = box.getBoundingClientRect()
  const below = innerHeight - anchor.bottom - GAP - EDGE
  const above = anchor.top - GAP - EDGE
  const top = below >= height || below >= above ? anchor.bottom + GAP : anchor.top - GAP - height
  const rtl = getComputedStyle(box).direction === 'rtl'
  const left = rtl ? anchor.left : anchor.right - width
  box.style.top = `${Math.max(EDGE, Math.min(top, innerHeight - height - EDGE))}px`
  box.style.left = `${Math.max(EDGE, Math.min(left, innerWidth - width - EDGE))}px`
}
