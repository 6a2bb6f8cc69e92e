import { elementScroll, observeElementOffset, observeElementRect, Virtualizer, type VirtualItem, type VirtualizerOptions } from '@tanstack/virtual-core'
import { createComputed, createEffect, createMemo, createSignal, onCleanup, untrack, type Accessor } from 'solid-js'

// An own adapter to TanStack's virtualizer. The stock one differs in three ways
// that a chat feels: it keys rows by their place, so that every row on screen
// is rebuilt when older ones come in above (focus and selection are lost), it
// writes the scroll position before the rows have their new height, and it follows
// only what comes in after the last row and makes more of them, where posts that wait to
// be sent stay last, and deleted ones become one row.

type Options = Omit<
  VirtualizerOptions<HTMLElement, HTMLElement>,
  'scrollToFn' | 'observeElementRect' | 'observeElementOffset' | 'onChange'
>

export interface VirtualList {
  core: Virtualizer<HTMLElement, HTMLElement>
  /** Keys of the rows to draw: what stays keeps its element. */
  keys: Accessor<VirtualItem['key'][]>
  item(key: VirtualItem['key']): VirtualItem | undefined
  total: Accessor<number>
  /** Tracks every change of the range, of sizes and of the scroll position's phase. */
  version: Accessor<unknown>
  /** Scrolls by so many px at once: rows that come in before the next frame find the list there. */
  scrollBy(px: number): void
}

/** Whether rows come in below the topmost one on the screen of a list that is held at its end, and the virtualizer doesn't follow them. */
function comesWithin(core: Virtualizer<HTMLElement, HTMLElement>, next: Options): boolean {
  const before = core.options
  if (core.scrollElement === null || !next.followOnAppend || before.count === 0 || next.count === 0) return false
  const keyOf = next.getItemKey ?? before.getItemKey
  const grown = next.count - before.count
  const lastIsNew = keyOf(next.count - 1) !== before.getItemKey(before.count - 1)
  if (lastIsNew === grown > 0 || !core.isAtEnd(before.scrollEndThreshold)) return false
  if (lastIsNew) return true
  const top = core.getVirtualItemForOffset(core.scrollOffset ?? 0)
  // Had all of them come in above it, it would be as far from the last one as before.
  return top !== undefined && keyOf(top.index + grown) !== top.key
}

/** `options` must read its list once and answer from that very list. */
export function createVirtualList(options: Accessor<Options>): VirtualList {
  const [version, bump] = createSignal(0, { equals: false })
  const full = () => ({
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset,
    ...options(),
    onChange: () => bump(0),
  })

  const core = new Virtualizer(untrack(full))
  let within = false
  // New data make a new range before anything is drawn.
  createComputed(() => {
    const next = full()
    within ||= untrack(() => comesWithin(core, next))
    core.setOptions(next)
    untrack(() => bump(0))
  })

  const items = createMemo(() => {
    version()
    return [...core.getVirtualItems()]
  })
  const byKey = createMemo(() => new Map(items().map((item) => [item.key, item])))
  const total = createMemo(() => {
    version()
    return core.getTotalSize()
  })

  // After the rows have their new height: a position set before is cut off at
  // the old one.
  createEffect(() => {
    version()
    options()
    core._willUpdate()
    if (within) core.scrollToEnd()
    within = false
  })
  onCleanup(core._didMount())

  return {
    core,
    keys: createMemo(() => items().map((item) => item.key)),
    item: (key) => byKey().get(key),
    total,
    version,
    scrollBy(px) {
      const element = core.scrollElement
      const before = element?.scrollTop ?? 0
      core.scrollBy(px)
      // The virtualizer hears of it with the scroll event, and until then holds no row in its place.
      if (element) core.scrollOffset = (core.scrollOffset ?? 0) + element.scrollTop - before
    },
  }
}
