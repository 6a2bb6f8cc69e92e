import type { AckFrame, ClientFrame, ErrorFrame, RateLimitFrame } from '~/realtime/wire.gen'
import { alone, type Crew, type CrewListener } from './crew'
import type { OutboxStore, PostMore, StoredPost } from './outbox-store'

export type { PostMore }

// Posts of one person in one room, from the press of Enter until the server
// has them. They go one at a time, each after the one before was acked: that
// is what keeps their order when some are refused for now. Repeating one is
// safe, since its clientId makes no second message. Where several tabs show the
// room, one of them sends for all.

export type PostStatus =
  /** Not sent: the connection is gone, or others are before it. */
  | { status: 'waiting' }
  | { status: 'sending' }
  /** Durable; the message itself hasn't come yet. */
  | { status: 'acked'; seq: number }
  | { status: 'failed'; reason: string }

export type PendingPost = Omit<StoredPost, 'failed'> & PostStatus

/** As many as one may write ahead of the server. */
export const OUTBOX_LIMIT = 200
/** From sending to the ack, on a connection that is up. Then it is sent again. */
const ACK_MS = 15_000
/** The server is too busy, or failed for a moment: try again, but not for ever. */
const BUSY_MS = 2_000
const BUSY_TRIES = 5

/** As many posts whose message has come are remembered: another tab may tell of one later than the server does. */
const SETTLED_LIMIT = 2 * OUTBOX_LIMIT

/** What the tabs of one outbox tell each other. */
export type OutboxNote =
  | { kind: 'posted'; post: StoredPost }
  | { kind: 'acked'; clientId: string; seq: number }
  | { kind: 'failed'; clientId: string; reason: string }
  | { kind: 'discarded'; clientId: string }
  /** Another tab sends from here on: it may not know what was posted in this one. */
  | { kind: 'leads' }

export interface OutboxOptions {
  userId: string
  room: string
  store: OutboxStore
  /** Sends over the connection; false if there is none. */
  send(post: StoredPost): boolean
  /** Called after each change of `posts` or `slowedUntil`. */
  onChange(): void
  /** The tabs that share this outbox. */
  crew?: (listener: CrewListener<OutboxNote>) => Crew<OutboxNote>
  newId?: () => string
  now?: () => number
}

export interface Outbox {
  /** Resolves when the posts of an earlier visit are in, or can't be had. */
  readonly loaded: Promise<void>
  posts(): readonly PendingPost[]
  /** Until when the server's rate limit holds posts back (Unix ms), or 0. */
  slowedUntil(): number
  /** Takes a post. False: too many are waiting. */
  post(content: string, more?: PostMore): boolean
  /** The room can be posted to, or no longer. */
  setReady(ready: boolean): void
  ack(frame: AckFrame): void
  rateLimit(frame: RateLimitFrame): void
  error(frame: ErrorFrame): void
  /** The message of this post has come: it needs no place here any more. */
  settle(clientId: string): void
  /** Every event up to `seq` has come: so have the acked posts up to there. */
  settleThrough(seq: number): void
  retry(clientId: string): void
  /** Deletes a post that failed. */
  discard(clientId: string): void
  dispose(): void
}

export function makeOutbox(options: OutboxOptions): Outbox {
  const { userId, room, store, onChange } = options
  const now = options.now ?? Date.now
  const newId = options.newId ?? randomId

  let posts: readonly PendingPost[] = []
  let restored = false
  let ready = false
  let slowedUntil = 0
  let pausedUntil = 0
  let busyTries = 0
  let timer: ReturnType<typeof setTimeout> | undefined
  let lastCreatedAt = 0
  let through = 0
  const settled = new Set<string>()

  const crew = (options.crew ?? alone)({ onLead: () => void lead(), onNote })
  const loaded = load().then(() => {
    restored = true
    changed()
  })

  async function load() {
    try {
      const stored = await store.load(userId, room)
      // Those of an earlier visit were first.
      const known = new Set(posts.map((p) => p.clientId))
      posts = [...stored.filter((p) => !known.has(p.clientId) && !settled.has(p.clientId)).map(revive), ...posts]
    } catch {
      // The browser refuses to store; posts last as long as the page.
    }
  }

  // What another tab left is in the store, or still in the tab that it was posted in.
  async function lead() {
    crew.tell({ kind: 'leads' })
    // The first load is under way, or this tab was not the first.
    if (!restored) return
    await load()
    changed()
  }

  function onNote(note: OutboxNote) {
    switch (note.kind) {
      case 'posted':
        // One that is known keeps its place, but for one that failed and is tried again.
        if (settled.has(note.post.clientId) || posts.some((p) => p.clientId === note.post.clientId && p.status !== 'failed')) return
        posts = [...posts.filter((p) => p.clientId !== note.post.clientId), revive(note.post)]
        break
      case 'acked':
        if (note.seq <= through) posts = posts.filter((p) => p.clientId !== note.clientId)
        else change(note.clientId, { status: 'acked', seq: note.seq })
        break
      case 'failed':
        change(note.clientId, { status: 'failed', reason: note.reason })
        break
      case 'discarded':
        posts = posts.filter((p) => p.clientId !== note.clientId)
        break
      case 'leads':
        for (const p of posts) if (p.status === 'waiting') crew.tell({ kind: 'posted', post: base(p) })
    }
    changed()
  }

  function changed() {
    pump()
    onChange()
  }

  function change(clientId: string, next: PostStatus) {
    posts = posts.map((p) => (p.clientId === clientId ? { ...base(p), ...next } : p))
  }

  function keep(post: PendingPost) {
    const failed = post.status === 'failed' ? { failed: post.reason } : {}
    // A post that can't be stored is still sent.
    store.put({ ...base(post), ...failed }).catch(() => {})
  }

  function forget(clientId: string) {
    store.remove({ userId, room, clientId }).catch(() => {})
  }

  function wait(ms: number, then: () => void) {
    clearTimeout(timer)
    timer = setTimeout(then, ms)
  }

  // Sends the first post that waits, unless one is on its way.
  function pump() {
    if (!ready || !restored || !crew.leads() || now() < pausedUntil || posts.some((p) => p.status === 'sending')) return
    const next = posts.find((p) => p.status === 'waiting')
    if (!next || !options.send(next)) return
    change(next.clientId, { status: 'sending' })
    wait(ACK_MS, () => again(next.clientId))
  }

  function again(clientId: string) {
    if (find(clientId)?.status === 'sending') change(clientId, { status: 'waiting' })
    changed()
  }

  function holdBack(clientId: string, ms: number) {
    change(clientId, { status: 'waiting' })
    pausedUntil = now() + ms
    wait(ms, () => {
      goOn()
      changed()
    })
    changed()
  }

  function goOn() {
    clearTimeout(timer)
    slowedUntil = pausedUntil = 0
  }

  function find(clientId: string): PendingPost | undefined {
    return posts.find((p) => p.clientId === clientId)
  }

  function drop(clientId: string) {
    posts = posts.filter((p) => p.clientId !== clientId)
    forget(clientId)
  }

  return {
    loaded,
    posts: () => posts,
    slowedUntil: () => slowedUntil,
    post(content, { clientId = newId(), ...more } = {}) {
      if (settled.has(clientId) || find(clientId)) return true
      if (posts.length >= OUTBOX_LIMIT) return false
      // Two posts in one millisecond still have an order.
      lastCreatedAt = Math.max(now(), lastCreatedAt + 1)
      const post: PendingPost = { clientId, userId, room, content, createdAt: lastCreatedAt, ...more, status: 'waiting' }
      posts = [...posts, post]
      keep(post)
      crew.tell({ kind: 'posted', post: base(post) })
      changed()
      return true
    },
    setReady(value) {
      if (ready === value) return
      ready = value
      if (!ready) {
        // What was on its way may or may not have arrived: it goes again.
        goOn()
        posts = posts.map((p) => (p.status === 'sending' ? { ...base(p), status: 'waiting' } : p))
      }
      changed()
    },
    ack({ clientId, seq }) {
      const post = find(clientId)
      if (!post || post.status === 'acked') return
      if (post.status === 'sending') clearTimeout(timer)
      busyTries = 0
      change(clientId, { status: 'acked', seq })
      forget(clientId)
      crew.tell({ kind: 'acked', clientId, seq })
      changed()
    },
    rateLimit({ clientId, retryAfterMs }) {
      if (clientId === undefined || find(clientId)?.status !== 'sending') return
      slowedUntil = now() + retryAfterMs
      holdBack(clientId, retryAfterMs)
    },
    error({ clientId, code, message }) {
      if (clientId === undefined || find(clientId)?.status !== 'sending') return
      const passing = code === 'overloaded' || code === 'internal' || code === 'not_joined'
      if (passing && ++busyTries < BUSY_TRIES) {
        holdBack(clientId, BUSY_MS)
        return
      }
      busyTries = 0
      clearTimeout(timer)
      change(clientId, { status: 'failed', reason: message })
      const post = find(clientId)
      if (post) keep(post)
      crew.tell({ kind: 'failed', clientId, reason: message })
      changed()
    },
    settle(clientId) {
      settled.delete(clientId)
      settled.add(clientId)
      for (const oldest of settled) {
        if (settled.size <= SETTLED_LIMIT) break
        settled.delete(oldest)
      }
      const post = find(clientId)
      if (!post) return
      if (post.status === 'sending') clearTimeout(timer)
      drop(clientId)
      changed()
    },
    settleThrough(seq) {
      through = seq
      const rest = posts.filter((p) => p.status !== 'acked' || p.seq > seq)
      if (rest.length === posts.length) return
      posts = rest
      onChange()
    },
    retry(clientId) {
      const post = find(clientId)
      if (post?.status !== 'failed') return
      // It goes to the end: what was posted meanwhile is there already.
      const last: PendingPost = { ...base(post), createdAt: now(), status: 'waiting' }
      posts = [...posts.filter((p) => p.clientId !== clientId), last]
      keep(last)
      crew.tell({ kind: 'posted', post: base(last) })
      changed()
    },
    discard(clientId) {
      if (find(clientId)?.status !== 'failed') return
      drop(clientId)
      crew.tell({ kind: 'discarded', clientId })
      changed()
    },
    dispose() {
      ready = false
      crew.dispose()
      clearTimeout(timer)
    },
  }
}

/** A post as it goes to the server. */
export function postFrame(post: StoredPost): Omit<ClientFrame, 'type' | 'room'> {
  const { clientId, content, replyTo, thread, attachments } = post
  return {
    clientId, content,
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(thread === undefined ? {} : { thread }),
    ...(attachments?.length ? { attachments: attachments.map((a) => a.id) } : {}),
  }
}

function base({ clientId, userId, room, content, createdAt, replyTo, thread, attachments }: StoredPost): Omit<StoredPost, 'failed'> {
  return {
    clientId, userId, room, content, createdAt,
    ...(replyTo === undefined ? {} : { replyTo }),
    ...(thread === undefined ? {} : { thread }),
    ...(attachments === undefined ? {} : { attachments }),
  }
}

function revive(post: StoredPost): PendingPost {
  return { ...base(post), ...(post.failed === undefined ? { status: 'waiting' } : { status: 'failed', reason: post.failed }) }
}

/** An id that nobody else has: randomUUID is absent where the page came over plain http from another machine. */
export function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('')
}
