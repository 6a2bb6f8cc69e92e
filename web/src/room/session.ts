import type { QueryClient } from '@tanstack/solid-query'
import { batch, createSignal } from 'solid-js'
import { explain, RequestError, type Failure } from '~/http'
import { t } from '~/i18n/i18n'
import type { Connection, ConnectionState } from '~/realtime/connection'
import type { SkippedFrame } from '~/realtime/frames'
import {
  appendPage, attached, disconnected, emptyRoom, expireTyping, foreign, prependPage, reduce, replaceWindow, returnToTail, stale,
  trim, type RoomState,
} from '~/realtime/reduce'
import type { Page, Role, RoomFrame, RoomKind, ServerFrame } from '~/realtime/wire.gen'
import { makeActs } from './acts'
import { onceAFrame } from './once-a-frame'
import { makeOutbox, postFrame, type PendingPost } from './outbox'
import type { RoomCache } from './cache'
import { joinCrew } from './crew'
import type { OutboxStore } from './outbox-store'
import { getMessage, putUnread, roomQueries, type Position } from './queries'
import { makeReads, type ReadMarks } from './reads'
import type { Found, LoadStatus, Place, RoomEvent, RoomGone, RoomSession, Target } from './room-session'

export type * from './room-session'

// A room session keeps one room up to date for as long as someone is signed
// in: it joins after each connect, fetches what the socket doesn't bring, and
// posts. It owns no DOM; views read its signals.

export interface RoomSessionOptions {
  slug: string
  userId: string
  connection: Connection
  client: QueryClient
  store: OutboxStore
  marks: ReadMarks
  label(): string
  kind(): RoomKind | undefined
  /** As the list of rooms has it. */
  role?(): Role | undefined
  /** What was kept of rooms that were read before. */
  cache?: RoomCache
  onSignedOut(): void
}

/** A frame says "typing" for 5 s: say it again in time. */
const TYPING_EVERY_MS = 2_000
/** After a page that couldn't be had, or was of another history. */
const RELOAD_MS = 3_000
/** What happens in a room is kept soon after, and not each time. */
const KEEP_MS = 5_000
/** So many of the newest messages fill a screen without a page. */
const SCREENFUL = 40

export function makeRoomSession(options: RoomSessionOptions): RoomSession {
  const { slug, userId, connection, client } = options
  let state: RoomState = emptyRoom
  let place: Place = null
  let entered = false
  let typedAt = 0
  let disposed = false
  let refreshing = false
  let loadingNewer = false
  /** Counts jumps: the last one asked for wins. */
  let jumps = 0
  let reloadTimer: ReturnType<typeof setTimeout> | undefined
  let typingTimer: ReturnType<typeof setTimeout> | undefined
  let keepTimer: ReturnType<typeof setTimeout> | undefined

  const [room, setRoom] = createSignal<RoomState>(emptyRoom)
  const [pending, setPending] = createSignal<readonly PendingPost[]>([])
  const [slowedUntil, setSlowedUntil] = createSignal(0)
  const [newest, setNewest] = createSignal<LoadStatus>({ status: 'idle' })
  const [older, setOlder] = createSignal<LoadStatus>({ status: 'idle' })
  const [gone, setGone] = createSignal<RoomGone | null>(null)
  /** Who took this person out, if somebody did. */
  let removedBy: string | undefined

  const publish = onceAFrame(() =>
    batch(() => {
      const messages = acts.ahead(state.messages)
      setRoom(messages === state.messages ? state : { ...state, messages })
      setPending(outbox.posts())
      setSlowedUntil(outbox.slowedUntil())
    }),
  )

  const outbox = makeOutbox({
    userId,
    room: slug,
    store: options.store,
    send: (post) => connection.send({ type: 'message', room: slug, ...postFrame(post) }),
    onChange: () => publish.soon(),
    crew: (listener) => joinCrew(`snug:outbox:${userId}:${slug}`, listener),
  })
  const acts = makeActs({ room: slug, userId, send: connection.send, onChange: () => publish.now() })
  const reads = makeReads({ room: slug, marks: options.marks, send: connection.send, put: (seq) => putUnread(slug, seq) })
  const listeners = new Set<(event: RoomEvent) => void>()

  const watchers = new Set<(event: RoomFrame | 'refused') => void>()

  function tell(event: RoomEvent) {
    for (const l of listeners) l(event)
  }

  // What was kept of an earlier visit is there before anything is asked for.
  let kept: RoomState | null = null
  // What was kept is as it was then: a name that its person has taken back since, by
  // deleting their account, is in no event that follows.
  let unchecked = false
  let restored = options.cache === undefined
  const restoring = (options.cache?.load(slug) ?? Promise.resolve(null)).then((cached) => {
    if (disposed || restored) return
    restored = true
    kept = cached
    // Where the reader was may be elsewhere.
    if (place === null) useKept()
    if (connection.state().status === 'open') join()
    catchUp()
  })

  function useKept() {
    // Once a run has begun elsewhere it would hide what lies between.
    if (!kept || state.loaded || state.joined) return
    const { joined, count, people } = state
    unchecked = true
    become({ ...kept, joined, count, people })
    publish.now()
  }

  function keepSoon() {
    if (options.cache) keepTimer ??= setTimeout(keep, KEEP_MS)
  }
  function keep() {
    clearTimeout(keepTimer)
    keepTimer = undefined
    void options.cache?.save(slug, state)
  }

  function become(next: RoomState) {
    if (next === state) return
    if (next.messages !== state.messages || next.through !== state.through) keepSoon()
    state = trim(next, place === null)
    if (attached(state)) outbox.settleThrough(state.through)
    publish.soon()
    catchUp()
  }

  // Fetches what a reader ought to see and the socket doesn't bring: the first
  // page, what changed while events were missed, and, for a reader at the end,
  // what lies between the window and the live run.
  function catchUp() {
    if (!entered || !restored || jumping()) return
    if (!state.loaded) {
      if (newest().status === 'idle') void loadNewest()
    } else if (stale(state) || (unchecked && connection.state().status === 'open')) void refresh()
    else if (place === null && !attached(state)) loadNewer()
  }

  // A jump that is under way brings the window that is to be shown.
  let underWay = 0
  const jumping = () => underWay > 0

  async function fetchPage(position: Position): Promise<Page | Failure> {
    try {
      return await client.fetchQuery(roomQueries.page(slug, position))
    } catch (error) {
      if (!(error instanceof RequestError)) throw error
      return error.failure
    }
  }

  function refused(failure: Failure): boolean {
    if (failure.kind !== 'refused') return false
    if (failure.status === 401) options.onSignedOut()
    else if (failure.status === 404) leave({ reason: 'notFound', message: failure.message })
    else if (failure.status < 500) leave({ reason: 'refused', message: failure.message })
    else return false
    return true
  }

  function leave(why: RoomGone) {
    const known = removedBy !== undefined || state.loaded
    setGone(why.reason === 'notFound' && known ? { reason: 'removed', message: why.message, by: removedBy ?? '' } : why)
    clearTimeout(keepTimer)
    void options.cache?.forget(slug)
  }

  function reloadLater() {
    clearTimeout(reloadTimer)
    reloadTimer = setTimeout(catchUp, RELOAD_MS)
  }

  async function loadNewest(): Promise<void> {
    if (newest().status === 'loading' || gone()) return
    setNewest({ status: 'loading' })
    const page = await fetchPage('newest')
    if (disposed) return
    if ('kind' in page) {
      setNewest({ status: 'failed', failure: page })
      refused(page)
      return
    }
    setNewest({ status: 'idle' })
    if (foreign(state, page)) return reloadLater()
    settle(page)
    become(replaceWindow(state, page))
    publish.now()
  }

  // Fetches the window again, as it is now, without moving its reader.
  async function refresh(): Promise<void> {
    if (refreshing) return
    refreshing = true
    const before = state
    const page = await fetchPage(place === null ? 'newest' : { around: place.seq })
    refreshing = false
    if (disposed) return
    if ('kind' in page) {
      if (!refused(page)) reloadLater()
      return
    }
    if (foreign(state, page)) return reloadLater()
    unchecked = false
    // The reader has gone elsewhere meanwhile: begin again there.
    if (state.start !== before.start || state.stream !== before.stream) return catchUp()
    settle(page)
    become(replaceWindow(state, page))
    publish.now()
  }

  async function loadOlderPage() {
    const { stream, start } = state
    if (older().status === 'loading' || !state.loaded || !state.hasOlder) return
    setOlder({ status: 'loading' })
    const page = await fetchPage({ before: start })
    if (disposed) return
    if ('kind' in page) {
      setOlder({ status: 'failed', failure: page })
      refused(page)
      return
    }
    setOlder({ status: 'idle' })
    // The window may have been replaced meanwhile; then this page fits nowhere.
    if (page.stream !== stream || state.stream !== stream || state.start !== start || foreign(state, page)) return
    become(prependPage(state, page))
    publish.now()
  }

  async function loadNewerPage() {
    if (loadingNewer || !state.loaded || attached(state)) return
    loadingNewer = true
    const { stream, edge } = state
    const page = await fetchPage({ after: edge })
    loadingNewer = false
    if (disposed) return
    if ('kind' in page) {
      if (!refused(page)) reloadLater()
      return
    }
    if (page.stream !== stream || state.stream !== stream || foreign(state, page)) return reloadLater()
    if (state.edge !== edge) return catchUp()
    settle(page)
    become(appendPage(state, page))
  }

  async function show(target: Target): Promise<Found> {
    const here = local(target)
    if (here !== null) return arriveAt(here, target)
    const jump = ++jumps
    underWay++
    try {
      await restoring
      if (kept && !state.loaded && local(target, kept) !== null) useKept()
      return await find(target, () => disposed || jump !== jumps)
    } finally {
      underWay--
      useKept()
      catchUp()
    }
  }

  // The seq of a target that the window holds.
  function local(target: Target, of = state): number | null {
    const { messages, start, edge, loaded, hasOlder } = of
    if (!loaded || stale(of)) return null
    if (target === 'beginning') return hasOlder ? null : start
    if ('seq' in target) return target.seq >= start && target.seq <= edge ? target.seq : null
    if ('id' in target) return messages.findLast((m) => m.id === target.id)?.seq ?? null
    const i = messages.findIndex((m) => m.timestamp >= target.time)
    return i > 0 || (i === 0 && !hasOlder) ? (messages[i]?.seq ?? null) : null
  }

  // What was kept for offline may hold it: the reader is there then, and not at its end.
  function arriveAt(seq: number, target: Target): Found {
    place = { seq, offset: (typeof target === 'object' && 'seq' in target && target.offset) || 0 }
    return { ok: true, seq }
  }

  async function find(target: Target, overtaken: () => boolean): Promise<Found> {
    const lost: Found = { ok: false, words: '' }
    const known = local(target)
    if (known !== null) return arriveAt(known, target)
    let position: Position
    if (target === 'beginning') position = { after: 0 }
    else if ('time' in target) position = { at: Math.floor(target.time) }
    else if ('seq' in target) position = { around: target.seq }
    else {
      const result = await getMessage(slug, target.id)
      if (overtaken()) return lost
      if (!result.ok) {
        const missing = result.failure.kind === 'refused' && result.failure.status === 404
        return { ok: false, words: missing ? t("That message isn't there any more.") : explain(result.failure) }
      }
      const { seq, thread } = result.value
      if (thread !== undefined) {
        const root = await show({ id: thread })
        return root.ok ? { ok: true, seq: root.seq, thread } : root
      }
      if (seq === undefined) return { ok: false, words: t("That message isn't there any more.") }
      const here = local({ seq })
      if (here !== null) return { ok: true, seq: here }
      position = { around: seq }
    }
    const page = await fetchPage(position)
    if (overtaken()) return lost
    if ('kind' in page) return { ok: false, words: explain(page) }
    if (foreign(state, page)) return { ok: false, words: t('The room has just changed. Try again.') }
    settle(page)
    const posted = page.messages.filter((m) => m.thread === undefined)
    const time = typeof target === 'object' && 'time' in target ? target.time : 0
    const first = posted.find((m) => m.timestamp >= time) ?? posted.at(-1)
    const seq = 'around' in position ? position.around : (first?.seq ?? page.head)
    // The reader is not at the end of this window, whatever they were before.
    place = { seq, offset: (typeof target === 'object' && 'seq' in target && target.offset) || 0 }
    become(replaceWindow(state, page))
    publish.now()
    return { ok: true, seq }
  }

  // Posts of mine that a page brings need no place in the outbox.
  function settle(page: Page) {
    for (const m of page.messages) {
      if (m.userId === userId && m.clientId !== undefined) outbox.settle(m.clientId)
    }
  }

  function join() {
    if (!restored) return
    // Without a window there is nothing to resume: live from now, and a page.
    const resume = state.loaded && state.through > 0 ? { stream: state.stream, after: state.through } : {}
    connection.send({ type: 'join', room: slug, ...resume })
  }

  function onState(next: ConnectionState) {
    if (next.status === 'open') {
      join()
      // What failed while the network was away is worth another try.
      if (newest().status === 'failed') setNewest({ status: 'idle' })
      if (older().status === 'failed') setOlder({ status: 'idle' })
      catchUp()
      return
    }
    if (state.joined) become(disconnected(state))
    outbox.setReady(false)
    reads.setReady(false)
  }

  function enterRun(resumed: boolean) {
    outbox.setReady(true)
    reads.setReady(true)
    acts.again()
    if (!resumed) tell({ kind: 'missed' })
  }

  function onFrame(frame: ServerFrame | SkippedFrame) {
    if (frame.type === 'ok') return acts.onFrame(frame)
    if (!('room' in frame) || frame.room !== slug) return
    switch (frame.type) {
      case 'joined':
        become(reduce(state, frame, Date.now()))
        return enterRun(frame.resumed)
      case 'reset': {
        const next = reduce(state, frame, Date.now())
        // A reader at the end who missed that much starts anew at the end.
        become(place === null ? { ...next, loaded: false } : next)
        return enterRun(false)
      }
      case 'ack':
        outbox.ack(frame)
        if (attached(state)) outbox.settleThrough(state.through)
        return
      case 'rateLimit':
        outbox.rateLimit(frame)
        acts.onFrame(frame)
        return
      case 'error':
        if (frame.code === 'not_joined') join()
        if (frame.code === 'not_found' && frame.clientId === undefined && frame.ref === undefined) {
          leave({ reason: 'notFound', message: frame.message })
        }
        outbox.error(frame)
        acts.onFrame(frame)
        if (frame.code === 'forbidden' && frame.clientId !== undefined) for (const w of watchers) w('refused')
        return
      case 'room':
        become(reduce(state, frame, Date.now()))
        for (const w of watchers) w(frame)
        if (frame.event === 'member_removed' && frame.user?.userId === userId && options.kind() !== 'public') {
          removedBy = frame.by === userId ? '' : frame.byName
          leave({ reason: 'notFound', message: '' })
        }
        return
      case 'message':
        become(reduce(state, frame, Date.now()))
        if (frame.message.userId === userId && frame.message.clientId !== undefined) outbox.settle(frame.message.clientId)
        if (frame.message.seq !== undefined) tell({ kind: 'posted', seq: frame.message.seq, message: frame.message })
        return
      case 'update':
        become(reduce(state, frame, Date.now()))
        acts.onFrame(frame)
        tell({ kind: 'changed', seq: frame.seq, message: frame.message })
        return
      case 'read':
        if (frame.userId === userId) reads.heard(frame.seq)
        return
      case 'activity':
        return
      default:
        become(reduce(state, frame, Date.now()))
        if (frame.type === 'typing') expireLater()
    }
  }

  function expireLater() {
    clearTimeout(typingTimer)
    typingTimer = setTimeout(() => {
      become(expireTyping(state, Date.now()))
      if (state.typing.length > 0) expireLater()
    }, 1_000)
  }

  function loadNewer() {
    void loadNewerPage()
  }

  const unsubscribe = connection.subscribe({ onState, onFrame })
  onState(connection.state())

  return {
    slug,
    label: options.label,
    kind: options.kind,
    role: () => options.role?.() ?? room().role,
    room,
    pending: () => pending().filter((p) => p.thread === undefined),
    pendingIn: (thread) => pending().filter((p) => p.thread === thread),
    slowedUntil,
    newest,
    older,
    gone,
    check() {
      if (gone()) {
        removedBy = undefined
        setGone(null)
        setNewest({ status: 'idle' })
      }
      if (connection.state().status === 'open') join()
      catchUp()
    },
    enter(at) {
      entered = true
      if (at === undefined || state.loaded) return catchUp()
      if (typeof at === 'object' && 'seq' in at) place = { seq: at.seq, offset: at.offset ?? 0 }
      void show(at).then((found) => {
        if (found.ok || jumps > 1) return
        place = null
        catchUp()
      })
    },
    place: () => place,
    setPlace(value) {
      const ended = place !== null && value === null
      place = value
      if (ended) catchUp()
    },
    loadOlder: () => void loadOlderPage(),
    loadNewer,
    async showNewest() {
      jumps++
      place = null
      if (attached(state)) return
      const back = returnToTail(state, SCREENFUL)
      if (!back) return await loadNewest()
      become(back)
      publish.now()
    },
    show,
    read: reads.read,
    readSettled: reads.settled,
    markRead: reads.mark,
    markAllRead() {
      reads.release()
      reads.mark(Math.max(state.through, state.edge))
    },
    markUnread: reads.markUnread,
    post(content, more) {
      typedAt = 0
      reads.release()
      const taken = outbox.post(content, more)
      // The row is drawn in the very frame of the key press.
      publish.now()
      return taken
    },
    retryPost: outbox.retry,
    discardPost: outbox.discard,
    act: acts.act,
    listen(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    watch(watcher) {
      watchers.add(watcher)
      return () => watchers.delete(watcher)
    },
    typing() {
      const now = Date.now()
      if (now - typedAt < TYPING_EVERY_MS) return
      if (connection.send({ type: 'typing', room: slug })) typedAt = now
    },
    keep() {
      keep()
      reads.flush()
    },
    dispose() {
      disposed = true
      clearTimeout(keepTimer)
      unsubscribe()
      reads.dispose()
      outbox.dispose()
      acts.dispose()
      listeners.clear()
      watchers.clear()
      publish.cancel()
      clearTimeout(reloadTimer)
      clearTimeout(typingTimer)
      connection.send({ type: 'leave', room: slug })
    },
  }
}
