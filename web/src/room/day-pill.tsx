import ChevronDown from 'lucide-solid/icons/chevron-down'
import { createMemo, createSignal, lazy, Show, Suspense } from 'solid-js'
import { Popover, PopoverContent, PopoverTrigger } from '~/ui/popover'
import type { Rows } from './rows'
import type { Target } from './session'
import { dayOf } from './times'
import type { VirtualList } from './virtual'

// Few ever jump to a day: they wait a moment for it.
const DayMenu = lazy(() => import('./day-menu'))

/** How far down its words reach in a day line. */
const DAY_LINE_PX = 40
const PILL_PX = 32

/**
 * The day of the topmost row, held at the top while its own line is above it; the
 * next day's line pushes it out. It opens the ways to another day.
 */
export function DayPill(props: { rows: Rows; list: VirtualList; top: number; head: number; onJump(target: Target): void }) {
  const [open, setOpen] = createSignal(false)
  const place = createMemo(() => {
    props.list.version()
    const { core } = props.list
    const offset = props.top
    const items = core.getVirtualItems()
    const top = items.find((item) => item.end > offset)
    const row = top && props.rows.at(top.index)
    if (!top || !row || core.getTotalSize() <= (core.scrollRect?.height ?? 0)) return null
    // Its own day line is still in view, or what stands above all rows.
    const apart = offset >= props.head && !(row.day !== undefined && offset < top.start + DAY_LINE_PX)
    const next = items.find((item) => item.index > top.index && props.rows.at(item.index)?.day !== undefined)
    const push = next ? Math.min(0, next.start + 12 - offset - PILL_PX) : 0
    return { day: row.timestamp, push: apart ? Math.max(push, -PILL_PX - 8) : 0, apart }
  })
  return (
    <Show when={place()}>
      {(p) => (
        <div class="pointer-events-none absolute inset-x-0 top-0 flex h-12 justify-center overflow-hidden pt-2">
          <Popover open={open()} onOpenChange={setOpen} gutter={4}>
            <PopoverTrigger
              class="relative flex h-6 items-center gap-1 rounded-full border border-line bg-surface ps-3 pe-2 text-day font-medium text-muted before:absolute before:-inset-x-1 before:-top-2 before:-bottom-3 hover:text-ink focus-visible:opacity-100"
              classList={{ 'opacity-0': !p().apart && !open(), 'pointer-events-auto': p().apart || open() }}
              style={{ transform: `translateY(${open() ? 0 : p().push}px)` }}
              aria-label={`${dayOf(p().day, Date.now())}: jump to a day`}
            >
              {dayOf(p().day, Date.now())}
              <ChevronDown class="size-3.5" aria-hidden="true" />
            </PopoverTrigger>
            <PopoverContent class="w-60 p-1.5" aria-label="Jump to a day">
              <Suspense fallback={<div class="h-64" />}>
                <DayMenu
                  day={p().day}
                  onJump={(target) => {
                    setOpen(false)
                    props.onJump(target)
                  }}
                />
              </Suspense>
            </PopoverContent>
          </Popover>
        </div>
      )}
    </Show>
  )
}
