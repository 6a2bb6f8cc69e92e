import ArrowDown from 'lucide-solid/icons/arrow-down'
import ArrowUp from 'lucide-solid/icons/arrow-up'
import { createComputed, createEffect, createMemo, createSignal, createUniqueId, For, on, onCleanup, onMount, Show, untrack } from 'solid-js'
import { Dynamic } from 'solid-js/web'
import { plural, t } from '~/i18n/i18n'
import { attached, behind, newestSeq } from '~/realtime/reduce'
import { ActingIn } from '~/message/acting-in'
import { describedBy, MessageRow } from '~/message/message-row'
import { onDemand } from '~/on-demand'
import { showToast } from '~/ui/toast'
import { DayPill } from './day-pill'
import { covers, Rows, type Me, type Row } from './rows'
import type { RoomSession, Target } from './session'
import { Head } from './timeline-head'
import { Pill, UnreadLine } from './timeline-marks'
import { createFocused, createNewCount, createUnreadLine } from './unread'
import { createVirtualList } from './virtual'
import { createWalk, kept } from './walk'

const seenBy = onDemand(() => import('./seen-by'))

/** Nearer to the end than this is at the end. */
const END_PX = 80
/** A way that a key has begun is over by then. */
const STAY_MS = 2_000
/** Nearer to a border of the window than this: fetch what lies beyond. */
const FETCH_PX = 800
/** Height of what stands above the first row, until it is laid out. */
const HEAD_PX = 176
const FOOT_PX = 12
/** Room above a row that was jumped to, for the pill of its day. */
const LEAD_PX = 52
/** How long what was jumped to is marked. */
const MARK_MS = 2_000
/** A row has to stand still on the screen for a moment to count as read. */
const READ_MS = 150
/** How long the list may need to get to the end again when rows come in there. */
const BEHIND_MS = 500

export interface TimelineHandle {
  toEnd(): void
  /** Shows a place of the history; false: it can't be had, which was said. */
  jump(target: Target): Promise<boolean>
  /** Everything is read. */
  readAll(): void
}

export interface TimelineProps {
  session: RoomSession
  /** What the room is called. */
  name: string
  me: Me
  online: boolean
  handle(handle: TimelineHandle): void
  /** What was jumped to stands in the thread with this root. */
  onThread(root: string): void
}

/** The messages of a room, held at their end for those who are there. */
export function Timeline(props: TimelineProps) {
  // A timeline is for one session; another room is another timeline.
  const session = props.session
  let scroller!: HTMLDivElement
  let frame!: HTMLDivElement
  let beginning!: HTMLDivElement
  const small = createMemo(() => (session.kind() ?? 'public') !== 'public')
  const seen = createMemo(() => (small() ? seenBy()?.makeSeen(session, props.me.id) : undefined))
  const rows = createMemo(() => new Rows(session.room().messages, session.room().hasOlder, session.pending(), props.me, true))
  // How far below the top a row comes that is scrolled to.
  const [lead, setLead] = createSignal(LEAD_PX)
  const [head, setHead] = createSignal(HEAD_PX)
  // A page that closes the gap to the live run isn't followed: its reader is above it.
  const live = createMemo<{ now: boolean; before: boolean }>(
    (last) => ({ now: attached(session.room()), before: last.now }),
    { now: true, before: true },
  )

  const walk = createWalk(() => scroller, () => list.core, rows)
  // A guess at the height of a row that was never drawn holds until it is, whatever
  // happens to its message: another guess would move all that is below it.
  const guesses = new Map<string, number>()
  function guess(r: Rows, index: number): number {
    const key = r.key(index)
    const known = guesses.get(key)
    if (known !== undefined) return known
    if (guesses.size > 2 * r.length + 1_000) guesses.clear()
    const px = r.estimate(index)
    guesses.set(key, px)
    return px
  }

  const list = createVirtualList(() => {
    const r = rows()
    const focusedSeq = walk.seq()
    return {
      count: r.length,
      getScrollElement: () => scroller,
      getItemKey: (index) => r.key(index),
      estimateSize: (index) => guess(r, index),
      paddingStart: head(),
      paddingEnd: FOOT_PX,
      scrollPaddingStart: lead(),
      anchorTo: 'end',
      followOnAppend: live().now && live().before,
      scrollEndThreshold: END_PX,
      overscan: 4,
      rangeExtractor: (range) => kept(range, r, focusedSeq),
    }
  })

  walk.hold(list)

  const [atEnd, setAtEnd] = createSignal(session.place() === null)
  const [top, setTop] = createSignal(0)
  const [marked, setMarked] = createSignal<number | null>(null)
  const following = () => atEnd() && attached(session.room())
  // Who was following goes on where events were missed, once they are there.
  const stays = () => atEnd() && (attached(session.room()) || session.place() === null)
  const focused = createFocused()
  const fresh = createNewCount(session, props.me.id, following)
  const line = createUnreadLine(session, props.me.id, focused, following)
  const actions = { retry: session.retryPost, discard: session.discardPost }

  // False from a jump on until the list has come to rest where it leads.
  let still = false
  // Whether the list goes with its end when its own box changes.
  let pinned = session.place() === null
  let stillTimer: ReturnType<typeof setTimeout> | undefined
  let aim: { seq: number; align: 'center' | 'start'; index: number } | undefined
  let readTimer: ReturnType<typeof setTimeout> | undefined
  let markTimer: ReturnType<typeof setTimeout> | undefined
  let left = false
  onCleanup(() => {
    left = true
    // Whoever leaves at once leaves from where they are by now.
    if (!still && laidOut()) session.setPlace(stays() ? null : placeAt(scroller.scrollTop))
    clearTimeout(stillTimer)
    clearTimeout(endTimer)
    clearTimeout(readTimer)
    clearTimeout(markTimer)
  })

  const unreadAbove = createMemo(() => {
    if (line.above()) return true
    const seq = line.seq()
    if (seq === null) return false
    list.version()
    const first = list.core.getVirtualItems().find((item) => item.end > top())
    return first !== undefined && untrack(rows).indexOfSeq(seq) < first.index
  })

  // A phone that goes back to the list of rooms leaves no width to this one.
  const laidOut = () => scroller.clientWidth > 0 && scroller.clientHeight > 0

  // Rows that come in at the end are higher than was guessed: the list is a few
  // frames behind them. Only who goes up leaves the end.
  let lastTop = 0
  let endTimer: ReturnType<typeof setTimeout> | undefined
  function stillAtEnd(fromEnd: number, scrollTop: number): boolean {
    const up = scrollTop < lastTop - 1
    lastTop = scrollTop
    clearTimeout(endTimer)
    if (fromEnd <= END_PX) return true
    if (up || !atEnd()) return false
    endTimer = setTimeout(() => {
      setAtEnd(scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop <= END_PX)
      look()
    }, BEHIND_MS)
    return true
  }

  function look() {
    if (!laidOut()) return
    const { scrollHeight, clientHeight, scrollTop } = scroller
    const fromEnd = scrollHeight - clientHeight - scrollTop
    setAtEnd(stillAtEnd(fromEnd, scrollTop))
    setTop(scrollTop)
    if (still) session.setPlace(stays() ? null : placeAt(scrollTop))
    if (scrollTop < FETCH_PX && session.older().status === 'idle') session.loadOlder()
    if (fromEnd < FETCH_PX && !attached(session.room())) session.loadNewer()
  }

  // The topmost row that is posted, and how much of it is above the top.
  function placeAt(offset: number) {
    for (const item of list.core.getVirtualItems()) {
      const seq = item.end > offset ? rows().at(item.index)?.seq : undefined
      if (seq !== undefined) return { seq, offset: offset - item.start }
    }
    return session.place()
  }

  // At the end what comes is read as it comes. Elsewhere it has to stand still
  // for a moment, and whole. What was new on opening isn't read by being passed
  // over: first its beginning has to have been on the screen.
  const [begun, setBegun] = createSignal<number>()
  function beginsOnScreen(): boolean {
    const seq = line.seq()
    if (seq === null) return false
    const index = rows().indexOfSeq(seq)
    const item = list.core.getVirtualItems().find((i) => i.index === index)
    return item !== undefined && item.end > scroller.scrollTop && item.start < scroller.scrollTop + scroller.clientHeight
  }
  function read() {
    if (left || !focused() || !line.known() || !still || behind(session.room())) return
    if (unreadAbove() || line.seq() !== null) {
      if (beginsOnScreen()) setBegun(line.from())
      if (begun() !== line.from()) return
    }
    if (following()) session.markRead(newestSeq(session.room()))
    else readTimer ??= setTimeout(readRows, READ_MS)
  }
  function readRows() {
    readTimer = undefined
    look()
    if (!focused() || unreadAbove() || following()) return read()
    const bottom = scroller.scrollTop + scroller.clientHeight + 1
    const row = list.core.getVirtualItems().findLast((item) => item.end <= bottom && rows().at(item.index)?.seq !== undefined)
    const seq = row && rows().at(row.index)?.seq
    if (seq !== undefined) session.markRead(seq)
  }
  // Not before it is known where the line stands by now.
  createEffect(on([focused, session.room, line.known, following, top], () => queueMicrotask(read)))

  function toEnd() {
    stayAtEnd()
    void session.showNewest().then(() => list.core.scrollToEnd())
  }

  // The browser's own way to the end stops where rows come in above, and at the end of a
  // window that isn't the newest. In a field or a player of a row the key is theirs.
  function asksForEnd(event: KeyboardEvent): boolean {
    const ours = event.target === scroller || (event.target instanceof Element && event.target.matches('[role=article]'))
    return ours && event.key === 'End' && !event.ctrlKey && !event.altKey && !event.metaKey && !event.shiftKey
  }

  // The way of a key before goes on in the browser, whatever is scrolled meanwhile: where it
  // ends the list is led to its end once more, unless its reader has done something else.
  let staying: AbortController | undefined
  function stayAtEnd() {
    staying?.abort()
    staying = new AbortController()
    const signal = AbortSignal.any([staying.signal, AbortSignal.timeout(STAY_MS)])
    for (const type of ['wheel', 'touchmove', 'pointerdown', 'keydown'] as const) {
      scroller.addEventListener(type, () => staying?.abort(), { capture: true, passive: true, signal })
    }
    scroller.addEventListener('scrollend', () => list.core.scrollToEnd(), { signal })
  }

  async function jump(target: Target): Promise<boolean> {
    const found = await session.show(target)
    if (!found.ok) {
      if (found.words !== '') showToast({ tone: 'bad', title: found.words })
      return false
    }
    const exact = typeof target === 'object' && !('time' in target)
    scrollTo(found.seq, exact ? 'center' : 'start', exact ? 0 : LEAD_PX)
    if (exact) mark(found.seq)
    if (found.thread !== undefined) props.onThread(found.thread)
    return true
  }

  // Rows that were never drawn have other heights than were guessed: the list
  // needs a few frames until it is where it was sent.
  function settle(from = -1) {
    still = false
    clearTimeout(stillTimer)
    const at = scroller.scrollTop
    if (at !== from) {
      stillTimer = setTimeout(() => settle(at), READ_MS)
      return
    }
    still = true
    aim = undefined
    look()
    pinned = stays()
    read()
  }

  // The window has come up to the live run: below who reached the end of the window stands
  // what the page brought, and nobody has seen it.
  createComputed(on(live, ({ now, before }) => {
    if (now && !before && session.place() !== null) setAtEnd(false)
  }))
  createEffect(on(live, ({ now, before }) => {
    if (!now || before) return
    if (session.place() === null) list.core.scrollToEnd()
    settle()
  }))

  // Whoever scrolls by hand goes elsewhere, and is where they are: if that waited for a
  // rest, a window that is full would go on to be cut as for a reader at its end.
  function takeOver() {
    aim = undefined
    still = true
    clearTimeout(stillTimer)
  }

  function scrollTo(seq: number, align: 'center' | 'start', px: number) {
    const index = rows().indexOfSeq(seq)
    if (index < 0) return
    settle()
    staying?.abort()
    pinned = false
    aim = { seq, align, index }
    setAtEnd(false)
    setLead(px)
    list.core.scrollToIndex(index, { align })
  }
  // The virtualizer goes for a place in the list, which is another row's once
  // older ones come in.
  createEffect(
    on(rows, (r) => {
      const index = aim && r.indexOfSeq(aim.seq)
      if (!aim || index === undefined || index === aim.index) return
      aim.index = index
      list.core.scrollToIndex(index, { align: aim.align })
    }),
  )

  function mark(seq: number) {
    clearTimeout(markTimer)
    const row = rows().at(rows().indexOfSeq(seq))
    setMarked(row?.seq ?? null)
    markTimer = setTimeout(() => setMarked(null), MARK_MS)
  }

  function toUnread() {
    void session.show({ seq: line.from() }).then((found) => {
      if (found.ok) {
        scrollTo(line.seq() ?? found.seq, 'start', LEAD_PX)
        setBegun(line.from())
      } else if (found.words !== '') showToast({ tone: 'bad', title: found.words })
    })
  }

  onMount(() => {
    props.handle({
      toEnd() {
        line.clear()
        toEnd()
      },
      jump,
      readAll() {
        session.markAllRead()
        line.clear()
        toEnd()
      },
    })
    if (laidOut()) setHead(beginning.offsetHeight)
    const place = session.place()
    if (place) scrollTo(place.seq, 'start', -place.offset)
    else {
      settle()
      list.core.scrollToEnd()
    }
    scroller.addEventListener('scroll', look, { passive: true })
    for (const type of ['wheel', 'touchmove'] as const) scroller.addEventListener(type, takeOver, { passive: true })
    // The virtualizer follows what grows in the list, not the list's own box:
    // a keyboard that opens or a composer that grows would cover the end.
    scroller.addEventListener('scroll', () => (pinned = still ? stays() : pinned), { passive: true })
    // What comes and goes above it, as the line about the connection, takes its room from
    // the list's top, and moves no row on the screen. Nor does a head that gets another
    // height, as in another width.
    let above: number | undefined
    const resized = new ResizeObserver(() => {
      if (!laidOut()) return
      const by = frame.offsetTop - (above ?? frame.offsetTop) + beginning.offsetHeight - head()
      above = frame.offsetTop
      setHead(beginning.offsetHeight)
      if (pinned) list.core.scrollToEnd()
      else if (aim) list.core.scrollToIndex(aim.index, { align: aim.align })
      else if (by !== 0 && still) list.scrollBy(by)
    })
    resized.observe(scroller)
    resized.observe(beginning)
    onCleanup(() => resized.disconnect())
  })

  // A window shorter than the screen has no scrolling to ask for more.
  createEffect(() => {
    const { loaded, hasOlder } = session.room()
    const short = list.total() < scroller.clientHeight + FETCH_PX
    if (!loaded || !short) return
    if (hasOlder && session.older().status === 'idle') session.loadOlder()
    if (!attached(session.room())) session.loadNewer()
  })

  return (
    <div ref={frame} class="relative min-h-0 flex-1">
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- keys go from message to message */}
      <div
        ref={scroller}
        class="scrollbar-calm absolute inset-0 overflow-x-hidden overflow-y-auto [contain:strict] [overflow-anchor:none] focus-visible:-outline-offset-2"
        tabindex="0"
        role="region"
        aria-label={t('Messages in {room}', { room: session.label() })}
        data-testid="timeline"
        onKeyDown={(event) => {
          if (!asksForEnd(event)) return walk.onKeyDown(event)
          event.preventDefault()
          toEnd()
        }}
        onFocusIn={walk.onFocusIn}
      >
        <div class="flex min-h-full flex-col justify-end">
          <div class="relative w-full" style={{ height: `${list.total()}px` }}>
            <Head ref={(element) => (beginning = element)} session={session} name={props.name} />
            <For each={list.keys()}>
              {(key) => {
                const item = createMemo<ReturnType<typeof list.item>>((last) => list.item(key) ?? last)
                const id = createUniqueId()
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
                        class="absolute inset-x-0 top-0 scroll-mt-12 scroll-mb-2 focus-visible:-outline-offset-2"
                        classList={{ 'marked-row': covers(current(), marked()) }}
                        style={{ transform: `translateY(${item()?.start ?? 0}px)` }}
                        data-index={item()?.index}
                        data-seq={current().seq}
                        tabindex="-1"
                        role="article"
                        aria-label={rowLabel(current())}
                        aria-describedby={describedBy(id)}
                        aria-posinset={current().seq}
                        aria-setsize={current().seq === undefined ? undefined : -1}
                      >
                        <MessageRow id={id} row={current()} online={props.online} actions={actions} />
                        <Dynamic component={seen()} seq={current().seq} />
                        <Show when={covers(current(), line.seq())}>
                          <UnreadLine />
                        </Show>
                      </div>
                    )}
                  </Show>
                )
              }}
            </For>
          </div>
        </div>
      </div>
      <ActingIn scroller={() => scroller} />
      <DayPill rows={rows()} list={list} top={top()} head={head()} onJump={(target) => void jump(target)} />
      {/* Whoever was there knows. */}
      <Show when={unreadAbove() && begun() !== line.from()}>
        <Pill class="top-11" next={() => scroller} onClick={toUnread}>
          <ArrowUp class="size-4" aria-hidden="true" />
          {t('To the first new message')}
        </Pill>
      </Show>
      <Show when={!stays() && rows().length > 0}>
        <Pill class="bottom-3" next={() => scroller} loud={fresh() > 0} onClick={toEnd}>
          <ArrowDown class="size-4" aria-hidden="true" />
          {fresh() === 0 ? t('To the newest') : plural(fresh(), '1 new message', '{count} new messages')}
        </Pill>
      </Show>
    </div>
  )
}

function rowLabel(row: Row): string {
  return row.event ? t('What happened to the room') : row.userName
}
