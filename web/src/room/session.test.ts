import { QueryClient } from '@tanstack/solid-query'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Connection, ConnectionListener, ConnectionState } from '~/realtime/connection'
import { attached, emptyRoom, replaceWindow } from '~/realtime/reduce'
import type { ClientFrame, Message, Page, Role, RoomKind, ServerFrame } from '~/realtime/wire.gen'
import type { RoomCache } from './cache'
import { makeMemoryStore } from './outbox-store'
import type { ReadMarks } from './reads'
import { makeRoomSession, type Target } from './session'

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
  /** The message that is asked for by its id. */
  single: Message | undefined
  private listeners = new Set<ConnectionListener>()
  private state: ConnectionState = { status: 'connecting', attempt: 0 }

  fetch = async (path: string | URL | Request): Promise<Response> => {
    const url = new URL(String(path), 'http://snug.test')
    this.requests.push(url.search)
    const failure = this.failures.shift()
    if (failure) return failure
    if (this.single && !url.pathname.endsWith('/messages')) return Response.json(this.single)
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
  newest(): Page {
    return this.page(new URLSearchParams('limit=80'))
  }
  private page(query: URLSearchParams): Page {
    const limit = Number(query.get('limit'))
    const [before, after, around] = [query.get('before'), query.get('after'), query.get('around')]
    let messages = this.messages.slice(-limit)
    if (before !== null) messages = this.messages.filter((m) => (m.seq ?? 0) < Number(before)).slice(-limit)
    if (around !== null) messages = this.messages.filter((m) => Math.abs((m.seq ?? 0) - Number(around)) < limit / 2)
    if (after !== null) messages = this.messages.filter((m) => (m.seq ?? 0) > Number(after)).slice(0, limit)
    const head = this.messages.length
    return { stream: this.stream, head, hasOlder: (messages[0]?.seq ?? 1) > 1, hasNewer: (messages.at(-1)?.seq ?? head) < head, messages }
  }
}

// The read marks of one page.
class Marks implements ReadMarks {
  seq = 0
  read = () => this.seq
  told = () => 0
  settled = () => true
  set = (_: string, seq: number) => void (this.seq = seq)
  setBack = this.set
}

const signedOut = vi.fn<() => void>()
let server: FakeServer

function open(cache?: RoomCache, at?: Target, kind: RoomKind = 'public') {
  const session = makeRoomSession({
    slug: 'r', userId: 'me', connection: server.connection, store: makeMemoryStore(), onSignedOut: signedOut,
    label: () => '#r', kind: () => kind,
    client: new QueryClient(), marks: new Marks(),
    ...(cache && { cache }),
  })
  session.enter(at)
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

it('knows what one is there as the list of rooms has it, and from the room where that has none', async () => {
  server.grow(1)
  let role: Role | undefined
  const s = makeRoomSession({
    slug: 'r', userId: 'me', connection: server.connection, store: makeMemoryStore(), onSignedOut: signedOut,
    label: () => '#r', kind: () => 'public', role: () => role, client: new QueryClient(), marks: new Marks(),
  })
  s.enter()
  server.opens()
  server.joined(false)
  await settle()
  expect(s.role()).toBe('member')
  role = 'moderator'
  expect(s.role()).toBe('moderator')
})

const reads = () => server.sent.filter((f) => f.type === 'read').map((f) => f.seq)
const ready = async () => {
  server.grow(3)
  const s = open()
  server.opens()
  server.joined(false)
  await settle()
  return s
}
const ref = () => server.sent.at(-1)?.ref ?? ''
const thumbs = (s: ReturnType<typeof open>) => s.room().messages[1]?.reactions?.['👍']

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
    // Anew, since what was edited meanwhile was told to nobody.
    expect(s.seqs()).toEqual(range(221, 300))
    expect(attached(s.room())).toBe(true)
    expect(server.requests.slice(1)).toEqual(['?limit=80'])
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
    s.setPlace({ seq: 3, offset: 0 })
    server.grow(2_000)
    server.drops()
    server.opens()
    server.says({ type: 'reset', room: 'r', stream: 's', head: 2_000 })
    await settle()
    expect(server.requests.at(-1)).toBe('?around=3&limit=80')
    expect(s.seqs()).toEqual(range(1, 42))
    s.loadNewer()
    await settle()
    expect(s.seqs()).toEqual(range(1, 242))
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

  it('jumps: live messages stay out of the window, and the way back needs no request', async () => {
    server.grow(1_000)
    const s = open()
    server.opens()
    server.joined(false)
    await settle()
    const [found] = await Promise.all([s.show({ seq: 300 }), settle()])
    expect(found).toEqual({ ok: true, seq: 300 })
    expect(s.seqs()).toEqual(range(261, 339))
    server.grow(1_001)
    server.posted(1_001)
    await settle()
    expect(s.seqs().at(-1)).toBe(339)
    const asked = server.requests.length
    await s.showNewest()
    expect(s.seqs()).toEqual(range(921, 1_001))
    expect(server.requests).toHaveLength(asked)
    expect(s.place()).toBeNull()
  })

  it('jumps to what it has without a request', async () => {
    server.grow(100)
    const s = open()
    await settle()
    expect(await s.show({ id: 'm50' })).toEqual({ ok: true, seq: 50 })
    expect(await s.show({ time: 60 })).toEqual({ ok: true, seq: 60 })
    expect(server.requests).toHaveLength(1)
  })

  it('shows what was kept at once, and resumes from there', async () => {
    server.grow(5)
    const kept = replaceWindow(emptyRoom, server.newest())
    const s = open({ load: async () => kept, save: async () => {}, forget: async () => {} })
    server.opens()
    expect(server.sent).toEqual([])
    await settle(0)
    expect(s.seqs()).toEqual(range(1, 5))
    expect(server.sent).toEqual([{ type: 'join', room: 'r', stream: 's', after: 5 }])
    server.joined(true, 6)
    server.posted(6)
    await settle()
    expect(s.seqs()).toEqual(range(1, 6))
    // And looks once whether it is still so: no event tells of names that were taken back.
    expect(server.requests).toEqual(['?limit=80'])
  })

  it('comes back to a place that what was kept does not reach', async () => {
    server.grow(1_000)
    const kept = replaceWindow(emptyRoom, server.newest())
    const s = open({ load: async () => kept, save: async () => {}, forget: async () => {} }, { seq: 300, offset: 7 })
    await settle()
    expect(s.seqs()).toEqual(range(261, 339))
    expect(s.place()).toEqual({ seq: 300, offset: 7 })
  })

  it('goes where it was last asked to, whichever page comes first', async () => {
    server.grow(1_000)
    const s = open()
    await settle()
    const answers = await Promise.all([s.show({ seq: 100 }), s.show({ seq: 500 }), settle()])
    expect(answers[0]).toMatchObject({ ok: false, words: '' })
    expect(s.seqs()).toEqual(range(461, 539))
  })

  it('says where a message is that stands in a thread', async () => {
    server.grow(9)
    server.single = message(9, { thread: 'm4' })
    const s = open()
    await settle()
    const [found] = await Promise.all([s.show({ id: 'm900' }), settle()])
    expect(found).toEqual({ ok: true, seq: 4, thread: 'm4' })
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

  it('says who took one out of a room that only members see, and comes back when it is there again', async () => {
    server.grow(2)
    const s = open(undefined, undefined, 'private')
    server.opens()
    server.joined(false)
    await settle()
    const removed: ServerFrame = { type: 'room', room: 'r', seq: 3, event: 'member_removed', by: 'ada', byName: 'Ada', user: { userId: 'me', userName: 'Me' }, at: 3 }
    server.says(removed)
    expect(s.gone()).toMatchObject({ reason: 'removed', by: 'Ada' })
    server.grow(3)
    server.sent = []
    s.check()
    expect(s.gone()).toBeNull()
    expect(server.sent).toEqual([{ type: 'join', room: 'r', stream: 's', after: 3 }])
  })

  it('stays in a public room that one is no member of any more', async () => {
    server.grow(2)
    const s = open()
    server.opens()
    server.joined(false)
    await settle()
    server.says({ type: 'room', room: 'r', seq: 3, event: 'member_removed', by: 'ada', byName: 'Ada', user: { userId: 'me', userName: 'Me' }, at: 3 })
    await settle()
    expect(s.gone()).toBeNull()
    expect(s.room().messages.at(-1)?.event?.event).toBe('member_removed')
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

describe('what people do to a message', () => {
  it('is shown at once, and stays when the server agrees', async () => {
    const s = await ready()
    const acted = s.act({ type: 'react', id: 'm2', emoji: '👍', on: true })
    expect(thumbs(s)).toEqual(['me'])
    expect(server.sent.at(-1)).toMatchObject({ type: 'react', room: 'r', id: 'm2', emoji: '👍', on: true })
    server.says({ type: 'ok', ref: ref() })
    expect(await acted).toEqual({ ok: true })
    expect(thumbs(s)).toEqual(['me'])
    server.says({ type: 'update', room: 'r', seq: 4, message: message(2, { reactions: { '👍': ['me'] } }) })
    await settle(5_000)
    expect(thumbs(s)).toEqual(['me'])
  })

  it('is undone with the reason when the server refuses', async () => {
    const s = await ready()
    const acted = s.act({ type: 'react', id: 'm2', emoji: '👍', on: true })
    server.says({ type: 'error', code: 'forbidden', message: 'Guests read along.', room: 'r', ref: ref() })
    expect(await acted).toEqual({ ok: false, code: 'forbidden', words: 'Guests read along.' })
    expect(thumbs(s)).toBeUndefined()
  })

  it('can not be done offline, and says so', async () => {
    const s = await ready()
    server.drops()
    expect(await s.act({ type: 'pin', id: 'm2', on: true })).toMatchObject({ ok: false, code: 'offline' })
    expect(s.room().messages[1]?.pinned).toBeUndefined()
  })

  it('is sent again after a drop, and given up in the end', async () => {
    const s = await ready()
    const acted = s.act({ type: 'edit', id: 'm2', content: 'better' })
    expect(s.room().messages[1]?.content).toBe('better')
    const first = server.sent.at(-1)
    server.drops()
    server.opens()
    server.joined(true, 3)
    expect(server.sent.at(-1)).toEqual(first)
    await settle(10_000)
    expect(await acted).toMatchObject({ ok: false, code: 'late' })
    expect(s.room().messages[1]?.content).toBe('text 2')
  })

  it('by others is told to those who keep more than the window', async () => {
    const s = await ready()
    const heard: string[] = []
    s.listen((event) => heard.push(event.kind === 'missed' ? 'missed' : `${event.kind} ${event.seq}`))
    server.posted(4, { thread: 'm1' })
    server.says({ type: 'update', room: 'r', seq: 5, message: message(4, { thread: 'm1', content: 'x' }) })
    server.drops()
    server.opens()
    server.joined(false, 9)
    expect(heard).toEqual(['posted 4', 'changed 5', 'missed'])
  })
})

describe('read marks', () => {
  it('rise, at most once a second', async () => {
    server.grow(9)
    const s = open()
    server.opens()
    server.joined(false)
    await settle()
    for (const seq of [3, 5, 4, 7]) s.markRead(seq)
    expect(reads()).toEqual([3])
    await settle(1_000)
    expect(reads()).toEqual([3, 7])
    expect(s.read()).toBe(7)
  })

  it('that were set back stay back until one reads on', async () => {
    server.grow(9)
    const s = open()
    server.opens()
    server.joined(false)
    await settle()
    s.markRead(9)
    const [result] = await Promise.all([s.markUnread(5), settle()])
    expect(result.ok).toBe(true)
    s.markRead(9)
    expect(s.read()).toBe(4)
    s.markAllRead()
    expect(s.read()).toBe(9)
  })

  it('wait for a connection', async () => {
    server.grow(9)
    const s = open()
    await settle()
    s.markRead(9)
    expect(reads()).toEqual([])
    server.opens()
    server.joined(true)
    expect(reads()).toEqual([9])
  })
})
