import { onCleanup, onMount, type JSX } from 'solid-js'
import { Portal } from 'solid-js/web'

/** Between what floats and what it belongs to, and between it and the window's edge, in px. */
const GAP = 6
const EDGE = 8

/**
 * What floats over everything until it is pressed beside, or Escape: beside its
 * anchor, or at the bottom of the window where there is none. It stands in the
 * browser's top layer, so that no list clips it, and in the page's main part.
 */
export function Float(props: { anchor: Element | null; label: string; role?: 'menu' | 'dialog'; class?: string; onClose(): void; children: JSX.Element }) {
  let box!: HTMLDivElement
  let open = false

  onMount(() => {
    box.showPopover()
    open = true
    const { anchor } = props
    if (anchor) place(box, anchor.getBoundingClientRect())
  })
  onCleanup(() => {
    open = false
    if (box.matches(':popover-open')) box.hidePopover()
  })

  return (
    <Portal mount={document.getElementById('main') ?? document.body}>
      <div
        ref={box}
        popover="auto"
        class={`float ${props.anchor ? '' : 'float-sheet'} ${props.class ?? ''}`}
        role={props.role ?? 'dialog'}
        aria-label={props.label}
        on:toggle={(event: ToggleEvent) => {
          if (event.newState === 'closed' && open) props.onClose()
        }}
      >
        {props.children}
      </div>
    </Portal>
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
