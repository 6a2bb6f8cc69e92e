import ArrowDown from 'lucide-solid/icons/arrow-down'
import { createEffect, createMemo, createSignal, For, on, onCleanup, onMount, Show } from 'solid-js'
import { attached } from '~/realtime/reduce'
import { explain } from '~/http'
import { Button } from '~/ui/button'
import { Skeleton } from '~/ui/skeleton'
import { MessageRow } from './message-row'
import { Rows, type Me } from './rows'
import type { RoomSession } from './session'
import { dayOf } from './times'
import { createVirtualList, type VirtualList } from './virtual'

/** Nearer to the end than this is at the end. */
const END_PX = 80
/** Nearer to a border of the window than this: fetch what lies beyond. */
const FETCH_PX = 800
/** How far down its words reach in a day line. */
const DAY_LINE_PX = 40
/** Height of what stands above the first row; constant, so that it never moves the rows. */
const HEAD_PX = 176
const FOOT_PX = 12

export interface TimelineHandle {
  toEnd(): void
}

/** The messages of a room, held at their end for those who are there. */
export function Timeline(props: { session: RoomSession; me: Me; online: boolean; handle(handle: TimelineHandle): void }) {
  // A timeline is for one session; another room is another timeline.
  const session = props.session
  let scroller!: HTMLDivElement
  const rows = createMemo(() => new Rows(session.room().messages, session.room().hasOlder, session.pending(), props.me))

  const list = createVirtualList(() => {
    const r = rows()
    return {
      count: r.length,
      getScrollElement: () => scroller,
      getItemKey: (index) => r.key(index),
      estimateSize: (index) => r.estimate(index),
      paddingStart: HEAD_PX,
      paddingEnd: FOOT_PX,
      anchorTo: 'end',
      followOnAppend: true,
      scrollEndThreshold: END_PX,
      overscan: 8,
    }
  })

  const [atEnd, setAtEnd] = createSignal(true)
  const [top, setTop] = createSignal(0)
  const following = () => atEnd() && attached(session.room())
  const actions = { retry: session.retryPost, discard: session.discardPost }

  function look() {
    const { scrollHeight, clientHeight, scrollTop } = scroller
    const fromEnd = scrollHeight - clientHeight - scrollTop
    setAtEnd(fromEnd <= END_PX)
    setTop(scrollTop)
    session.setFollowing(fromEnd <= END_PX)
    if (scrollTop < FETCH_PX && session.older().status === 'idle') session.loadOlder()
    if (fromEnd < FETCH_PX && !attached(session.room())) session.loadNewer()
  }

  function toEnd() {
    void session.showNewest().then(() => list.core.scrollToEnd())
  }

  onMount(() => {
    props.handle({ toEnd })
    list.core.scrollToEnd()
    scroller.addEventListener('scroll', look, { passive: true })
    // The virtualizer follows what grows in the list, not the list's own box:
    // a keyboard that opens or a composer that grows would cover the end.
    let pinned = true
    scroller.addEventListener('scroll', () => (pinned = list.core.isAtEnd(END_PX)), { passive: true })
    const resized = new ResizeObserver(() => pinned && list.core.scrollToEnd())
    resized.observe(scroller)
    onCleanup(() => resized.disconnect())
  })

  // A window shorter than the screen has no scrolling to ask for more.
  createEffect(() => {
    const { loaded, hasOlder } = session.room()
    if (loaded && hasOlder && list.total() < scroller.clientHeight + FETCH_PX && session.older().status === 'idle') session.loadOlder()
  })

  const unread = createUnread(session, props.me.id, following)

  return (
    <div class="relative min-h-0 flex-1">
      <div
        ref={scroller}
        class="scrollbar-calm absolute inset-0 overflow-x-hidden overflow-y-auto [contain:strict] [overflow-anchor:none] focus-visible:-outline-offset-2"
        tabindex="0"
        role="region"
        aria-label={`Messages in #${session.slug}`}
        data-testid="timeline"
      >
        <div class="flex min-h-full flex-col justify-end">
          <div class="relative w-full" style={{ height: `${list.total()}px` }}>
            <Head session={session} />
            <For each={list.keys()}>
              {(key) => {
                const item = createMemo<ReturnType<typeof list.item>>((last) => list.item(key) ?? last)
                // A row that is being removed may still be asked.
                const row = createMemo<ReturnType<Rows['at']>>((last) => {
                  const r = rows()
                  const index = item()?.index ?? -1
                  return r.key(index) === key ? r.at(index) : last
                })
                return (
                  <Show when={row()}>
                    {(current) => (
                      <div
                        ref={(element) => queueMicrotask(() => list.core.measureElement(element))}
                        class="absolute inset-x-0 top-0"
                        style={{ transform: `translateY(${item()?.start ?? 0}px)` }}
                        data-index={item()?.index}
                        data-seq={current().seq}
                        role="article"
                        aria-label={current().userName}
                        aria-posinset={current().seq}
                        aria-setsize={current().seq === undefined ? undefined : -1}
                      >
                        <MessageRow row={current()} online={props.online} actions={actions} />
                      </div>
                    )}
                  </Show>
                )
              }}
            </For>
          </div>
        </div>
      </div>
      <StickyDay rows={rows()} list={list} top={top()} />
      <Show when={!following() && rows().length > 0}>
        <div class="pointer-events-none absolute inset-x-0 bottom-3 flex justify-center">
          <Button
            variant={unread() > 0 ? 'solid' : 'outline'}
            size="small"
            class="pointer-events-auto h-8 animate-pop-in rounded-full px-3.5 shadow-float"
            onClick={toEnd}
          >
            <ArrowDown class="size-4" aria-hidden="true" />
            {unread() === 0 ? 'To the newest' : unread() === 1 ? '1 new message' : `${unread()} new messages`}
          </Button>
        </div>
      </Show>
    </div>
  )
}

// How many messages of others came since the reader was last at the end.
function createUnread(session: RoomSession, me: string, following: () => boolean) {
  const [seen, setSeen] = createSignal(session.room().through)
  createEffect(() => {
    const { through, loaded } = session.room()
    if (following() || !loaded) setSeen(through)
  })
  return createMemo(() => {
    const { messages, tail } = session.room()
    let n = 0
    for (let i = messages.length - 1; i >= 0; i--) {
      const m = messages[i]
      if (!m || m.seq <= seen()) break
      if (m.userId !== me) n++
    }
    for (const m of tail) if (m.seq > seen() && m.userId !== me) n++
    return n
  })
}

// What stands above the oldest row: the room's beginning, or that more is to come.
function Head(props: { session: RoomSession }) {
  const failure = () => {
    const s = props.session.older()
    return s.status === 'failed' ? s.failure : null
  }
  return (
    <div class="absolute inset-x-0 top-0 flex h-44 flex-col justify-end px-3 pb-3 sm:px-5">
      <Show
        when={props.session.room().hasOlder}
        fallback={
          <Show when={props.session.room().loaded}>
            <h2 class="text-headline font-semibold tracking-tight">#{props.session.slug}</h2>
            <p class="mt-0.5 max-w-[47.5rem] text-body text-muted">
              {props.session.room().messages.length === 0
                ? 'This is where everyone here talks. Nobody has said anything yet: say hello.'
                : 'This is where everyone here talks, and this is how it began.'}
            </p>
          </Show>
        }
      >
        <Show when={failure()} fallback={<RowSkeletons count={3} />}>
          {(f) => (
            <div class="flex flex-wrap items-center gap-2 text-meta text-muted" role="alert">
              <span>Older messages couldn't be loaded. {explain(f())}</span>
              <Button variant="outline" size="small" onClick={() => props.session.loadOlder()}>
                Try again
              </Button>
            </div>
          )}
        </Show>
      </Show>
    </div>
  )
}

/** Rows to be, in their final shape. */
export function RowSkeletons(props: { count: number }) {
  const widths = ['w-3/5', 'w-4/5', 'w-2/5', 'w-3/4', 'w-1/2']
  return (
    <div class="flex flex-col gap-4" aria-hidden="true">
      <For each={Array.from({ length: props.count }, (_, i) => i)}>
        {(i) => (
          <div class="flex gap-3">
            <Skeleton class="size-9 rounded-full" />
            <div class="flex max-w-[47.5rem] flex-1 flex-col gap-2 py-0.5">
              <Skeleton class="h-3 w-28" />
              <Skeleton class={`h-3 ${widths[i % widths.length] ?? ''}`} />
            </div>
          </div>
        )}
      </For>
    </div>
  )
}

// The day of the topmost row, held at the top while its own line is above it;
// the next day's line pushes it out.
function StickyDay(props: { rows: Rows; list: VirtualList; top: number }) {
  const HEIGHT = 32
  const place = createMemo(() => {
    props.list.version()
    const { core } = props.list
    const offset = props.top
    const items = core.getVirtualItems()
    const top = items.find((item) => item.end > offset)
    const row = top && props.rows.at(top.index)
    if (!top || !row || offset < HEAD_PX || core.getTotalSize() <= (core.scrollRect?.height ?? 0)) return null
    // Its own day line is still in view.
    if (row.day !== undefined && offset < top.start + DAY_LINE_PX) return null
    const next = items.find((item) => item.index > top.index && props.rows.at(item.index)?.day !== undefined)
    const push = next ? Math.min(0, next.start + 12 - offset - HEIGHT) : 0
    return { day: row.timestamp, push: Math.max(push, -HEIGHT - 8) }
  })
  return (
    <Show when={place()}>
      {(p) => (
        <div class="pointer-events-none absolute inset-x-0 top-0 flex h-10 justify-center overflow-hidden pt-2" aria-hidden="true">
          <span
            class="h-6 rounded-full border border-line bg-surface px-3 py-0.5 text-day font-medium text-muted"
            style={{ transform: `translateY(${p().push}px)` }}
          >
            {dayOf(p().day, Date.now())}
          </span>
        </div>
      )}
    </Show>
  )
}

/** Says to screen readers what others post, at most once a second; never what was there already. */
export function Announcer(props: { session: RoomSession; me: string }) {
  const [said, setSaid] = createSignal('')
  let announced: number | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  onCleanup(() => clearTimeout(timer))

  function announce() {
    timer = undefined
    const { messages, through } = props.session.room()
    const fresh = messages.filter((m) => m.seq > (announced ?? through) && m.userId !== props.me)
    announced = through
    if (fresh.length === 0) return
    setSaid(
      fresh.length <= 3
        ? fresh.map((m) => `${m.userName}: ${m.content.slice(0, 300)}`).join('\n')
        : `${fresh.length} new messages`,
    )
  }

  createEffect(
    on(
      () => attached(props.session.room()) && props.session.room().through,
      (through) => {
        if (through === false) return
        announced ??= through
        timer ??= setTimeout(announce, 1_000)
      },
    ),
  )
  return (
    <div class="sr-only" role="log" aria-live="polite" aria-label="New messages">
      {said()}
    </div>
  )
}
