import { createRoot } from 'solid-js'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Connection, ConnectionListener } from '~/realtime/connection'
import type { Message, Notice, RoomSummary, ServerFrame } from '~/realtime/wire.gen'
import { makeRoomList, type RoomList } from './rooms'

/** What GET /api/rooms says. */
let told: RoomSummary[]
let requests: number
let listener: ConnectionListener
let list: RoomList
let end: () => void
/** Seqs of the messages that the window of a room shows, all from `start` on. */
let shown: { start: number; seqs: number[] } | undefined

const connection: Connection = {
  state: () => ({ status: 'connecting', attempt: 0 }),
  subscribe(l) {
    listener = l
    return () => {}
  },
  send: () => false,
  retry: () => {},
  stop: () => {},
}
const hears = (frame: ServerFrame) => listener.onFrame?.(frame)
const activity = (seq: number, mention = false) => hears({ type: 'activity', room: 'tea', seq, mention })
const read = (seq: number) => hears({ type: 'read', room: 'tea', userId: 'me', seq })
const message = (seq: number, more: Partial<Message> = {}) =>
  hears({ type: 'message', room: 'tea', message: { id: `m${seq}`, userId: 'bob', userName: 'Bob', content: 'x', timestamp: seq, type: 'text', seq, ...more } })
const notice = (seq: number, more: Partial<Notice> = {}) =>
  hears({ type: 'notice', notice: { id: seq, kind: 'reply', room: 'tea', roomName: 'Tea', roomKind: 'public', seq, messageId: `m${seq}`, userId: 'bob', userName: 'Bob', text: 'x', at: 0, quiet: false, ...more } })
const tea = (head: number, at: number, unread: number, mentions = 0, more: Partial<RoomSummary> = {}): RoomSummary => ({
  slug: 'tea', name: 'Tea', head, newest: head, read: at, unread, mentions, kind: 'public', topic: '', role: 'member', notify: '',
  snoozedUntil: 0, favourite: false, section: '', archivedAt: 0, lastAt: 0, people: [], ...more,
})
const global = (head: number, unread: number, mentions: number) => tea(head, 0, unread, mentions, { slug: 'global', name: 'global' })
const loud = () => list.rooms().filter((r) => !list.quiet(r)).map((r) => r.slug)

async function open(room: RoomSummary, showing = '') {
  told = [room]
  createRoot((dispose) => {
    end = dispose
    list = makeRoomList({
      userId: 'me', connection, shows: (slug) => slug === showing,
      count: (_, after, through = Infinity) => (shown && shown.start <= after + 1 ? shown.seqs.filter((seq) => seq > after && seq <= through).length : undefined),
    })
  })
  await vi.advanceTimersByTimeAsync(0)
  requests = 0
}
/** Unread, mentions. */
function counts(): [number, number] {
  const room = list.rooms()[0]
  return room ? [list.unread(room), room.mentions] : [-1, -1]
}
const passes = (ms: number) => vi.advanceTimersByTimeAsync(ms)
/** By then a page that guesses has asked, if it hasn't a moment before. */
const SOON = 1_000

beforeEach(() => {
  vi.useFakeTimers()
  shown = undefined
  vi.stubGlobal('fetch', async () => {
    requests++
    return Response.json({ rooms: told })
  })
})
afterEach(() => {
  list.dispose()
  end()
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
  vi.unstubAllGlobals()
})

describe('what comes in', () => {
  it('is one message where it is the next event, and nobody is asked', async () => {
    await open(tea(4, 4, 0))
    activity(5)
    activity(6, true)
    expect(counts()).toEqual([2, 1])
    await passes(60_000)
    expect(requests).toBe(0)
  })

  it('is one message after ten reactions, too', async () => {
    await open(tea(1, 1, 0))
    activity(12)
    expect(counts()).toEqual([1, 0])
    told = [tea(12, 1, 1)]
    await passes(SOON)
    expect(requests).toBe(1)
    expect(counts()).toEqual([1, 0])
    // From there on each event is known again.
    activity(13)
    expect(counts()).toEqual([2, 0])
    await passes(60_000)
    expect(requests).toBe(1)
  })

  it('is as many as the server says where a frame stands for several, and never more before', async () => {
    await open(tea(1, 1, 0))
    activity(9)
    expect(counts()).toEqual([1, 0])
    told = [tea(9, 1, 6, 2)]
    await passes(SOON)
    expect(counts()).toEqual([6, 2])
  })

  it('causes few requests in a busy room, and ends at what the server says', async () => {
    await open(tea(1, 1, 0))
    for (let i = 1; i <= 20; i++) {
      // A message and a reaction each second.
      told = [tea(1 + 2 * i, 1, i)]
      activity(1 + 2 * i)
      expect(counts()[0]).toBeLessThanOrEqual(i)
      await passes(1_000)
    }
    expect(requests).toBeLessThanOrEqual(6)
    await passes(10_000)
    expect(counts()).toEqual([20, 0])
    expect(requests).toBeLessThanOrEqual(7)
  })

  it('causes none where a hundred are unread, but for a mention', async () => {
    await open(tea(300, 1, 100))
    for (let seq = 310; seq < 400; seq += 10) activity(seq)
    await passes(60_000)
    expect(requests).toBe(0)
    activity(410, true)
    expect(counts()).toEqual([100, 1])
    told = [tea(410, 1, 100, 2)]
    await passes(SOON)
    expect(counts()).toEqual([100, 2])
  })

  it('counts in a thread as well, where the room is open', async () => {
    await open(tea(4, 4, 0), 'tea')
    message(5, { thread: 'm2' })
    message(6, { thread: 'm2' })
    expect(counts()).toEqual([2, 0])
    message(7)
    expect(counts()).toEqual([3, 0])
    await passes(60_000)
    expect(requests).toBe(0)
  })

  it('counts one\'s own as the server does: with what others say after it', async () => {
    await open(tea(4, 4, 0), 'tea')
    message(5, { userId: 'me' })
    expect(counts()).toEqual([0, 0])
    message(6)
    expect(counts()).toEqual([1, 0])
    told = [tea(6, 4, 2)]
    await passes(SOON)
    expect(counts()).toEqual([2, 0])
    message(7, { userId: 'me' })
    expect(counts()).toEqual([3, 0])
  })

  it('is known to the event while the room was open, and after', async () => {
    await open(tea(4, 4, 0), 'tea')
    hears({ type: 'update', room: 'tea', seq: 5, message: { id: 'm4', userId: 'bob', userName: 'Bob', content: 'x', timestamp: 4, type: 'text', seq: 4 } })
    hears({ type: 'room', room: 'tea', seq: 6, event: 'topic_changed', by: 'bob', byName: 'Bob', topic: 'Green', at: 6 })
    activity(7)
    expect(counts()).toEqual([1, 0])
    await passes(60_000)
    expect(requests).toBe(0)
  })

  it('speaks to one in more ways than its frames tell', async () => {
    await open(tea(4, 4, 0), 'tea')
    message(5)
    notice(5)
    told = [tea(5, 4, 1, 1)]
    await passes(SOON)
    expect(counts()).toEqual([1, 1])
    // Of a room that is muted there is no notice.
    message(6, { content: '@[Me](user:me) look' })
    told = [tea(6, 4, 2, 2)]
    await passes(10_000)
    expect(counts()).toEqual([2, 2])
    expect(requests).toBe(2)
  })

  it('is nothing to ask for once it is read', async () => {
    await open(tea(4, 4, 0), 'tea')
    message(5, { content: '@[Me](user:me) look' })
    list.set('tea', 5)
    notice(5, { kind: 'mention' })
    activity(20)
    list.set('tea', 20)
    await passes(60_000)
    expect(requests).toBe(0)
  })

  it('is asked for once where a mention is told by two frames, and not where it is the next event', async () => {
    await open(tea(4, 4, 0))
    activity(5, true)
    notice(5, { kind: 'mention' })
    await passes(60_000)
    expect([counts(), requests]).toEqual([[1, 1], 0])
  })
})

describe('what is read', () => {
  it('leaves as many unread, and as many mentions, as the server says', async () => {
    await open(tea(9, 0, 9, 4))
    read(4)
    expect(counts()).toEqual([5, 4])
    told = [tea(9, 4, 5, 2)]
    await passes(SOON)
    expect(counts()).toEqual([5, 2])
    expect(requests).toBe(1)
  })

  it('is asked for where it leaves something unread, and not where it leaves nothing', async () => {
    await open(tea(30, 4, 7))
    read(30)
    expect(counts()).toEqual([0, 0])
    await passes(60_000)
    expect(requests).toBe(0)
  })

  it('may be set back elsewhere, over events that are no messages', async () => {
    await open(tea(30, 30, 0))
    read(18)
    // Never more than there are.
    expect(counts()).toEqual([1, 0])
    told = [tea(30, 18, 2, 1)]
    await passes(SOON)
    expect(counts()).toEqual([2, 1])
  })

  it('is set back here only once the server has it', async () => {
    await open(tea(30, 30, 0), 'tea')
    shown = { start: 1, seqs: [17, 18, 30] }
    list.set('tea', 17)
    expect(counts()).toEqual([2, 0])
    list.setBack('tea', 17)
    told = [tea(30, 17, 3, 3)]
    await passes(SOON)
    expect(counts()).toEqual([3, 3])
  })

  it('is counted by what the window shows until the server has heard of it', async () => {
    shown = { start: 1, seqs: [5, 6, 7, 9] }
    await open(tea(9, 4, 5), 'tea') // one is in a thread
    list.set('tea', 6)
    expect(counts()).toEqual([3, 0])
    await passes(SOON)
    // The mark is on its way.
    expect(requests).toBe(0)
    list.set('tea', 7)
    expect(counts()).toEqual([2, 0])
    told = [tea(9, 7, 1)]
    await passes(4_000)
    expect(counts()).toEqual([1, 0])
    expect(requests).toBeLessThanOrEqual(2)
    list.set('tea', 9)
    expect(counts()).toEqual([0, 0])
    await passes(60_000)
    expect(requests).toBeLessThanOrEqual(2)
  })

  it('is not all that speaks to one: a thread has a mark of its own', async () => {
    await open(tea(9, 9, 0, 1), 'tea')
    expect(counts()).toEqual([0, 1])
    message(10)
    list.set('tea', 10)
    // It stays, and nobody is asked.
    expect(counts()).toEqual([0, 1])
    await passes(60_000)
    expect(requests).toBe(0)
    // With the room a mention of it is read, or one in a thread: that the server says.
    activity(11, true)
    expect(counts()).toEqual([1, 2])
    list.set('tea', 11)
    expect(counts()).toEqual([0, 1])
    told = [tea(11, 11, 0, 2)]
    await passes(2_000)
    expect(counts()).toEqual([0, 2])
  })

  it('is counted anew where something else says so', async () => {
    await open(tea(9, 9, 0, 1))
    told = [tea(9, 9, 0)]
    list.recount()
    await passes(SOON)
    expect(counts()).toEqual([0, 0])
  })
})

describe('what comes while the list is on its way', () => {
  it.each([
    ['before it was made', tea(4, 4, 0), [2, 1]],
    ['in the middle', tea(5, 4, 1, 1), [2, 1]],
    ['after', tea(6, 4, 2, 1), [2, 1]],
  ])('is counted once, whether it was %s', async (_, answer, wanted) => {
    await open(tea(4, 4, 0))
    let reply!: (response: Response) => void
    vi.stubGlobal('fetch', () => new Promise<Response>((resolve) => (reply = resolve)))
    const loaded = list.load()
    activity(5, true)
    activity(6)
    reply(Response.json({ rooms: [answer] }))
    await loaded
    expect(counts()).toEqual(wanted)
  })

  it('is no reason to set back what was read meanwhile', async () => {
    await open(tea(9, 4, 5))
    let reply!: (response: Response) => void
    vi.stubGlobal('fetch', () => new Promise<Response>((resolve) => (reply = resolve)))
    const loaded = list.load()
    read(9)
    reply(Response.json({ rooms: [tea(9, 4, 5)] }))
    await loaded
    expect([list.read('tea'), ...counts()]).toEqual([9, 0, 0])
  })
})

describe('the room that everybody is in', () => {
  it('shows what the server says to somebody who never looked, and goes on from it', async () => {
    await open(global(19, 19, 1))
    expect(counts()).toEqual([19, 1])
    expect(list.read('global')).toBeUndefined()
    hears({ type: 'activity', room: 'global', seq: 20, mention: false })
    expect(counts()).toEqual([20, 1])
    // Opened, it is read to its end.
    list.set('global', 20)
    expect(counts()[0]).toBe(0)
  })

  it('is new to whoever opens it first', async () => {
    await open(global(10_000, 100, 0), 'global')
    expect(counts()).toEqual([0, 0])
    // The server still has to hear how far they read.
    expect(list.told('global')).toBe(0)
  })
})

it('has the people of a group anew where one of them goes', async () => {
  const eve = { userId: 'eve', userName: 'Eve' }
  await open(tea(4, 4, 0, 0, { kind: 'group', name: '', people: [eve] }), 'tea')
  expect(list.label('tea')).toBe('Eve')
  hears({ type: 'room', room: 'tea', seq: 5, event: 'member_removed', by: '', byName: '', user: { userId: 'eve', userName: 'Deleted account' }, at: 5 })
  told = [tea(5, 4, 0, 0, { newest: 4, kind: 'group', name: '', people: [] })]
  await passes(SOON)
  expect(list.label('tea')).not.toContain('Eve')
  expect(requests).toBe(1)
})

describe('a snooze', () => {
  it('is over when its time is', async () => {
    await open(tea(5, 4, 1, 0, { snoozedUntil: Date.now() + 6_000 }))
    expect([loud(), list.total()]).toEqual([[], 0])
    await passes(5_999)
    expect(list.total()).toBe(0)
    await passes(1)
    expect([loud(), list.total()]).toEqual([['tea'], 1])
  })

  it('may last longer than a timer of a browser does', async () => {
    const days = 24 * 3600_000
    await open(tea(5, 4, 1, 0, { snoozedUntil: Date.now() + 60 * days }))
    await passes(59 * days)
    expect(list.total()).toBe(0)
    await passes(days)
    expect(list.total()).toBe(1)
  })
})
