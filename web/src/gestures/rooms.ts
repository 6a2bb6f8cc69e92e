import { makeSign, onSwipe, READY_PX, still, type Way } from './swipe'

const CHEVRON: Readonly<Record<Way, string>> = { end: 'm15 18-6-6 6-6', start: 'm9 18 6-6-6-6' }
/** Fingers come in from this part of the window's width. */
const SIDE = 0.5

export interface RoomsOptions {
  /** One column at a time: which of both is shown. Undefined: neither, or both stand side by side. */
  shows(): 'room' | 'rooms' | undefined
  /** Whether there is a room to come back to. */
  left(): boolean
  openRooms(): void
  back(): void
}

/**
 * On a phone, a swipe from the side where lines begin leads from a room to the list of
 * them, and one the other way back into the room.
 */
export function swipeToRooms(options: RoomsOptions, signal: AbortSignal) {
  const { body } = document
  body.classList.add('swipes')
  signal.addEventListener('abort', () => body.classList.remove('swipes'))
  onSwipe(body, 'end', (event) => (options.shows() === 'room' && within(event, '#main') && inside(event) ? swiping('end', event, () => options.openRooms()) : undefined), signal)
  onSwipe(body, 'start', (event) => (options.shows() === 'rooms' && options.left() && within(event, 'aside') ? swiping('start', event, () => options.back()) : undefined), signal)
}

function within(event: PointerEvent, selector: string): boolean {
  return event.target instanceof Element && event.target.closest(selector) !== null
}

function inside(event: PointerEvent): boolean {
  const x = event.clientX / innerWidth
  return (getComputedStyle(document.body).direction === 'rtl' ? 1 - x : x) <= SIDE
}

function swiping(way: Way, { clientY }: PointerEvent, act: () => void) {
  const sign = makeSign(CHEVRON[way], 'swipe-rooms')
  sign.dataset['way'] = way
  sign.style.top = `${clientY - 18}px`
  const side = (getComputedStyle(document.body).direction === 'rtl') === (way === 'end') ? -1 : 1
  const moves = !still()
  return {
    move(px: number, ready: boolean) {
      if (!sign.isConnected) document.body.append(sign)
      sign.toggleAttribute('data-ready', ready)
      sign.style.opacity = String(Math.min(1, px / READY_PX))
      sign.style.translate = `${side * (moves ? px / 3 : READY_PX / 3)}px`
    },
    end(done: boolean) {
      sign.remove()
      if (done) act()
    },
  }
}
