import { defaultRangeExtractor, type Range } from '@tanstack/virtual-core'
import { createComputed, createEffect, createSignal, on } from 'solid-js'
import { shortcutOf, type ShortcutId } from '~/keys/map'
import { covers, type Rows } from './rows'
import type { VirtualList } from './virtual'

// Walking the messages by keys: one of them has the focus, up and down (or k and
// j) go to the next. The row that has it stays drawn however far it is scrolled
// away, and so do its neighbours, so that the focus is never lost and always has
// somewhere to go.

export interface Walk {
  onKeyDown(event: KeyboardEvent): void
  onFocusIn(event: FocusEvent): void
  /** The message that has the focus, or had it last. */
  seq(): number | undefined
  /** Keeps the focus where it is while rows are drawn anew. */
  hold(list: VirtualList): void
}

const steps: Readonly<Partial<Record<ShortcutId, -1 | 1>>> = { previousMessage: -1, nextMessage: 1 }

/** The rows to draw: those of the range, and those about the message that has the focus. */
export function kept(range: Range, rows: Rows, seq: number | undefined): number[] {
  const indexes = defaultRangeExtractor(range)
  if (seq === undefined || !rowOf(document.activeElement)) return indexes
  const index = rows.indexOfSeq(seq)
  const row = rows.at(index)
  if (!row || !covers(row, seq)) return indexes
  const about = [index - 1, index, index + 1].filter((i) => i >= 0 && i < rows.length)
  return [...new Set([...indexes, ...about])].sort((a, b) => a - b)
}

export function createWalk(scroller: () => HTMLElement, core: () => VirtualList['core'], rows: () => Rows): Walk {
  const [seq, setSeq] = createSignal<number>()

  // From the list itself one comes to the last row on the screen.
  function first(): number {
    const bottom = scroller().scrollTop + scroller().clientHeight + 1
    return core().getVirtualItems().findLast((item) => item.end <= bottom)?.index ?? -1
  }

  const drawn = (index: number) => scroller().querySelector<HTMLElement>(`[role=article][data-index="${index}"]`)

  function focusRow(index: number) {
    drawn(index)?.focus({ preventScroll: true })
  }

  return {
    onKeyDown(event) {
      const pressed = shortcutOf(event, 'reading')
      const step = pressed && steps[pressed]
      const row = rowOf(event.target)
      if (!step || event.defaultPrevented) return
      // A field or a menu in a row has its own use for these.
      if (event.target !== scroller() && event.target !== row) return
      const index = row ? Number(row.dataset.index) + step : first()
      event.preventDefault()
      if (index < 0 || index >= rows().length) return
      // The list goes on for some frames to where an index was, though older rows come in
      // above meanwhile and it is another row's by then: only where there is no other way.
      const next = drawn(index)
      if (next) next.scrollIntoView({ block: 'nearest' })
      else core().scrollToIndex(index, { align: 'auto' })
      focusRow(index)
    },
    onFocusIn(event) {
      const of = rowOf(event.target)?.dataset.seq
      setSeq(of === undefined ? undefined : Number(of))
    },
    seq,
    hold(list) {
      // A row that gets another place among its siblings is taken out for a moment.
      let had: Element | null = null
      createComputed(on(list.keys, () => (had = rowOf(document.activeElement) && document.activeElement)))
      createEffect(
        on(list.keys, () => {
          if (!(had instanceof HTMLElement) || document.activeElement === had) return
          if (had.isConnected) had.focus({ preventScroll: true })
          // Its message was deleted and is part of another row by now.
          else {
            const index = rows().indexOfSeq(seq() ?? 0)
            const row = rows().at(index)
            if (row?.folded && covers(row, seq())) focusRow(index)
          }
        }),
      )
    },
  }
}

function rowOf(target: EventTarget | null): HTMLElement | null {
  return target instanceof Element ? target.closest<HTMLElement>('[role=article]') : null
}
