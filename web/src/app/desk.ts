import { createSignal } from 'solid-js'

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
  let giveBack: HTMLElement | null = null
  return {
    asked,
    ask(next) {
      const { activeElement } = document
      if (!asked()) giveBack = activeElement instanceof HTMLElement && activeElement !== document.body ? activeElement : null
      setAsked(next)
    },
    close() {
      setAsked(null)
      const { activeElement } = document
      if (activeElement && activeElement !== document.body && !activeElement.closest('.float, [role=dialog]')) return
      if (giveBack?.isConnected) giveBack.focus({ preventScroll: true })
      else document.getElementById('composer')?.focus({ preventScroll: true })
    },
  }
}
