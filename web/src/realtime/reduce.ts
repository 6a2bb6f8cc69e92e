import type { SkippedFrame } from './frames'
import type { Message, Page, ServerFrame, User } from './wire.gen'

// What this client knows of one room, and how frames and pages change it.
// Everything here is pure: state in, state out.
//
// Two things arrive by different ways and meet by seq: a *window* of the
// history, which pages of HTTP grow at either end, and the *live run* of the
// socket, which rises by exactly 1. While the window reaches the live run the
// two are one and live messages are appended to it. While it doesn't (a page
// is loading, events were missed, the reader is far up and the new end was
// trimmed) the newest live messages wait in `tail` until a page closes the gap.

/** A message that has its place in the room's order. */
export interface Posted extends Message {
  seq: number
}

export interface Typist {
  userId: string
  userName: string
  until: number
}

export interface RoomState {
  /** The history that the seqs count; '' until known. */
  readonly stream: string
  /** Every durable event up to here is accounted for: where a resume begins. */
  readonly through: number
  /** False until the first page is there, and again when it has to be replaced. */
  readonly loaded: boolean
  /** The window, by rising seq. */
  readonly messages: readonly Posted[]
  /** The window holds all there is from its first message up to here. */
  readonly edge: number
  readonly hasOlder: boolean
  /** Live messages of (tailFrom, through], while the window isn't attached. */
  readonly tail: readonly Posted[]
  readonly tailFrom: number
  readonly joined: boolean
  readonly count: number
  readonly people: readonly User[]
  readonly typing: readonly Typist[]
}

/** A frame of the protocol is good for 5 s; a little more hides the seams. */
const TYPING_MS = 6_000
/** How much of the live run is kept for a window that isn't attached. */
const TAIL_LIMIT = 500
/** Messages kept in memory per room. */
export const WINDOW_LIMIT = 5_000
/** Trimming one message at a time would move the array on each post. */
const WINDOW_SLACK = 500

export const emptyRoom: RoomState = {
  stream: '',
  through: 0,
  loaded: false,
  messages: [],
  edge: 0,
  hasOlder: false,
  tail: [],
  tailFrom: 0,
  joined: false,
  count: 0,
  people: [],
  typing: [],
}

/** Whether the window reaches the live run: what arrives is appended to it. */
export function attached(state: RoomState): boolean {
  return state.loaded && state.edge >= state.through
}

/** Applies a frame of this room. Frames that don't concern its state change nothing. */
export function reduce(state: RoomState, frame: ServerFrame | SkippedFrame, now: number): RoomState {
  switch (frame.type) {
    case 'joined': {
      const next = {
        ...enter(state, frame.stream),
        joined: true,
        count: frame.count,
        people: byName(frame.users),
        typing: [],
      }
      // What a resume replays follows as frames. Otherwise the run begins at head.
      return frame.resumed || frame.head <= next.through ? next : jump(next, frame.head)
    }
    case 'reset': {
      // Whatever is known beyond head is of a history that is gone.
      const known = frame.head < state.through ? { ...state, stream: '' } : state
      return jump({ ...enter(known, frame.stream), joined: true, typing: [] }, frame.head)
    }
    case 'message': {
      const { message } = frame
      if (message.seq === undefined) return state
      const next = live(state, message.seq, { ...message, seq: message.seq })
      return next === state ? state : without(next, message.userId)
    }
    case 'update':
    case 'skipped':
      return live(state, frame.seq, null)
    case 'presence': {
      const gone = new Set([...frame.left, ...frame.joined.map((u) => u.userId)])
      const people = byName([...state.people.filter((u) => !gone.has(u.userId)), ...frame.joined])
      const left = new Set(frame.left)
      return { ...state, count: frame.count, people, typing: state.typing.filter((t) => !left.has(t.userId)) }
    }
    case 'typing': {
      const others = state.typing.filter((t) => t.userId !== frame.userId)
      return { ...state, typing: [...others, { userId: frame.userId, userName: frame.userName, until: now + TYPING_MS }] }
    }
    case 'hello':
    case 'ack':
    case 'read':
    case 'activity':
    case 'rateLimit':
    case 'ok':
    case 'error':
    case 'pong':
      return state
  }
}

/** The socket is gone: who is here isn't known until the next join. */
export function disconnected(state: RoomState): RoomState {
  return { ...state, joined: false, typing: [] }
}

/** Forgets those who stopped typing. */
export function expireTyping(state: RoomState, now: number): RoomState {
  const typing = state.typing.filter((t) => t.until > now)
  return typing.length === state.typing.length ? state : { ...state, typing }
}

/** A page of another history than the one the socket is in says nothing: load it again. */
export function foreign(state: RoomState, page: Page): boolean {
  return state.joined && state.stream !== '' && page.stream !== state.stream
}

/** Puts the newest page in the window's place. */
export function replaceWindow(state: RoomState, page: Page): RoomState {
  const { joined, count, people } = state
  let base = page.stream === state.stream ? state : { ...emptyRoom, stream: page.stream, joined, count, people }
  // The page may be older than the live run that is in the window already.
  if (attached(base)) base = jump(base, base.through)
  return attach({
    ...base,
    loaded: true,
    messages: page.messages.filter(isPosted),
    edge: page.head,
    hasOlder: page.hasOlder,
  })
}

/** Grows the window by the page before its first message. */
export function prependPage(state: RoomState, page: Page): RoomState {
  const first = state.messages[0]
  const older = page.messages.filter(isPosted).filter((m) => first === undefined || m.seq < first.seq)
  const messages = [...older, ...state.messages]
  return { ...trimNewer({ ...state, messages }), hasOlder: page.hasOlder }
}

/** Grows the window by the page after its edge. */
export function appendPage(state: RoomState, page: Page): RoomState {
  const newer = page.messages.filter(isPosted).filter((m) => m.seq > state.edge)
  const last = newer.at(-1)
  const edge = page.hasNewer ? (last?.seq ?? state.edge) : Math.max(state.edge, page.head)
  return trimOlder(attach({ ...state, messages: [...state.messages, ...newer], edge }))
}

/**
 * Bounds a window that live messages made too long, at the end that its reader
 * doesn't look at.
 */
export function trim(state: RoomState, following: boolean): RoomState {
  if (following) return trimOlder(state)
  return state.messages.length > 2 * WINDOW_LIMIT ? trimNewer(state) : state
}

function trimOlder(state: RoomState): RoomState {
  if (state.messages.length <= WINDOW_LIMIT + WINDOW_SLACK) return state
  return { ...state, messages: state.messages.slice(-WINDOW_LIMIT), hasOlder: true }
}

// Drops the newest messages of a window that has grown too long: its reader is
// far up. What was dropped is fetched again on the way back.
function trimNewer(state: RoomState): RoomState {
  if (state.messages.length <= WINDOW_LIMIT + WINDOW_SLACK) return state
  const messages = state.messages.slice(0, WINDOW_LIMIT)
  const edge = messages.at(-1)?.seq ?? 0
  return { ...(attached(state) ? jump(state, state.through) : state), messages, edge }
}

// Enters a history. Another one than before is another room: what was known of
// the old one stays on the screen until the new one's first page replaces it.
function enter(state: RoomState, stream: string): RoomState {
  if (state.stream === stream) return state
  return { ...state, stream, through: 0, loaded: false, edge: 0, hasOlder: false, tail: [], tailFrom: 0 }
}

// Begins a new live run after `seq`: what lies between is for pages to fetch.
function jump(state: RoomState, seq: number): RoomState {
  return { ...state, through: seq, tail: [], tailFrom: seq }
}

// Takes the durable event `seq` of the live run; message is null for an event
// that shows nothing.
function live(state: RoomState, seq: number, message: Posted | null): RoomState {
  if (seq <= state.through) return state
  if (seq > state.through + 1) return live(jump(state, seq - 1), seq, message)
  if (attached(state)) {
    const messages = message ? [...state.messages, message] : state.messages
    return { ...state, through: seq, edge: seq, messages }
  }
  const next = { ...state, through: seq }
  if (message === null) return next
  const tail = [...state.tail, message]
  if (tail.length <= TAIL_LIMIT) return { ...next, tail }
  // The oldest half goes at once, so that not every message moves the array.
  const dropped = tail.length - TAIL_LIMIT / 2
  return { ...next, tail: tail.slice(dropped), tailFrom: tail[dropped - 1]?.seq ?? state.tailFrom }
}

// Joins the tail to a window that has come up to it.
function attach(state: RoomState): RoomState {
  if (state.edge < state.tailFrom) return state
  const messages = [...state.messages, ...state.tail.filter((m) => m.seq > state.edge)]
  const through = Math.max(state.through, state.edge)
  return { ...state, messages, through, edge: through, tail: [], tailFrom: through }
}

function without(state: RoomState, userId: string): RoomState {
  return state.typing.some((t) => t.userId === userId)
    ? { ...state, typing: state.typing.filter((t) => t.userId !== userId) }
    : state
}

function byName(users: readonly User[]): User[] {
  return [...users].sort((a, b) => a.userName.localeCompare(b.userName) || (a.userId < b.userId ? -1 : 1))
}

function isPosted(m: Message): m is Posted {
  return m.seq !== undefined
}
