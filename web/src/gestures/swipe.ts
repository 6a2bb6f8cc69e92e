import './gestures.css'

// Fingers that go sideways. What goes up and down is the browser's: `touch-action` leaves
// it to it, and by the first few pixels it is decided which of both a finger does.

/** To where a line begins, or to where it ends. */
export type Way = 'start' | 'end'

/** A finger that moved less may still do anything, px. */
export const LOCK_PX = 12
/** It goes sideways whose way is this much wider than high. */
const SLOPE = 1.5
/** From here on it counts as it is lifted. */
export const READY_PX = 56
/** Who rests for so long wants a menu, which comes soon after, ms. */
export const REST_MS = 400
/** Browsers don't always come back to 1. */
const UNZOOMED = 1.01
/** What follows the finger goes no further. */
export const REACH_PX = 80

export interface Track {
  /** Where the finger is now: how far it has gone its way, px; undefined: not yet, or it does something else. */
  move(x: number, y: number): number | undefined
  /** It does something else, and is nobody's swipe any more. */
  lost(): boolean
}

/** Follows one finger from where it was put down. */
export function makeTrack(x0: number, y0: number, way: Way, rtl: boolean): Track {
  const sign = (way === 'end') === rtl ? -1 : 1
  let state: 'open' | 'ours' | 'lost' = 'open'
  return {
    move(x, y) {
      const along = (x - x0) * sign
      const across = Math.abs(y - y0)
      if (state === 'open' && Math.max(Math.abs(along), across) >= LOCK_PX) state = along >= across * SLOPE ? 'ours' : 'lost'
      return state === 'ours' ? Math.max(0, Math.min(REACH_PX, along - LOCK_PX)) : undefined
    },
    lost: () => state === 'lost',
  }
}

/** What a swipe does. */
export interface Swiping {
  /** It goes its way: px of it, and whether it would count now. */
  move(px: number, ready: boolean): void
  /** The finger was lifted, or the browser has taken it. */
  end(done: boolean): void
}

/** What has a use of its own for a finger that goes sideways. */
const TAKEN = ['input', 'textarea', 'select', 'video', 'audio', 'dialog', '[role=dialog]', '[role=menu]', '.float'].join()

/**
 * Hears the swipes in an element. `begin` says what one would do that begins at an event;
 * undefined: nothing.
 */
export function onSwipe(element: HTMLElement, way: Way, begin: (event: PointerEvent) => Swiping | undefined, signal: AbortSignal) {
  let drop: (() => void) | undefined
  noteZoom()
  window.visualViewport?.addEventListener('resize', noteZoom, { signal })
  element.addEventListener('pointerdown', onDown, { passive: true, signal })
  signal.addEventListener('abort', () => drop?.())

  function onDown(event: PointerEvent) {
    // A second finger makes it something else.
    drop?.()
    if (zoomed() || event.pointerType !== 'touch' || !event.isPrimary || !(event.target instanceof Element)) return
    if (event.target.closest(TAKEN) || scrollsSideways(event.target, element)) return
    const swiping = begin(event)
    if (swiping) follow(event, swiping)
  }

  function follow(down: PointerEvent, swiping: Swiping) {
    const track = makeTrack(down.clientX, down.clientY, way, getComputedStyle(element).direction === 'rtl')
    const own = new AbortController()
    const listen = { passive: true, signal: own.signal }
    let begun = false
    let ready = false

    function end(done: boolean) {
      own.abort()
      drop = undefined
      if (begun) swiping.end(done)
    }
    drop = () => end(false)

    // The row below the finger may be drawn anew meanwhile.
    addEventListener('pointermove', (event) => {
      if (event.pointerId !== down.pointerId) return
      if (!begun && event.timeStamp - down.timeStamp >= REST_MS) return end(false)
      const px = track.move(event.clientX, event.clientY)
      if (track.lost()) return end(false)
      if (px === undefined) return
      begun = true
      const counts = px >= READY_PX
      if (counts && !ready) buzz()
      ready = counts
      swiping.move(px, ready)
    }, listen)
    addEventListener('pointerup', (event) => event.pointerId === down.pointerId && end(ready), listen)
    addEventListener('pointercancel', (event) => event.pointerId === down.pointerId && end(false), listen)
  }
}

// Where two fingers have made the page larger, one moves it about.
function zoomed(): boolean {
  return (window.visualViewport?.scale ?? 1) > UNZOOMED
}

// gestures.css leaves all ways to the browser then.
function noteZoom() {
  document.documentElement.toggleAttribute('data-zoomed', zoomed())
}

// Code and tables that are wider than their place scroll by themselves.
function scrollsSideways(from: Element, within: Element): boolean {
  for (let e: Element | null = from; e && e !== within; e = e.parentElement) {
    if (e.scrollWidth > e.clientWidth && /auto|scroll/.test(getComputedStyle(e).overflowX)) return true
  }
  return false
}

// Browsers refuse it, aloud, before the page was touched.
function buzz() {
  if (navigator.userActivation?.hasBeenActive) navigator.vibrate?.(10)
}

export function still(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches
}

/** A sign that follows the finger; `path` is drawn in a box of 24. */
export function makeSign(path: string, ...classes: string[]): HTMLElement {
  const sign = document.createElement('div')
  sign.className = ['swipe-sign', ...classes].join(' ')
  sign.setAttribute('aria-hidden', 'true')
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  svg.setAttribute('viewBox', '0 0 24 24')
  svg.classList.add('mirrored')
  for (const d of path.split('|')) {
    const line = document.createElementNS('http://www.w3.org/2000/svg', 'path')
    line.setAttribute('d', d)
    svg.append(line)
  }
  sign.append(svg)
  return sign
}
