import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { backoff, makeConnection, PING, type ConnectionState, type SocketLike, type Surroundings } from './connection'
import type { SkippedFrame } from './frames'
import type { ServerFrame } from './wire.gen'

class FakeSocket implements SocketLike {
  readyState = 1
  onopen: SocketLike['onopen'] = null
  onmessage: SocketLike['onmessage'] = null
  onclose: SocketLike['onclose'] = null
  sent: string[] = []
  closedWith: number | undefined

  send(text: string) {
    this.sent.push(text)
  }
  close(code?: number) {
    this.closedWith = code
  }
  says(frame: unknown) {
    this.onmessage?.(new MessageEvent('message', { data: JSON.stringify(frame) }))
  }
  hello() {
    this.says({ type: 'hello', protocol: 1, you: { userId: 'u', userName: 'Ada' }, heartbeatMs: 25_000 })
  }
  closes(code: number) {
    this.onclose?.(new CloseEvent('close', { code }))
  }
  get pings() {
    return this.sent.filter((s) => s === PING).length
  }
}

type Answer = 'yes' | 'no' | 'unknown'

function setUp(signedIn: Answer | Promise<Answer> = 'unknown') {
  const sockets: FakeSocket[] = []
  const states: ConnectionState[] = []
  const frames: (ServerFrame | SkippedFrame)[] = []
  let surroundings: Parameters<Surroundings['subscribe']>[0] | undefined
  const connection = makeConnection({
    userId: 'u',
    openSocket() {
      const s = new FakeSocket()
      sockets.push(s)
      return s
    },
    signedIn: async () => signedIn,
    surroundings: {
      subscribe(listener) {
        surroundings = listener
        return () => (surroundings = undefined)
      },
    },
    random: () => 1,
  })
  connection.subscribe({ onState: (s) => states.push(s), onFrame: (f) => frames.push(f) })
  return {
    connection, sockets, states, frames,
    happens: (what: 'online' | 'offline' | 'visible') => surroundings?.(what),
    listening: () => surroundings !== undefined,
    get socket() {
      const last = sockets.at(-1)
      if (!last) throw new Error('no socket was opened')
      return last
    },
    status: () => connection.state().status,
  }
}

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

describe('the handshake', () => {
  it('is open with hello, and passes frames on', () => {
    const t = setUp()
    expect(t.status()).toBe('connecting')
    t.socket.hello()
    expect(t.status()).toBe('open')
    t.socket.says({ type: 'ok', ref: 'r' })
    t.socket.says({ type: 'pong' })
    expect(t.frames.map((f) => f.type)).toEqual(['hello', 'ok'])
  })

  it('is given up after 10 s of silence, and tried again', async () => {
    const t = setUp()
    await vi.advanceTimersByTimeAsync(10_000)
    expect(t.status()).toBe('waiting')
    await vi.advanceTimersByTimeAsync(1_000)
    expect(t.sockets).toHaveLength(2)
  })

  it('ends where the server speaks a newer protocol', () => {
    const t = setUp()
    t.socket.says({ type: 'hello', protocol: 2, you: { userId: 'u', userName: 'A' }, heartbeatMs: 1000 })
    expect(t.connection.state()).toEqual({ status: 'ended', reason: 'outdated' })
  })

  it('ends where the server takes the browser for somebody else by now, and sends them nothing', async () => {
    const t = setUp()
    t.socket.hello()
    t.socket.closes(1006)
    await vi.advanceTimersByTimeAsync(1_000)
    t.socket.says({ type: 'hello', protocol: 1, you: { userId: 'other', userName: 'Bob' }, heartbeatMs: 1000 })
    expect(t.connection.state()).toEqual({ status: 'ended', reason: 'replaced' })
    expect(t.states.filter((s) => s.status === 'open')).toHaveLength(1)
    expect(t.connection.send({ type: 'join', room: 'global' })).toBe(false)
  })

  it('that is refused for want of a session ends in signedOut', async () => {
    const t = setUp('no')
    t.socket.closes(1006)
    await vi.advanceTimersByTimeAsync(0)
    expect(t.connection.state()).toEqual({ status: 'ended', reason: 'signedOut' })
    await vi.advanceTimersByTimeAsync(120_000)
    expect(t.sockets).toHaveLength(1)
  })
})

describe('the heartbeat', () => {
  it('pings with the exact text every heartbeatMs', () => {
    const t = setUp()
    t.socket.hello()
    vi.advanceTimersByTime(24_999)
    expect(t.socket.sent).toEqual([])
    vi.advanceTimersByTime(1)
    expect(t.socket.sent).toEqual(['{"type":"ping"}'])
    t.socket.says({ type: 'pong' })
    vi.advanceTimersByTime(25_000)
    expect(t.socket.pings).toBe(2)
  })

  it('gives up a socket that does not answer in 10 s', () => {
    const t = setUp()
    t.socket.hello()
    vi.advanceTimersByTime(34_999)
    expect(t.status()).toBe('open')
    vi.advanceTimersByTime(1)
    expect(t.status()).toBe('waiting')
    expect(t.socket.closedWith).toBe(4000)
  })

  it('takes any frame for a sign of life', () => {
    const t = setUp()
    t.socket.hello()
    vi.advanceTimersByTime(25_000)
    t.socket.says({ type: 'ok', ref: 'x' })
    vi.advanceTimersByTime(24_000)
    expect(t.status()).toBe('open')
  })
})

describe('reconnecting', () => {
  it('jitters over all of a doubling interval between 0.5 and 30 s', () => {
    expect(backoff(0, () => 0)).toBe(500)
    expect(backoff(0, () => 1)).toBe(1_000)
    expect(backoff(3, () => 1)).toBe(8_000)
    expect(backoff(4, () => 0.5)).toBe(8_250)
    expect(backoff(1_000_000, () => 1)).toBe(30_000)
    expect(backoff(1_000_000, () => 0)).toBe(500)
  })

  it('has no last attempt', async () => {
    const t = setUp()
    for (let i = 0; i < 100; i++) {
      t.socket.closes(1006)
      await vi.advanceTimersByTimeAsync(30_000)
    }
    expect(t.sockets.length).toBeGreaterThan(100)
  })

  it.each([1000, 1001, 1006, 1008, 1009, 1011, 4008, 4009])('follows close code %i', async (code) => {
    const t = setUp()
    t.socket.hello()
    t.socket.closes(code)
    expect(t.status()).toBe('waiting')
    await vi.advanceTimersByTimeAsync(1_000)
    t.socket.hello()
    expect(t.status()).toBe('open')
  })

  it.each([[4401, 'signedOut'], [4403, 'banned']] as const)('does not follow close code %i', async (code, reason) => {
    const t = setUp('no')
    t.socket.hello()
    t.socket.closes(code)
    await vi.advanceTimersByTimeAsync(0)
    expect(t.connection.state()).toEqual({ status: 'ended', reason })
    await vi.advanceTimersByTimeAsync(120_000)
    t.happens('online')
    expect(t.sockets).toHaveLength(1)
    expect(t.listening()).toBe(false)
  })

  it('goes on after its session ended where another one took its place', async () => {
    const t = setUp('yes')
    t.socket.hello()
    t.socket.closes(4401)
    await vi.advanceTimersByTimeAsync(1_000)
    expect(t.sockets).toHaveLength(2)
    t.socket.hello()
    expect(t.status()).toBe('open')
  })

  it('waits until it is known whether another session took the place of the one that ended', async () => {
    let answer: ((signedIn: 'yes' | 'no') => void) | undefined
    const t = setUp(new Promise((resolve) => (answer = resolve)))
    t.socket.hello()
    t.socket.closes(4401)
    await vi.advanceTimersByTimeAsync(9_000)
    expect(t.sockets).toHaveLength(1)
    answer?.('yes')
    await vi.advanceTimersByTimeAsync(0)
    expect(t.sockets).toHaveLength(2)
    t.socket.hello()
    expect(t.status()).toBe('open')
  })

  it('starts over after a connection that lasted, and not after one that did not', async () => {
    const t = setUp()
    const wait = () => {
      const s = t.connection.state()
      return s.status === 'waiting' ? s.retryAt - Date.now() : undefined
    }
    for (const expected of [1_000, 2_000, 4_000]) {
      t.socket.hello()
      t.socket.closes(1011)
      expect(wait()).toBe(expected)
      await vi.advanceTimersByTimeAsync(expected)
    }
    t.socket.hello()
    await vi.advanceTimersByTimeAsync(10_000)
    t.socket.closes(1001)
    expect(wait()).toBe(1_000)
  })

  it.each(['online', 'visible'] as const)('tries at once when the page is %s', (what) => {
    const t = setUp()
    t.socket.closes(1006)
    t.happens(what)
    expect(t.sockets).toHaveLength(2)
    t.happens(what)
    expect(t.sockets).toHaveLength(2)
  })

  it('starts over when a network has come, also during an attempt that then fails', async () => {
    const t = setUp()
    for (const wait of [1_000, 2_000, 4_000]) {
      t.socket.closes(1006)
      await vi.advanceTimersByTimeAsync(wait)
    }
    t.happens('online')
    t.socket.closes(1006)
    const state = t.connection.state()
    expect(state.status === 'waiting' && state.retryAt - Date.now()).toBe(1_000)
  })

  it('gives up its socket when the browser goes offline', () => {
    const t = setUp()
    t.socket.hello()
    t.happens('offline')
    expect(t.status()).toBe('waiting')
  })

  it('probes an open socket after sleep, with a short deadline', () => {
    const t = setUp()
    t.socket.hello()
    t.happens('visible')
    expect(t.socket.pings).toBe(1)
    vi.advanceTimersByTime(4_000)
    expect(t.status()).toBe('waiting')
  })

  it('does not listen to a socket that it gave up', async () => {
    const t = setUp()
    const old = t.socket
    old.hello()
    t.happens('offline')
    t.happens('online')
    t.socket.hello()
    old.says({ type: 'ok', ref: 'late' })
    old.closes(4401)
    expect(t.status()).toBe('open')
    expect(t.frames.map((f) => f.type)).toEqual(['hello', 'hello'])
  })
})

describe('sending', () => {
  it('sends nothing over a socket whose close is under way', () => {
    const t = setUp()
    t.socket.hello()
    t.socket.readyState = 2
    expect(t.connection.send({ type: 'leave', room: 'global' })).toBe(false)
    expect(t.socket.sent).toEqual([])
  })

  it('says whether there was a connection', () => {
    const t = setUp()
    expect(t.connection.send({ type: 'join', room: 'r' })).toBe(false)
    t.socket.hello()
    expect(t.connection.send({ type: 'join', room: 'r' })).toBe(true)
    expect(t.socket.sent).toEqual(['{"type":"join","room":"r"}'])
    t.connection.stop()
    expect(t.connection.send({ type: 'join', room: 'r' })).toBe(false)
    expect(t.socket.closedWith).toBe(1000)
    vi.advanceTimersByTime(120_000)
    expect(t.sockets).toHaveLength(1)
  })
})
