import ChevronDown from 'lucide-solid/icons/chevron-down'
import { createMemo, Show, splitProps, type JSX } from 'solid-js'
import { t } from '~/i18n/i18n'
import { Deferred } from '~/ui/deferred'
import type { Rows } from './rows'
import type { Target } from './session'
import { dayOf } from './times'
import type { VirtualList } from './virtual'

/** How far down its words reach in a day line. */
const DAY_LINE_PX = 40
const PILL_PX = 32

/** Where the pill is. */
export interface PillPlace {
  day: number
  /** How far the next day's line has pushed it up, px. */
  push: number
  /** The day's own line isn't in view: without the pill nothing would say the day. */
  apart: boolean
}

/**
 * The day of the topmost row, held at the top while its own line is above it; the
 * next day's line pushes it out. It opens the ways to another day.
 */
export function DayPill(props: { rows: Rows; list: VirtualList; top: number; head: number; onJump(target: Target): void }) {
  const place = createMemo<PillPlace | null>(() => {
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
          <Deferred
            load={() => import('./day-menu')}
            with={{ get place() { return p() }, onJump: (target: Target) => props.onJump(target) }}
            button={(press) => <DayButton place={p()} aria-haspopup="dialog" {...press} />}
          />
        </div>
      )}
    </Show>
  )
}

/** The pill itself, for whatever makes it open. Out of sight it can still be reached by keys. */
export function DayButton(props: JSX.ButtonHTMLAttributes<HTMLButtonElement> & { place: PillPlace }) {
  const [local, others] = splitProps(props, ['place'])
  const day = () => dayOf(local.place.day, Date.now())
  return (
    <button
      type="button"
      {...others}
      class="relative flex h-6 items-center gap-1 rounded-full border border-line bg-surface ps-3 pe-2 text-day font-medium text-muted before:absolute before:-inset-x-1 before:-top-2 before:-bottom-3 hover:text-ink focus-visible:pointer-events-auto focus-visible:opacity-100 data-expanded:pointer-events-auto data-expanded:opacity-100"
      classList={{ 'opacity-0': !local.place.apart, 'pointer-events-auto': local.place.apart }}
      style={{ transform: `translateY(${local.place.push}px)` }}
      aria-label={t('{day}: jump to a day', { day: day() })}
    >
      {day()}
      <ChevronDown class="size-3.5" aria-hidden="true" />
    </button>
  )
}
