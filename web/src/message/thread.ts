import { batch, createSignal, onCleanup } from 'solid-js'
import type { Failure } from '~/http'
import type { Message, ThreadPage } from '~/realtime/wire.gen'
import type { Posted } from '~/realtime/reduce'
import type { RoomEvent, RoomSession } from '~/room/session'
import { threadPage } from './calls'

// One thread, for as long as it is looked at: its replies are fetched, and kept up
// to date by what the room tells. The room's own window doesn't hold them.

/** A thread that is longer shows its newest replies. */
const REPLIES_LIMIT = 2_000
/** After a page that couldn't be had though it may be later. */
const RETRY_MS = 3_000

export type ThreadStatus = { status: 'loading' } | { status: 'ready' } | { status: 'failed'; failure: Failure }

export interface Thread {
  status(): ThreadStatus
  root(): Posted | undefined
  /** By rising seq. */
  replies(): readonly Posted[]
  /** There are older replies than those that are kept. */
  cut(): boolean
  following(): boolean
  setFollowing(following: boolean): void
  /** How far the person had read when the thread was opened. */
  readBefore(): number
  reload(): void
}

/** Fetches a page of a thread; in tests another than the server's. */
export type FetchThread = typeof threadPage

export function createThread(session: Pick<RoomSession, 'slug' | 'listen' | 'room'>, me: string, rootId: string, fetchPage: FetchThread = threadPage): Thread {
  const [status, setStatus] = createSignal<ThreadStatus>({ status: 'loading' })
  const [root, setRoot] = createSignal<Posted>()
  const [replies, setReplies] = createSignal<readonly Posted[]>([])
  const [cut, setCut] = createSignal(false)
  const [following, setFollowing] = createSignal(false)
  const [readBefore, setReadBefore] = createSignal(0)
  let loading = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  // What the room tells while pages are on their way is newer than they are.
  let told = new Map<string, Posted>()

  function take(event: Exclude<RoomEvent, { kind: 'missed' }>) {
    const { message, seq } = event
    if (message.seq === undefined) return
    const as = { ...message, seq: message.seq, asOf: seq }
    if (message.id === rootId) {
      setRoot((old) => newer(old, as))
      told.set(as.id, as)
    } else if (message.thread === rootId) {
      setReplies((list) => put(list, as))
      // Who posts in a thread, or began it, follows it.
      if (event.kind === 'posted' && (message.userId === me || (root()?.userId === me && replies().length === 1))) setFollowing(true)
      told.set(as.id, as)
    }
  }

  async function load() {
    clearTimeout(timer)
    const turn = ++loading
    told = new Map()
    const pages: ThreadPage[] = []
    let before: number | undefined
    for (;;) {
      const result = await fetchPage(session.slug, rootId, before)
      if (turn !== loading) return
      if (!result.ok) {
        if (status().status !== 'ready') setStatus({ status: 'failed', failure: result.failure })
        // What is shown may be old; what is refused is refused again.
        if (result.failure.kind !== 'refused') timer = setTimeout(() => void load(), RETRY_MS)
        return
      }
      pages.unshift(result.value)
      before = result.value.messages[0]?.seq
      if (!result.value.hasOlder || before === undefined || pages.length * 100 >= REPLIES_LIMIT) break
    }
    const newest = pages.at(-1)
    if (!newest) return
    batch(() => {
      const fetched = pages.flatMap((page) => page.messages).flatMap(posted)
      setReplies([...told.values()].filter((m) => m.id !== rootId).reduce(put, fetched))
      setRoot(newer(posted(newest.root)[0], told.get(rootId)))
      setCut(pages[0]?.hasOlder ?? false)
      setFollowing(newest.following)
      if (status().status !== 'ready') setReadBefore(newest.read)
      setStatus({ status: 'ready' })
    })
  }

  const unsubscribe = session.listen((event) => {
    if (event.kind === 'missed') void load()
    else take(event)
  })
  onCleanup(() => {
    loading++
    clearTimeout(timer)
    unsubscribe()
  })
  void load()

  return {
    status,
    // In the room's window it also shows what is under way.
    root: () => session.room().messages.find((m) => m.id === rootId) ?? root(),
    replies,
    cut,
    following,
    setFollowing,
    readBefore,
    reload: () => {
      setStatus({ status: 'loading' })
      void load()
    },
  }
}

function posted(m: Message): Posted[] {
  return m.seq === undefined ? [] : [{ ...m, seq: m.seq, asOf: m.seq }]
}

function newer(a: Posted | undefined, b: Posted | undefined): Posted | undefined {
  if (!a || !b) return a ?? b
  return b.asOf >= a.asOf ? b : a
}

// Puts a message in its place, or in that of an older state of itself.
function put(list: readonly Posted[], m: Posted): readonly Posted[] {
  const i = list.findLastIndex((other) => other.seq <= m.seq)
  const at = list[i]
  if (at?.seq !== m.seq) return list.toSpliced(i + 1, 0, m)
  return at.asOf > m.asOf ? list : list.with(i, m)
}
