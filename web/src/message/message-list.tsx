import { createMemo, createSignal, createUniqueId, For, onCleanup, onMount, Show, type JSX } from 'solid-js'
import type { RowActions } from './message-row'
import { describedBy, MessageRow } from './message-row'
import { Acting } from './acting'
import type { Rows } from '~/room/rows'
import { createVirtualList } from '~/room/virtual'

/** Nearer to the end than this is at the end. */
const END_PX = 60
const FOOT_PX = 12

/** The messages of a thread, held at their end for those who are there. */
export function MessageList(props: { rows: Rows; label: string; online: boolean; actions: RowActions; head?: JSX.Element; headPx: number; divider: { at: number; words: string }; onSeen(atEnd: boolean): void }) {
  let scroller!: HTMLDivElement
  const [element, setElement] = createSignal<HTMLDivElement>()
  const list = createVirtualList(() => {
    const { rows } = props
    return {
      count: rows.length,
      getScrollElement: () => scroller,
      getItemKey: (index) => rows.key(index),
      estimateSize: (index) => rows.estimate(index),
      paddingStart: props.headPx,
      paddingEnd: FOOT_PX,
      anchorTo: 'end',
      followOnAppend: true,
      scrollEndThreshold: END_PX,
      overscan: 6,
    }
  })

  onMount(() => {
    setElement(scroller)
    list.core.scrollToEnd()
    let pinned = true
    const look = () => {
      pinned = list.core.isAtEnd(END_PX)
      props.onSeen(pinned)
    }
    scroller.addEventListener('keydown', walk)
    scroller.addEventListener('scroll', look, { passive: true })
    // The list's own box may shrink: a keyboard, a composer that grows.
    const resized = new ResizeObserver(() => pinned && list.core.scrollToEnd())
    resized.observe(scroller)
    onCleanup(() => resized.disconnect())
  })

  function walk(event: KeyboardEvent) {
    const step = { ArrowUp: -1, k: -1, ArrowDown: 1, j: 1 }[event.key]
    const row = event.target instanceof HTMLElement && event.target.matches('[role=article]') ? event.target : null
    if (step === undefined || event.ctrlKey || event.altKey || event.metaKey || (event.target !== scroller && !row)) return
    const index = row ? Number(row.dataset['index']) + step : props.rows.length - 1
    if (index < 0 || index >= props.rows.length) return
    event.preventDefault()
    list.core.scrollToIndex(index, { align: 'auto' })
    scroller.querySelector<HTMLElement>(`[role=article][data-index="${index}"]`)?.focus({ preventScroll: true })
  }

  return (
    <div class="relative min-h-0 flex-1">
      <div
        ref={scroller}
        class="scrollbar-calm absolute inset-0 overflow-x-hidden overflow-y-auto [contain:strict] [overflow-anchor:none] focus-visible:-outline-offset-2"
        tabindex="0"
        role="region"
        aria-label={props.label}
      >
        <div class="relative w-full" style={{ height: `${list.total()}px` }}>
          {props.head}
          <For each={list.keys()}>
            {(key) => {
              const item = createMemo<ReturnType<typeof list.item>>((last) => list.item(key) ?? last)
              const id = createUniqueId()
              // A row that is being removed may still be asked.
              const row = createMemo<ReturnType<Rows['at']>>((last) => {
                const index = item()?.index ?? -1
                if (props.rows.key(index) !== key) return last
                const found = props.rows.at(index)
                // What began the thread stands by itself, and its day is of no interest.
                return found && (index <= props.divider.at ? { ...found, first: true, day: index === props.divider.at ? undefined : found.day } : found)
              })
              return (
                <Show when={row()}>
                  {(current) => (
                    <div
                      ref={(el) => queueMicrotask(() => list.core.measureElement(el))}
                      class="absolute inset-x-0 top-0 focus-visible:-outline-offset-2"
                      style={{ transform: `translateY(${item()?.start ?? 0}px)` }}
                      tabindex="-1"
                      data-index={item()?.index}
                      data-seq={current().seq}
                      role="article"
                      aria-label={current().userName}
                      aria-describedby={describedBy(id)}
                    >
                      <Show when={item()?.index === props.divider.at}>
                        <div class="flex items-center gap-3 px-3 pt-2 text-day text-muted sm:px-5" role="separator" aria-label={props.divider.words}>
                          {props.divider.words}
                          <span class="h-px flex-1 bg-line" />
                        </div>
                      </Show>
                      <MessageRow id={id} row={current()} online={props.online} actions={props.actions} />
                    </div>
                  )}
                </Show>
              )
            }}
          </For>
        </div>
      </div>
      <Show when={element()}>{(el) => <Acting scroller={el()} />}</Show>
    </div>
  )
}
