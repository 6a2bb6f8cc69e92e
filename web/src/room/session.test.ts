import { QueryClient } from '@tanstack/solid-query'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Connection, ConnectionListener, ConnectionState } from '~/realtime/connection'
import { attached } from '~/realtime/reduce'
import type { ClientFrame, Message, Page, ServerFrame } from '~/realtime/wire.gen'
import { makeMemoryStore } from './outbox-store'
import { makeRoomSession } from './session'

const message = (seq: number, more: Partial<Message> = {}): Message => ({
  id: `m${seq}`, userId: 'other', userName: 'Ada', content: `text ${seq}`, timestamp: seq, type: 'text', seq, ...more,
})

// A server with a history of its own and a socket that the test speaks for.
class FakeServer {
  stream = 's'
  messages: Message[] = []
  requests: string[] = []
  /** What the next requests get in place of a page. */
  failures: Response[] = []
  sent: ClientFrame[] = []
  private listeners = new Set<ConnectionListener>()
  private state: ConnectionState = { status: 'connecting', attempt: 0 }

  fetch = async (path: string | URL | Request): Promise<Response> => {
    const url = new URL(String(path), 'http://snug.test')
    this.requests.push(url.search)
    const failure = this.failures.shift()
    if (failure) return failure
    return Response.json(this.page(url.searchParams))
  }

  readonly connection: Connection = {
    state: () => this.state,
    subscribe: (listener) => {
      this.listeners.add(listener)
      return () => this.listeners.delete(listener)
    },
    send: (frame) => {
      if (this.state.status !== 'open') return false
      this.sent.push(frame)
      return true
    },
    retry: () => {},
    stop: () => {},
  }

  grow(to: number) {
    for (let seq = this.messages.length + 1; seq <= to; seq++) this.messages.push(message(seq))
  }
  opens() {
    this.become({ status: 'open', hello: { type: 'hello', protocol: 1, you: { userId: 'me', userName: 'Me' }, heartbeatMs: 25_000 } })
  }
  drops() {
    this.become({ status: 'waiting', attempt: 0, retryAt: 0 })
  }
  says(frame: ServerFrame) {
    for (const l of this.listeners) l.onFrame?.(frame)
  }
  joined(resumed: boolean, head = this.messages.length) {
    this.says({ type: 'joined', room: 'r', stream: this.stream, head, role: 'member', resumed, count: 1, users: [] })
  }
  posted(seq: number, more: Partial<Message> = {}) {
    this.says({ type: 'message', room: 'r', message: message(seq, more) })
  }

  private become(state: ConnectionState) {
    this.state = state
    for (const l of this.listeners) l.onState?.(state)
  }
  private page(query: URLSearchParams): Page {
    const limit = Number(query.get('limit'))
    const [before, after] = [query.get('before'), query.get('after')]
    let messages = this.messages.slice(-limit)
    if (before !== null) messages = this.messages.filter((m) => (m.seq ?? 0) < Number(before)).slice(-limit)
    if (after !== null) messages = this.messages.filter((m) => (m.seq ?? 0) > Number(after)).slice(0, limit)
    const head = this.messages.length
    return { stream: this.stream, head, hasOlder: (messages[0]?.seq ?? 1) > 1, hasNewer: (messages.at(-1)?.seq ?? head) < head, messages }
  }
}

const signedOut = vi.fn<() => void>()
let server: FakeServer

function open() {
  const session = makeRoomSession({
    slug: 'r', userId: 'me', connection: server.connection, store: makeMemoryStore(), onSignedOut: signedOut,
    client: new QueryClient(),
  })
  return { ...session, seqs: () => session.room().messages.map((m) => m.seq) }
}

/** Lets replies, timers of a frame and retries run. */
const settle = (ms = 200) => vi.advanceTimersByTimeAsync(ms)

beforeEach(() => {
  vi.useFakeTimers()
  server = new FakeServer()
  signedOut.mockClear()
  vi.stubGlobal('fetch', server.fetch)
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i)

describe('a room session', () => {
  it('loads the newest page, joins, and goes on live', async () => {
    server.grow(5)
    const s = open()
    server.opens()
    server.joined(false)
    await settle()
    server.posted(6)
    await settle()
    expect(s.seqs()).toEqual(range(1, 6))
    expect(server.sent[0]).toEqual({ type: 'join', room: 'r' })
  })

  it('resumes with what it knows after a drop', async () => {
    server.grow(5)
    const s = open()
    server.opens()
    server.joined(false)
    await settle()
    server.drops()
    await settle()
    expect(s.room().joined).toBe(false)
    server.opens()
    expect(server.sent.at(-1)).toEqual({ type: 'join', room: 'r', stream: 's', after: 5 })
    server.joined(true, 7)
    server.posted(6)
    server.posted(7)
    await settle()
    expect(s.seqs()).toEqual(range(1, 7))
    expect(server.requests).toHaveLength(1)
  })

  it('fetches what a resume did not bring', async () => {
    server.grow(5)
    const s = open()
    server.opens()
    server.joined(false)
    await settle()
    server.grow(300)
    server.drops()
    server.opens()
    server.joined(false)
    await settle()
    expect(s.seqs()).toEqual(range(1, 300))
    expect(attached(s.room())).toBe(true)
    expect(server.requests.slice(1)).toEqual(['?after=5&limit=200', '?after=205&limit=200'])
  })

  it('starts anew at the end after a reset, for a reader at the end', async () => {
    server.grow(5)
    const s = open()
    server.opens()
    server.joined(false)
    await settle()
    server.grow(5_000)
    server.drops()
    server.opens()
    server.says({ type: 'reset', room: 'r', stream: 's', head: 5_000 })
    await settle()
    expect(s.seqs()).toEqual(range(4_921, 5_000))
  })

  it('keeps the place of a reader who is up, and brings the rest when asked', async () => {
    server.grow(5)
    const s = open()
    server.opens()
    server.joined(false)
    await settle()
    s.setFollowing(false)
    server.grow(2_000)
    server.drops()
    server.opens()
    server.says({ type: 'reset', room: 'r', stream: 's', head: 2_000 })
    await settle()
    expect(s.seqs()).toEqual(range(1, 5))
    s.loadNewer()
    await settle()
    expect(s.seqs()).toEqual(range(1, 205))
    await Promise.all([s.showNewest(), settle()])
    expect(s.seqs()).toEqual(range(1_921, 2_000))
  })

  it('replaces the window when the history was replaced', async () => {
    server.grow(9)
    const s = open()
    server.opens()
    server.joined(false)
    await settle()
    server.drops()
    server.stream = 't'
    server.messages = [message(1, { content: 'anew' })]
    server.opens()
    server.says({ type: 'reset', room: 'r', stream: 't', head: 1 })
    await settle()
    expect(s.room().messages.map((m) => m.content)).toEqual(['anew'])
    expect(s.room().stream).toBe('t')
  })

  it('loads older pages, one at a time', async () => {
    server.grow(200)
    const s = open()
    await settle()
    s.loadOlder()
    s.loadOlder()
    await settle()
    expect(s.seqs()).toEqual(range(41, 200))
    expect(server.requests).toEqual(['?limit=80', '?before=121&limit=80'])
  })

  it('draws an own post at once, and once', async () => {
    server.grow(1)
    const s = open()
    server.opens()
    server.joined(false)
    await settle()
    expect(s.post('hi')).toBe(true)
    expect(s.pending().map((p) => p.content)).toEqual(['hi'])
    const frame = server.sent.at(-1)
    expect(frame).toMatchObject({ type: 'message', room: 'r', content: 'hi' })
    const clientId = frame?.clientId ?? ''
    server.says({ type: 'ack', room: 'r', clientId, id: 'm2', seq: 2, timestamp: 2 })
    await settle()
    expect(s.pending()).toHaveLength(1)
    server.posted(2, { userId: 'me', clientId })
    await settle()
    expect(s.pending()).toEqual([])
    expect(s.seqs()).toEqual([1, 2])
  })

  it('posts again what a drop left unacked; a late ack of the first try is enough', async () => {
    server.grow(1)
    const s = open()
    server.opens()
    server.joined(false)
    await settle()
    s.post('hi')
    const first = server.sent.at(-1)
    server.drops()
    server.opens()
    server.joined(true, 2)
    server.posted(2, { userId: 'me', clientId: first?.clientId ?? '' })
    await settle()
    expect(s.pending()).toEqual([])
    expect(s.seqs()).toEqual([1, 2])
  })

  it('tells a failure to load, and tries again after the next connect', async () => {
    server.failures = [500, 500, 500].map((status) => Response.json({ code: 'internal', message: 'Our fault.' }, { status }))
    const s = open()
    await settle(5_000)
    expect(s.newest()).toMatchObject({ status: 'failed', failure: { kind: 'refused', message: 'Our fault.' } })
    server.grow(2)
    server.opens()
    server.joined(false)
    await settle()
    expect(s.seqs()).toEqual([1, 2])
  })

  it('says when the room is not there', async () => {
    server.failures = [Response.json({ code: 'not_found', message: 'No such room.' }, { status: 404 })]
    const s = open()
    await settle()
    expect(s.gone()).toEqual({ reason: 'notFound', message: 'No such room.' })
  })

  it('says when the session has ended', async () => {
    server.failures = [Response.json({ error: 'Unauthorized' }, { status: 401 })]
    open()
    await settle()
    expect(signedOut).toHaveBeenCalledOnce()
  })

  it('takes no more part after it was disposed', async () => {
    server.grow(1)
    const s = open()
    server.opens()
    server.joined(false)
    await settle()
    s.dispose()
    server.posted(2)
    await settle()
    expect(s.seqs()).toEqual([1])
    expect(server.sent.at(-1)).toEqual({ type: 'leave', room: 'r' })
  })
})
