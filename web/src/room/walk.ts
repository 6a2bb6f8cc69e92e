import { defaultRangeExtractor, type Range } from '@tanstack/virtual-core'
import type { Rows } from './rows'
import type { VirtualList } from './virtual'

// Walking the messages by keys: one of them has the focus, up and down (or k and
// j) go to the next. The row that has it stays drawn however far it is scrolled
// away, so that the focus is never lost.

export interface Walk {
  onKeyDown(event: KeyboardEvent): void
  onFocusIn(event: FocusEvent): void
  /** The rows to draw: those of the range, and the one that has the focus. */
  kept(range: Range, rows: Rows): number[]
}

const steps: { [key: string]: -1 | 1 | undefined } = { ArrowUp: -1, k: -1, ArrowDown: 1, j: 1 }

export function createWalk(scroller: () => HTMLElement, list: VirtualList, rows: () => Rows): Walk {
  let seq: number | undefined

  // From the list itself one comes to the last row on the screen.
  function first(): number {
    const bottom = scroller().scrollTop + scroller().clientHeight + 1
    return list.core.getVirtualItems().findLast((item) => item.end <= bottom)?.index ?? -1
  }

  return {
    onKeyDown(event) {
      const step = steps[event.key]
      const row = rowOf(event.target)
      if (!step || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey || event.defaultPrevented) return
      // A field or a menu in a row has its own use for these.
      if (event.target !== scroller() && event.target !== row) return
      const index = row ? Number(row.dataset.index) + step : first()
      event.preventDefault()
      if (index < 0 || index >= rows().length) return
      list.core.scrollToIndex(index, { align: 'auto' })
      scroller().querySelector<HTMLElement>(`[role=article][data-index="${index}"]`)?.focus({ preventScroll: true })
    },
    onFocusIn(event) {
      const of = rowOf(event.target)?.dataset.seq
      seq = of === undefined ? undefined : Number(of)
    },
    kept(range, r) {
      const indexes = defaultRangeExtractor(range)
      if (seq === undefined || !rowOf(document.activeElement)) return indexes
      const index = r.indexOfSeq(seq)
      if (r.at(index)?.seq !== seq || indexes.includes(index)) return indexes
      return index < (indexes[0] ?? 0) ? [index, ...indexes] : [...indexes, index]
    },
  }
}

function rowOf(target: EventTarget | null): HTMLElement | null {
  return target instanceof Element ? target.closest<HTMLElement>('[role=article]') : null
}
