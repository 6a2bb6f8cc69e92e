import { createSignal } from 'solid-js'
import { rememberFocus, takeFocus, writingPlace } from '~/ui/focus-keeper'

// What stands above the page where something is asked about rooms and oneself: one thing at a time.

export type Asked =
  /** What can be added. */
  | { what: 'add'; anchor: Element | null }
  | { what: 'order'; anchor: Element | null }
  | { what: 'make' }
  | { what: 'write' }
  /** All that can be done with a room of the list; without an anchor as a sheet. */
  | { what: 'menu'; slug: string; anchor: Element | null }
  | { what: 'section'; slug: string }
  | { what: 'leave'; slug: string }
  /** What one says of oneself. */
  | { what: 'status' }

export interface RoomDesk {
  asked(): Asked | null
  ask(asked: Asked): void
  /** The focus goes back to where it was before, if nothing else has taken it. */
  close(): void
}

export function makeRoomDesk(): RoomDesk {
  const [asked, setAsked] = createSignal<Asked | null>(null)
  let giveBack: (() => void) | undefined
  return {
    asked,
    ask(next) {
      if (!asked()) giveBack = rememberFocus()
      setAsked(next)
    },
    close() {
      setAsked(null)
      const { activeElement } = document
      if (activeElement instanceof HTMLElement && activeElement.closest('.float, [role=dialog]')) activeElement.blur()
      giveBack?.()
      const writing = writingPlace()
      if (writing) takeFocus(writing)
    },
  }
}
