import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { ConnectionListener, ConnectionState } from '~/realtime/connection'
import type { Notice, ServerFrame } from '~/realtime/wire.gen'
import { makeNotices } from './notices'

// There is no system that shows notifications here: what a page has to do with one is
// kept in a list.
class Standing {
  static permission = 'granted'
  static all: Standing[] = []
  readonly tag: string
  constructor(readonly title: string, { tag }: { tag: string }) {
    this.tag = tag
    Standing.all = [...Standing.all.filter((other) => other.tag !== tag), this]
  }
  close() {
    Standing.all = Standing.all.filter((other) => other !== this)
  }
  addEventListener() {}
}
const standing = () => Standing.all.map(({ title }) => title)

const item = (id: number, read = false) => ({
  id, kind: 'mention', room: 'tea', roomName: 'Tea', roomKind: 'public', at: 1, read,
  message: { id: `m${id}`, seq: id, userId: 'bob', userName: 'Bob', content: 'x', timestamp: 1, type: 'text' },
})
const notice = (id: number, more: Partial<Notice> = {}): Notice => ({
  id, kind: 'mention', room: 'tea', roomName: 'Tea', roomKind: 'public', seq: id, messageId: `m${id}`, userId: 'bob', userName: 'Bob', text: 'x', at: 1, quiet: false, ...more,
})

/** One that the inbox doesn't have. */
const plain = (id: number, more: Partial<Notice> = {}) => notice(0, { kind: 'room', seq: id, messageId: `m${id}`, ...more })
const message = (id: number, more = {}) => ({ ...item(id).message, ...more })

/** What the server answers, by path; 404 to anything else. */
let answers: Record<string, unknown>
let asked: string[]

function rig(watched: (notice: Pick<Notice, 'room' | 'thread'>) => boolean = () => false) {
  let listener: ConnectionListener = {}
  const connection = { subscribe: (l: ConnectionListener) => ((listener = l), () => (listener = {})) }
  const notices = makeNotices({
    userId: 'ada', connection: connection as unknown as Parameters<typeof makeNotices>[0]['connection'], sounds: { play: () => {}, dispose: () => {} },
    early: [], watched, wants: () => ({ desktop: true, sounds: false }), onUnasked() {}, onOpen() {},
  })
  return {
    notices,
    /** A frame, and all that comes of it. */
    async hears(frame: ServerFrame) {
      listener.onFrame?.(frame)
      await vi.advanceTimersByTimeAsync(300)
    },
    async becomes(state: ConnectionState) {
      listener.onState?.(state)
      await vi.advanceTimersByTimeAsync(300)
    },
  }
}

beforeEach(() => {
  vi.useFakeTimers()
  Standing.all = []
  answers = {}
  asked = []
  vi.stubGlobal('Notification', Standing)
  vi.stubGlobal('fetch', async (path: string) => {
    asked.push(path)
    const found = Object.entries(answers).find(([known]) => path.startsWith(known))
    return found ? Response.json(found[1]) : Response.json({ code: 'not_found', message: 'No.' }, { status: 404 })
  })
})
afterEach(() => {
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('notices', () => {
  it('tell of what is in a thread while the room is before one’s eyes, unless the thread is', async () => {
    let open: string | undefined
    const { hears } = rig(({ room, thread }) => room === 'tea' && (thread === undefined || thread === open))
    await hears({ type: 'notice', notice: notice(1) })
    expect(standing()).toEqual([])
    await hears({ type: 'notice', notice: notice(2, { thread: 'root', userName: 'Cyd' }) })
    expect(standing()).toEqual(['Cyd mentioned you in #Tea'])
    open = 'other'
    await hears({ type: 'notice', notice: notice(3, { thread: 'other' }) })
    expect(standing()).toEqual(['Cyd mentioned you in #Tea'])
  })

  it('of a room go with its mark, those of its threads don’t', async () => {
    const { hears } = rig()
    await hears({ type: 'notice', notice: notice(1) })
    await hears({ type: 'notice', notice: notice(2, { thread: 'root', kind: 'thread' }) })
    expect(standing()).toEqual(['Bob mentioned you in #Tea', 'Bob in a thread of #Tea'])
    await hears({ type: 'read', room: 'tea', userId: 'ada', seq: 2 })
    expect(standing()).toEqual(['Bob in a thread of #Tea'])
    // What comes late in the room is read already; in a thread it isn't.
    await hears({ type: 'read', room: 'tea', userId: 'ada', seq: 9 })
    await hears({ type: 'notice', notice: notice(8) })
    await hears({ type: 'notice', notice: notice(9, { thread: 'another' }) })
    expect(standing()).toEqual(['Bob in a thread of #Tea', 'Bob mentioned you in #Tea'])
  })

  it('go when the inbox has them no more, or as read', async () => {
    const { hears } = rig()
    for (const id of [1, 2, 3]) await hears({ type: 'notice', notice: notice(id, { room: `room${id}` }) })
    expect(standing()).toHaveLength(3)
    answers = { '/api/inbox': { items: [item(3), item(2, true)], unread: 1, hasOlder: false } }
    await hears({ type: 'attention' })
    expect(Standing.all.map(({ tag }) => tag)).toEqual(['room:room3'])
    // An answer that isn't one says nothing.
    answers = { '/api/inbox': 'what?' }
    await hears({ type: 'attention' })
    expect(Standing.all).toHaveLength(1)
  })

  it('stay where they are older than what the inbox was asked for', async () => {
    const { hears } = rig()
    await hears({ type: 'notice', notice: notice(1) })
    answers = { '/api/inbox': { items: [item(7), item(5)], unread: 3, hasOlder: true } }
    await hears({ type: 'attention' })
    expect(standing()).toHaveLength(1)
  })

  it('that the inbox never had go with their message, and with the mark of their thread', async () => {
    const { hears } = rig()
    await hears({ type: 'notice', notice: plain(1, { room: 'kept' }) })
    await hears({ type: 'notice', notice: plain(2, { room: 'deleted' }) })
    await hears({ type: 'notice', notice: plain(3, { room: 'hidden' }) })
    await hears({ type: 'notice', notice: plain(4, { room: 'kept', thread: 'root' }) })
    expect(standing()).toHaveLength(4)
    answers = {
      '/api/rooms/kept/messages/root/thread?limit=1': { root: message(1), messages: [], read: 3 },
      '/api/rooms/kept/messages/': message(1),
      '/api/rooms/deleted/messages/m2': message(2, { content: '', deletedAt: 5 }),
    }
    await hears({ type: 'attention' })
    expect(Standing.all.map(({ tag }) => tag)).toEqual(['room:kept', 'thread:root'])
    answers = { ...answers, '/api/rooms/kept/messages/root/thread?limit=1': { root: message(1), messages: [], read: 4 } }
    await hears({ type: 'attention' })
    expect(Standing.all.map(({ tag }) => tag)).toEqual(['room:kept'])
  })

  it('are looked at anew once the connection is back, and where nothing stands nothing is asked', async () => {
    const { hears, becomes } = rig()
    const open: ConnectionState = { status: 'open', hello: { type: 'hello', protocol: 1, you: { userId: 'ada', userName: 'Ada' }, heartbeatMs: 25_000 } }
    await becomes(open)
    expect(asked).toEqual([])
    await hears({ type: 'notice', notice: notice(1) })
    answers = { '/api/inbox': { items: [], unread: 0, hasOlder: false } }
    await becomes(open)
    expect(standing()).toEqual([])
  })

  it('don’t come up for what was read while they were on their way', async () => {
    const { hears } = rig()
    answers = { '/api/inbox': { items: [item(1, true)], unread: 0, hasOlder: false } }
    const told = hears({ type: 'notice', notice: notice(1, { thread: 'root' }) })
    await hears({ type: 'attention' })
    await told
    expect(standing()).toEqual([])
  })

  it('of rooms that one isn’t in any more go, and all of them when nobody is signed in', async () => {
    const { notices, hears, becomes } = rig()
    for (const id of [1, 2, 3]) await hears({ type: 'notice', notice: notice(id, { room: `room${id}` }) })
    notices.left(['room2'])
    expect(Standing.all.map(({ tag }) => tag)).toEqual(['room:room1', 'room:room3'])
    const late = hears({ type: 'notice', notice: notice(4) })
    await becomes({ status: 'ended', reason: 'signedOut' })
    await late
    expect(standing()).toEqual([])
  })
})
