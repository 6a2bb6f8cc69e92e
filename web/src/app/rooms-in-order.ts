import type { Live } from './live'

/** The rooms as the list shows them, from top to bottom. */
export function inOrder(live: Live): string[] {
  return live.rooms.rooms().map((r) => r.slug)
}
