import { createEffect, createMemo, on, onCleanup, type Accessor } from 'solid-js'

// What has the focus may go: a dialog closes, a button does what it is for, a room is
// deleted. Browsers leave the focus nowhere then, and who goes by keys or by ear at the
// top of the page. Here it goes to what was meant for that, or to the nearest thing
// around that can have it; never from where somebody has put it meanwhile.

const CAN_HAVE = 'a[href], button:enabled, input:enabled, textarea:enabled, select:enabled, [tabindex]'
const WRITTEN_IN = 'textarea, input:not([type=checkbox], [type=radio])'

// Elsewhere a field that gets the focus unasked may bring up a keyboard, over half a phone.
const fine = () => matchMedia('(pointer: fine)').matches

/**
 * The focus is nowhere, on the whole page for want of better, or on what isn't drawn:
 * browsers take it from that with the next frame.
 */
function focusLost(): boolean {
  const { activeElement } = document
  return activeElement === null || activeElement === document.body || activeElement.id === 'main' || !(activeElement.checkVisibility?.() ?? true)
}

/** Gives the focus to what has come in the place of what had it, if nothing else has it. */
export function takeFocus(element: HTMLElement): void {
  if (focusLost()) give(element)
}

/** Where one writes in the room, or the words why one can't; null for fingers. */
export function writingPlace(): HTMLElement | null {
  return fine() ? document.getElementById('composer') : null
}

function give(target: Element | null | undefined): boolean {
  if (!(target instanceof HTMLElement)) return false
  target.focus({ preventScroll: true })
  return document.activeElement === target
}

/**
 * Remembers what has the focus. What it returns gives it back where it is lost: to that,
 * or to the nearest thing around it that is still there, of a section or a panel
 * its heading.
 */
export function rememberFocus(): () => void {
  const around: Element[] = []
  for (let e = document.activeElement; e && e !== document.body; e = e.parentElement) around.push(e)
  return () => {
    if (around.length === 0 || !focusLost()) return
    for (const e of around) {
      if (!e.isConnected || (e.matches(WRITTEN_IN) && !fine())) continue
      if (e.matches('section, aside') && give(e.querySelector('h2[tabindex]'))) return
      if (e.matches(CAN_HAVE) && give(e)) return
    }
    if (!give(document.querySelector('#main h1'))) give(document.getElementById('main'))
  }
}

/**
 * For what goes while it may have the focus, in its scope: the focus goes to `next`, or
 * to the nearest thing around it.
 */
export function handFocusOn(element: () => Element, next?: () => Element | null | undefined): void {
  onCleanup(() => {
    if (!element().contains(document.activeElement)) return
    const giveBack = rememberFocus()
    // What goes together with something within it may know better than that where to.
    queueMicrotask(() => (focusLost() && give(next?.())) || queueMicrotask(giveBack))
  })
}

/**
 * Buttons whose press puts others in their place. What this returns is to be called by
 * such a press: once `state` has changed, the first button or link in `place` has the
 * focus. In a component's scope.
 */
export function createFocusKeeper(state: Accessor<boolean>, place: () => HTMLElement): () => void {
  let giveBack: (() => void) | undefined
  createEffect(
    on(
      createMemo(state),
      () => {
        if (giveBack && focusLost()) give(place().querySelector('button, a[href]'))
        giveBack?.()
        giveBack = undefined
      },
      { defer: true },
    ),
  )
  return () => {
    giveBack = rememberFocus()
  }
}
