import { makeSign, onSwipe, READY_PX, still } from './swipe'

// lucide's reply, as the toolbar has it.
const REPLY = 'M20 18v-2a4 4 0 0 0-4-4H4|m9 17-5-5 5-5'
const BACK_MS = 140

export interface ReplyOptions {
  /** The row of an element, if what it says can be answered. */
  rowOf(element: EventTarget | null): HTMLElement | null
  reply(row: HTMLElement): void
}

/** A message that is swiped to where its lines begin is answered. */
export function swipeToReply(scroller: HTMLElement, { rowOf, reply }: ReplyOptions, signal: AbortSignal) {
  scroller.classList.add('swipes')
  onSwipe(scroller, 'start', (event) => {
    const row = rowOf(event.target)
    if (!row) return undefined
    const sign = makeSign(REPLY, 'swipe-reply')
    const side = getComputedStyle(row).direction === 'rtl' ? 1 : -1
    const moves = !still()
    return {
      move(px, ready) {
        if (!sign.isConnected) row.append(sign)
        sign.toggleAttribute('data-ready', ready)
        sign.style.opacity = String(Math.min(1, px / READY_PX))
        if (!moves) return
        row.style.translate = `${side * px}px`
      },
      end(done) {
        sign.remove()
        const from = row.style.translate
        row.style.translate = ''
        if (from) row.animate({ translate: [from, '0px'] }, { duration: BACK_MS, easing: 'ease-out' })
        if (done && row.isConnected) reply(row)
      },
    }
  }, signal)
}
