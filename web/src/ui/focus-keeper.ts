import { createEffect, createMemo, on, type Accessor } from 'solid-js'

/**
 * Buttons whose press puts others in their place leave the focus nowhere. What
 * this returns is to be called by such a press: once `state` has changed, the first
 * button in `place` has the focus. In a component's scope.
 */
export function createFocusKeeper(state: Accessor<boolean>, place: () => HTMLElement): () => void {
  let pressed = false
  createEffect(
    on(
      createMemo(state),
      () => {
        if (pressed) place().querySelector('button')?.focus()
        pressed = false
      },
      { defer: true },
    ),
  )
  return () => {
    pressed = true
  }
}
