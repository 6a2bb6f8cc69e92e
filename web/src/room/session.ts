import type { QueryClient } from '@tanstack/solid-query'
import { batch, createSignal } from 'solid-js'
import { RequestError, type Failure } from '~/http'
import type { Connection, ConnectionState } from '~/realtime/connection'
import type { SkippedFrame } from '~/realtime/frames'
import {
  appendPage, attached, disconnected, emptyRoom, expireTyping, foreign, prependPage, reduce, replaceWindow, trim,
  type RoomState,
} from '~/realtime/reduce'
import type { Page, ServerFrame } from '~/realtime/wire.gen'
import { makeOutbox, type PendingPost } from './outbox'
import type { OutboxStore } from './outbox-store'
import { roomQueries, type Position } from './queries'

// A room session keeps one room up to date for as long as someone is signed
// in: it joins after each connect, fetches what the socket doesn't bring, and
// posts. It owns no DOM; views read its signals.

export type LoadStatus = { status: 'idle' } | { status: 'loading' } | { status: 'failed'; failure: Failure }

/** Why a room can't be shown at all. */
export type RoomGone = { reason: 'notFound' | 'refused'; message: string }

export interface RoomSession {
  readonly slug: string
  room(): RoomState
  pending(): readonly PendingPost[]
  /** Until when posting is slowed by the server (Unix ms), or 0. */
  slowedUntil(): number
  /** The newest page: fails where nothing is shown yet. */
  newest(): LoadStatus
  older(): LoadStatus
  gone(): RoomGone | null
  /** Whether the reader is at the end, so that the window moves with what arrives. */
  setFollowing(following: boolean): void
  loadOlder(): void
  loadNewer(): void
  /** Shows the newest messages, whatever the window holds. Resolves when they are there. */
  showNewest(): Promise<void>
  /** False: too many posts are waiting. */
  post(content: string): boolean
  retryPost(clientId: string): void
  discardPost(clientId: string): void
  /** Says that something is being written; as often as one likes. */
  typing(): void
  dispose(): void
}

export interface RoomSessionOptions {
  slug: string
  userId: string
  connection: Connection
  client: QueryClient
  store: OutboxStore
  onSignedOut(): void
}

/** A frame says "typing" for 5 s: say it again in time. */
const TYPING_EVERY_MS = 2_000
/** After a page that couldn't be had, or was of another history. */
const RELOAD_MS = 3_000

export function makeRoomSession(options: RoomSessionOptions): RoomSession {
  const { slug, userId, connection, client } = options
  let state: RoomState = emptyRoom
  let following = true
  let typedAt = 0
  let disposed = false
  let reloadTimer: ReturnType<typeof setTimeout> | undefined
  let typingTimer: ReturnType<typeof setTimeout> | undefined

  const [room, setRoom] = createSignal<RoomState>(emptyRoom)
  const [pending, setPending] = createSignal<readonly PendingPost[]>([])
  const [slowedUntil, setSlowedUntil] = createSignal(0)
  const [newest, setNewest] = createSignal<LoadStatus>({ status: 'idle' })
  const [older, setOlder] = createSignal<LoadStatus>({ status: 'idle' })
  const [gone, setGone] = createSignal<RoomGone | null>(null)
  let newer: 'idle' | 'loading' = 'idle'

  const publish = onceAFrame(() =>
    batch(() => {
      setRoom(state)
      setPending(outbox.posts())
      setSlowedUntil(outbox.slowedUntil())
    }),
  )

  const outbox = makeOutbox({
    userId,
    room: slug,
    store: options.store,
    send: ({ clientId, content }) => connection.send({ type: 'message', room: slug, clientId, content }),
    onChange: () => publish.soon(),
  })

  function become(next: RoomState) {
    if (next === state) return
    state = trim(next, following)
    if (attached(state)) outbox.settleThrough(state.through)
    publish.soon()
    catchUp()
  }

  // The window lags behind the live run: fetch what lies between, for a reader
  // who is at the end. Others get it when they come down.
  function catchUp() {
    if (state.loaded ? following && !attached(state) : newest().status === 'idle') {
      if (state.loaded) loadNewer()
      else void loadNewest()
    }
  }

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
    else if (failure.status === 404) setGone({ reason: 'notFound', message: failure.message })
    else if (failure.status < 500) setGone({ reason: 'refused', message: failure.message })
    else return false
    return true
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

  async function loadOlderPage() {
    const first = state.messages[0]
    if (older().status === 'loading' || !state.loaded || !state.hasOlder || !first) return
    setOlder({ status: 'loading' })
    const { stream } = state
    const page = await fetchPage({ before: first.seq })
    if (disposed) return
    if ('kind' in page) {
      setOlder({ status: 'failed', failure: page })
      refused(page)
      return
    }
    setOlder({ status: 'idle' })
    // The window may have been replaced meanwhile; then this page fits nowhere.
    if (page.stream !== stream || state.stream !== stream || state.messages[0]?.seq !== first.seq) return
    become(prependPage(state, page))
    publish.now()
  }

  async function loadNewerPage() {
    if (newer === 'loading' || !state.loaded || attached(state)) return
    newer = 'loading'
    const { stream, edge } = state
    const page = await fetchPage({ after: edge })
    newer = 'idle'
    if (disposed) return
    if ('kind' in page) {
      if (!refused(page)) reloadLater()
      return
    }
    if (page.stream !== stream || state.stream !== stream) return reloadLater()
    if (state.edge !== edge) return catchUp()
    settle(page)
    become(appendPage(state, page))
  }

  // Posts of mine that a page brings need no place in the outbox.
  function settle(page: Page) {
    for (const m of page.messages) {
      if (m.userId === userId && m.clientId !== undefined) outbox.settle(m.clientId)
    }
  }

  function join() {
    // Without a window there is nothing to resume: live from now, and a page.
    const resume = state.loaded ? { stream: state.stream, after: state.through } : {}
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
  }

  function onFrame(frame: ServerFrame | SkippedFrame) {
    if (!('room' in frame) || frame.room !== slug) return
    switch (frame.type) {
      case 'joined':
        become(reduce(state, frame, Date.now()))
        outbox.setReady(true)
        return
      case 'reset': {
        const next = reduce(state, frame, Date.now())
        // A reader at the end who missed that much starts anew at the end.
        become(following ? { ...next, loaded: false } : next)
        outbox.setReady(true)
        return
      }
      case 'ack':
        outbox.ack(frame)
        if (attached(state)) outbox.settleThrough(state.through)
        return
      case 'rateLimit':
        outbox.rateLimit(frame)
        return
      case 'error':
        if (frame.code === 'not_joined') join()
        if (frame.code === 'not_found' && frame.clientId === undefined) {
          setGone({ reason: 'notFound', message: frame.message })
        }
        outbox.error(frame)
        return
      case 'message':
        become(reduce(state, frame, Date.now()))
        if (frame.message.userId === userId && frame.message.clientId !== undefined) outbox.settle(frame.message.clientId)
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
  catchUp()

  return {
    slug,
    room,
    pending,
    slowedUntil,
    newest,
    older,
    gone,
    setFollowing(value) {
      following = value
      if (value) catchUp()
    },
    loadOlder: () => void loadOlderPage(),
    loadNewer,
    async showNewest() {
      if (!state.loaded || !attached(state)) await loadNewest()
    },
    post(content) {
      typedAt = 0
      const taken = outbox.post(content)
      // The row is drawn in the very frame of the key press.
      publish.now()
      return taken
    },
    retryPost: outbox.retry,
    discardPost: outbox.discard,
    typing() {
      const now = Date.now()
      if (now - typedAt < TYPING_EVERY_MS) return
      if (connection.send({ type: 'typing', room: slug })) typedAt = now
    },
    dispose() {
      disposed = true
      unsubscribe()
      outbox.dispose()
      publish.cancel()
      clearTimeout(reloadTimer)
      clearTimeout(typingTimer)
      connection.send({ type: 'leave', room: slug })
    },
  }
}

// Runs `act` at most once a frame: a resume may bring a thousand messages at
// once. Hidden pages have no frames, hence the timer.
function onceAFrame(act: () => void) {
  let frame: number | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  function cancel() {
    if (frame !== undefined) cancelAnimationFrame(frame)
    clearTimeout(timer)
    frame = timer = undefined
  }
  function now() {
    cancel()
    act()
  }
  return {
    cancel,
    now,
    soon() {
      if (timer !== undefined) return
      frame = requestAnimationFrame(now)
      timer = setTimeout(now, 100)
    },
  }
}
