import { parseServerFrame, type SkippedFrame } from './frames'
import { protocolVersion, subprotocol, type ClientFrame, type HelloFrame, type ServerFrame } from './wire.gen'

// The connection is one socket to the server, kept up for as long as someone
// is signed in. It knows nothing of rooms, of Solid or of the page around it.

/** The server answers this very text from its socket layer, without waking a room. */
export const PING = '{"type":"ping"}'

const BACKOFF_FLOOR_MS = 500
const BACKOFF_CEILING_MS = 30_000
/** From opening the socket to hello. */
const HANDSHAKE_MS = 10_000
/** From a ping to the pong; a probe after sleep or a network change waits less. */
const PONG_MS = 10_000
const PROBE_MS = 4_000
/** After a session that is over, whether another took its place is waited for so long. */
const ANSWER_MS = 10_000
/** A connection that lasted this long was a good one: the backoff starts over. */
const STABLE_MS = 10_000

/** WebSocket.OPEN, which isn't there where tests run. */
const SOCKET_OPEN = 1

const CLOSE_SIGNED_OUT = 4401
const CLOSE_BANNED = 4403
/** Sent by us when the server went silent. */
const CLOSE_SILENT = 4000

/** `replaced`: somebody else is signed in in this browser by now, in another tab. */
export type EndReason = 'signedOut' | 'replaced' | 'banned' | 'outdated' | 'stopped'

export type ConnectionState =
  | { status: 'connecting'; attempt: number }
  | { status: 'open'; hello: HelloFrame }
  | { status: 'waiting'; attempt: number; retryAt: number }
  | { status: 'ended'; reason: EndReason }

/** The part of WebSocket that is used, so that tests can stand in for it. */
export interface SocketLike {
  /** 1 while it takes what is sent; a close is under way before `onclose` tells. */
  readonly readyState: number
  onopen: ((event: Event) => void) | null
  onmessage: ((event: MessageEvent) => void) | null
  onclose: ((event: CloseEvent) => void) | null
  send(text: string): void
  close(code?: number, reason?: string): void
}

/** What the browser knows about the network and about being looked at. */
export interface Surroundings {
  subscribe(listener: (what: 'online' | 'offline' | 'visible') => void): () => void
}

export interface ConnectionOptions {
  /** Whose connection it is: the server goes by the browser's cookie, which may become another's. */
  userId: string
  openSocket(): SocketLike
  /**
   * Asked after the session of a socket ended, and after a handshake that failed,
   * since a browser doesn't tell a socket that was refused for want of a session
   * from one that can't be reached.
   */
  signedIn(): Promise<'yes' | 'no' | 'unknown'>
  surroundings: Surroundings
  random?: () => number
}

export interface Connection {
  state(): ConnectionState
  /** Tells every change of state, and every frame but pong. */
  subscribe(listener: ConnectionListener): () => void
  /** False if there is no open connection: nothing was sent. */
  send(frame: ClientFrame): boolean
  /** Tries again now, in place of waiting. */
  retry(): void
  /** Closes for good. */
  stop(): void
}

export interface ConnectionListener {
  onState?(state: ConnectionState): void
  onFrame?(frame: ServerFrame | SkippedFrame): void
}

type Timer = ReturnType<typeof setTimeout> | undefined

/** The wait before an attempt: anywhere between the floor and a doubling cap. */
export function backoff(attempt: number, random: () => number): number {
  const cap = Math.min(BACKOFF_CEILING_MS, 2 * BACKOFF_FLOOR_MS * 2 ** Math.min(attempt, 10))
  return BACKOFF_FLOOR_MS + random() * (cap - BACKOFF_FLOOR_MS)
}

/** Makes a connection and opens it. There is no last attempt. */
export function makeConnection(options: ConnectionOptions): Connection {
  const random = options.random ?? Math.random
  const listeners = new Set<ConnectionListener>()

  let state: ConnectionState = { status: 'connecting', attempt: 0 }
  let socket: SocketLike | null = null
  let attempt = 0
  let retryTimer: Timer
  let handshakeTimer: Timer
  let pingTimer: Timer
  let pongTimer: Timer
  let stableTimer: Timer

  function become(next: ConnectionState) {
    state = next
    for (const l of listeners) l.onState?.(next)
  }

  function clearTimers() {
    for (const t of [retryTimer, handshakeTimer, pingTimer, pongTimer, stableTimer]) clearTimeout(t)
    retryTimer = handshakeTimer = pingTimer = pongTimer = stableTimer = undefined
  }

  function open() {
    clearTimers()
    become({ status: 'connecting', attempt })
    const s = options.openSocket()
    socket = s
    // A socket that was given up may still speak: nothing it says counts.
    s.onmessage = (event) => {
      if (socket === s) receive(event.data)
    }
    s.onclose = (event) => {
      if (socket === s) closed(event.code)
    }
    handshakeTimer = setTimeout(() => drop(CLOSE_SILENT), HANDSHAKE_MS)
  }

  function receive(data: unknown) {
    if (typeof data !== 'string') return
    if (pongTimer !== undefined) {
      // Whatever arrives shows that the other side lives.
      clearTimeout(pongTimer)
      pongTimer = undefined
    }
    const frame = parseServerFrame(data)
    if (frame === null || frame.type === 'pong') return
    if (frame.type === 'hello') {
      greet(frame)
      if (state.status !== 'open') return
    }
    for (const l of listeners) l.onFrame?.(frame)
  }

  function greet(hello: HelloFrame) {
    if (hello.protocol !== protocolVersion) return end('outdated')
    if (hello.you.userId !== options.userId) return end('replaced')
    clearTimeout(handshakeTimer)
    stableTimer = setTimeout(() => (attempt = 0), STABLE_MS)
    scheduleHeartbeat(hello.heartbeatMs)
    become({ status: 'open', hello })
  }

  function scheduleHeartbeat(everyMs: number) {
    pingTimer = setTimeout(() => {
      ping(PONG_MS)
      scheduleHeartbeat(everyMs)
    }, everyMs)
  }

  function ping(deadlineMs: number) {
    clearTimeout(pongTimer)
    pongTimer = setTimeout(() => drop(CLOSE_SILENT), deadlineMs)
    if (socket?.readyState === SOCKET_OPEN) socket.send(PING)
  }

  // Gives the socket up without waiting for its close event, which a dead
  // network may hold back for minutes.
  function drop(code: number) {
    const s = socket
    const opened = state.status === 'open'
    socket = null
    s?.close(code)
    lost(opened)
  }

  function closed(code: number) {
    const opened = state.status === 'open'
    socket = null
    if (code === CLOSE_BANNED) return end('banned')
    lost(opened, code === CLOSE_SIGNED_OUT)
  }

  function lost(opened: boolean, over = false) {
    clearTimers()
    const wait = backoff(attempt, random)
    const retryAt = Date.now() + wait
    const waiting: ConnectionState = { status: 'waiting', attempt, retryAt }
    attempt++
    // A session that is over may have been renewed: by a new password, say. Before that
    // is known a socket would only be refused.
    retryTimer = setTimeout(open, over ? ANSWER_MS : wait)
    become(waiting)
    if (!opened || over) void checkSession(waiting, retryAt)
  }

  async function checkSession(waiting: ConnectionState, retryAt: number) {
    const answer = await options.signedIn()
    if (answer === 'no') {
      if (state.status === 'waiting' || state.status === 'connecting') end('signedOut')
      return
    }
    if (state !== waiting) return
    clearTimeout(retryTimer)
    retryTimer = setTimeout(open, Math.max(0, retryAt - Date.now()))
  }

  function end(reason: EndReason) {
    if (state.status === 'ended') return
    clearTimers()
    const s = socket
    socket = null
    s?.close(1000)
    unsubscribe()
    become({ status: 'ended', reason })
  }

  function retry() {
    if (state.status === 'waiting') open()
  }

  const unsubscribe = options.surroundings.subscribe((what) => {
    // What failed so far says nothing of a network that has just come.
    if (what === 'online') attempt = 0
    if (what === 'offline') {
      if (state.status === 'open' || state.status === 'connecting') drop(CLOSE_SILENT)
    } else if (state.status === 'open') {
      // After sleep the socket may be dead without knowing it.
      ping(PROBE_MS)
    } else {
      retry()
    }
  })

  open()

  return {
    state: () => state,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    send(frame) {
      if (state.status !== 'open' || socket?.readyState !== SOCKET_OPEN) return false
      socket.send(JSON.stringify(frame))
      return true
    },
    retry,
    stop: () => end('stopped'),
  }
}

/** The real socket, the page's own origin. */
export function openBrowserSocket(): SocketLike {
  const url = new URL('/api/socket', location.href)
  url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:'
  return new WebSocket(url, subprotocol)
}

/** The real surroundings. */
export const browserSurroundings: Surroundings = {
  subscribe(listener) {
    const online = () => listener('online')
    const offline = () => listener('offline')
    const visible = () => {
      if (document.visibilityState === 'visible') listener('visible')
    }
    addEventListener('online', online)
    addEventListener('offline', offline)
    document.addEventListener('visibilitychange', visible)
    return () => {
      removeEventListener('online', online)
      removeEventListener('offline', offline)
      document.removeEventListener('visibilitychange', visible)
    }
  },
}
