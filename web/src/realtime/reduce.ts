import type { SkippedFrame } from './frames'
import type { Message, Page, Replies, RoomFrame, ServerFrame, User } from './wire.gen'

// What this client knows of one room, and how frames and pages change it.
// Everything here is pure: state in, state out.
//
// Two things arrive by different ways and meet by seq: a *window* of the
// history, which pages of HTTP grow at either end, and the *live run* of the
// socket, which rises by exactly 1. While the window reaches the live run the
// two are one and live messages are appended to it. While it doesn't (a page
// is loading, events were missed, the reader has jumped far away) the newest
// messages wait in `tail` until a page closes the gap or the reader returns.
//
// Events that change a message find it in the window or the tail. A page shows
// its messages as they were at its head, so the events after that are applied
// to it again from `recent`. Where events were missed altogether the window may
// show what is no longer so: it is *stale*, and has to be fetched again.
//
// Replies in threads take their place in the order like any message, but aren't
// kept: they only count at the root of their thread.
//
// What happens to the room itself takes its place in the order, too, and is shown as a
// line between the messages. Pages hold messages only: the events that the run brought
// are kept beside the window, and put into each part of it that is fetched again.

/** A message, or an event of the room itself, that has its place in the room's order. */
export interface Posted extends Message {
  seq: number
  /** The event as of which it looks like this. */
  asOf: number
  /** What happened to the room; it is no message then. */
  event?: RoomFrame
}

export interface Typist {
  userId: string
  userName: string
  until: number
}

/** An event of the live run that changed the message of an earlier one. */
interface Change {
  at: number
  message: Message
}

export interface RoomState {
  /** The history that the seqs count; '' until known. */
  readonly stream: string
  /** Every durable event up to here is accounted for: where a resume begins. */
  readonly through: number
  /** The last event that the resume under way replays. */
  readonly replayTo: number
  /** False until the first page is there, and again when it has to be replaced. */
  readonly loaded: boolean
  /** The window, by rising seq. */
  readonly messages: readonly Posted[]
  /** The window holds all there is from here on … */
  readonly start: number
  /** … up to here. */
  readonly edge: number
  readonly hasOlder: boolean
  /** Every message of the window is as of this event, or a later one. */
  readonly fresh: number
  /** Where the live run began: what happened before is known from pages only. */
  readonly runFrom: number
  /** Messages of (tailFrom, through], while the window isn't attached. */
  readonly tail: readonly Posted[]
  readonly tailFrom: number
  /** Changes of (recentFrom, through]. */
  readonly recent: readonly Change[]
  readonly recentFrom: number
  /** What happened to the room itself, as far as the run has told, by rising seq. */
  readonly events: readonly Posted[]
  readonly joined: boolean
  readonly role: string
  readonly count: number
  readonly people: readonly User[]
  readonly typing: readonly Typist[]
}

/** A frame of the protocol is good for 5 s; a little more hides the seams. */
const TYPING_MS = 6_000
/** How much of the live run is kept for a window that isn't attached. */
const TAIL_LIMIT = 500
/** Pages are older than the live run by a moment, in which this much happens at most. */
const RECENT_LIMIT = 500
/** Events of the room itself that are kept. */
const EVENTS_LIMIT = 200
/** Messages kept in memory per room; twice as many while a reader who is up is overtaken. */
export const WINDOW_LIMIT = 4_500
/** Trimming one message at a time would move the array on each post. */
const WINDOW_SLACK = 500
/** As many users a thread's root shows. */
const REPLIES_USERS = 5

export const emptyRoom: RoomState = {
  stream: '',
  through: 0,
  replayTo: 0,
  loaded: false,
  messages: [],
  start: 0,
  edge: 0,
  hasOlder: false,
  fresh: 0,
  runFrom: 0,
  tail: [],
  tailFrom: 0,
  recent: [],
  recentFrom: 0,
  events: [],
  joined: false,
  role: '',
  count: 0,
  people: [],
  typing: [],
}

/** Whether the window reaches the live run: what arrives is appended to it. */
export function attached(state: RoomState): boolean {
  return state.loaded && state.edge >= state.through
}

/** Whether events were missed that may have changed messages of the window. */
export function stale(state: RoomState): boolean {
  return state.loaded && state.fresh < state.runFrom
}

/** Whether what was missed without a connection is still coming in. */
export function behind(state: RoomState): boolean {
  return state.through < state.replayTo
}

/** The newest event that is known of, by frame or by page. */
export function newestSeq(state: RoomState): number {
  return Math.max(state.through, state.edge)
}

/** Applies a frame of this room. Frames that don't concern its state change nothing. */
export function reduce(state: RoomState, frame: ServerFrame | SkippedFrame, now: number): RoomState {
  switch (frame.type) {
    case 'joined': {
      const next = {
        ...enter(state, frame.stream),
        joined: true,
        role: frame.role,
        count: frame.count,
        people: byName(frame.users),
        typing: [],
      }
      // What a resume replays follows as frames. Otherwise the run begins at head.
      if (frame.resumed) return { ...next, replayTo: frame.head }
      return frame.head <= next.through ? next : begin(next, frame.head)
    }
    case 'reset': {
      // Whatever is known beyond head is of a history that is gone.
      const known = frame.head < state.through ? { ...state, stream: '' } : state
      return begin({ ...enter(known, frame.stream), joined: true, typing: [] }, frame.head)
    }
    case 'message': {
      const { message } = frame
      const { seq } = message
      if (seq === undefined) return state
      const next = message.thread === undefined
        ? live(state, seq, { ...message, seq, asOf: seq })
        : change(state, live(state, seq, null), { at: seq, message })
      return next === state ? state : without(next, message.userId)
    }
    case 'update':
      return change(state, live(state, frame.seq, null), { at: frame.seq, message: frame.message })
    case 'room': {
      const line = lineOf(frame)
      const next = live(state, frame.seq, line)
      return next === state ? state : lined({ ...next, events: [...next.events, line].slice(-EVENTS_LIMIT) })
    }
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
    case 'rooms':
    case 'reports':
    case 'attention':
    case 'notice':
    case 'read':
    case 'activity':
    case 'people':
    case 'ack':
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

/**
 * A page that says nothing: of another history than the one that the socket is
 * in, or read so long ago that what happened since isn't known. Load it again.
 */
export function foreign(state: RoomState, page: Page): boolean {
  if (state.stream === '' || !state.joined) return false
  return page.stream !== state.stream || page.head < state.recentFrom
}

/** Puts a page in the window's place: the newest one, or one around a place in the history. */
export function replaceWindow(state: RoomState, page: Page): RoomState {
  const { joined, role, count, people } = state
  let base = page.stream === state.stream ? state : { ...emptyRoom, stream: page.stream, joined, role, count, people }
  if (attached(base)) base = detach(base)
  // Without a socket there is no live run: a resume begins at this page.
  if (!joined && !page.hasNewer && page.head > base.through) base = begin({ ...base, fresh: page.head }, page.head)
  return lined(attach({
    ...base,
    loaded: true,
    messages: taken(base, page),
    start: page.messages[0]?.seq ?? page.head + 1,
    edge: edgeOf(page),
    hasOlder: page.hasOlder,
    fresh: freshness(base, page),
  }))
}

/** Goes back to the newest messages, of which enough are known. Null: they aren't. */
export function returnToTail(state: RoomState, enough: number): RoomState | null {
  if (!state.loaded || attached(state) || stale(state)) return null
  if (state.tail.length < enough && state.tailFrom > 0) return null
  return {
    ...state,
    messages: state.tail,
    start: state.tailFrom + 1,
    edge: state.through,
    hasOlder: state.tailFrom > 0,
    fresh: state.through,
    tail: [],
    tailFrom: state.through,
  }
}

/** Grows the window by the page before its start. */
export function prependPage(state: RoomState, page: Page): RoomState {
  const older = taken(state, page).filter((m) => m.seq < state.start)
  return lined(trimNewer({
    ...state,
    messages: [...older, ...state.messages],
    start: Math.min(state.start, page.messages[0]?.seq ?? state.start),
    hasOlder: page.hasOlder,
    fresh: Math.min(state.fresh, freshness(state, page)),
  }))
}

/** Grows the window by the page after its edge. */
export function appendPage(state: RoomState, page: Page): RoomState {
  const newer = taken(state, page).filter((m) => m.seq > state.edge)
  return trimOlder(lined(attach({
    ...state,
    messages: [...state.messages, ...newer],
    edge: Math.max(state.edge, edgeOf(page)),
    fresh: Math.min(state.fresh, freshness(state, page)),
  })))
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
  const messages = state.messages.slice(-WINDOW_LIMIT)
  return { ...state, messages, start: messages[0]?.seq ?? state.start, hasOlder: true }
}

// Drops the newest messages of a window that has grown too long: its reader is
// far up. What was dropped is fetched again on the way back.
function trimNewer(state: RoomState): RoomState {
  if (state.messages.length <= WINDOW_LIMIT + WINDOW_SLACK) return state
  const messages = state.messages.slice(0, WINDOW_LIMIT)
  const edge = messages.at(-1)?.seq ?? 0
  return { ...(attached(state) ? detach(state) : state), messages, edge }
}

// The messages of a page as they are by now, without those of threads.
function taken(state: RoomState, page: Page): readonly Posted[] {
  const messages: Posted[] = []
  for (const m of page.messages) {
    if (m.seq !== undefined && m.thread === undefined) messages.push({ ...m, seq: m.seq, asOf: page.head })
  }
  return state.recent.reduce((list, c) => (c.at > page.head ? changed(list, c) : list), messages as readonly Posted[])
}

function lineOf(event: RoomFrame): Posted {
  const { seq, by: userId, byName: userName, at: timestamp } = event
  return { id: `event-${seq}`, userId, userName, content: '', timestamp, type: 'system', seq, asOf: seq, event }
}

// Puts the known events of the room that lie in the window into it.
function lined(state: RoomState): RoomState {
  const from = state.hasOlder ? state.start : 0
  const missing = state.events.filter((e) => e.seq >= from && e.seq <= state.edge && indexOfSeq(state.messages, e.seq) < 0)
  if (missing.length === 0) return state
  return { ...state, messages: [...state.messages, ...missing].sort((a, b) => a.seq - b.seq) }
}

function edgeOf(page: Page): number {
  return page.hasNewer ? (page.messages.at(-1)?.seq ?? 0) : page.head
}

function freshness(state: RoomState, page: Page): number {
  return page.head >= state.recentFrom ? Math.max(page.head, state.through) : page.head
}

// Enters a history. Another one than before is another room: what was known of
// the old one stays on the screen until the new one's first page replaces it.
function enter(state: RoomState, stream: string): RoomState {
  if (state.stream === stream) return state
  const { messages, joined, role, count, people, typing } = state
  return { ...emptyRoom, stream, messages, joined, role, count, people, typing }
}

// Begins a new live run after `seq`: what lies between is for pages to fetch.
function begin(state: RoomState, seq: number): RoomState {
  return { ...state, through: seq, runFrom: seq, tail: [], tailFrom: seq, recent: [], recentFrom: seq }
}

// Parts an attached window from its live run, of which the newest is kept. The
// caller gives the window another edge.
function detach(state: RoomState): RoomState {
  const known = state.messages.filter((m) => m.seq <= state.through)
  const tail = known.slice(-TAIL_LIMIT / 2)
  const dropped = known[known.length - tail.length - 1]
  return { ...state, tail, tailFrom: dropped?.seq ?? Math.min(state.start - 1, state.through) }
}

// Takes the durable event `seq` of the live run; message is null for an event
// that posts nothing to the window.
function live(state: RoomState, seq: number, message: Posted | null): RoomState {
  if (seq <= state.through) return state
  if (seq > state.through + 1) return live(begin(state, seq - 1), seq, message)
  const next = { ...state, through: seq, fresh: state.fresh === seq - 1 ? seq : state.fresh }
  if (attached(state)) {
    // A page may have brought it before.
    const messages = message && seq > state.edge ? [...state.messages, message] : state.messages
    return { ...next, edge: Math.max(seq, state.edge), messages }
  }
  if (message === null) return next
  const tail = [...state.tail, message]
  if (tail.length <= TAIL_LIMIT) return { ...next, tail }
  // The oldest half goes at once, so that not every message moves the array.
  const dropped = tail.length - TAIL_LIMIT / 2
  return { ...next, tail: tail.slice(dropped), tailFrom: tail[dropped - 1]?.seq ?? state.tailFrom }
}

// Changes an earlier message by an event that `next` has taken into its run.
function change(before: RoomState, next: RoomState, c: Change): RoomState {
  if (next === before) return before
  const full = next.recent.length >= RECENT_LIMIT
  const recent = full ? next.recent.slice(RECENT_LIMIT / 2) : next.recent
  const recentFrom = full ? (next.recent[RECENT_LIMIT / 2 - 1]?.at ?? next.recentFrom) : next.recentFrom
  return { ...next, messages: changed(next.messages, c), tail: changed(next.tail, c), recent: [...recent, c], recentFrom }
}

// The very list, where the change concerns none of its messages.
function changed(list: readonly Posted[], c: Change): readonly Posted[] {
  const { at, message } = c
  const reply = message.thread !== undefined
  const i = reply ? list.findLastIndex((m) => m.id === message.thread) : indexOfSeq(list, message.seq ?? 0)
  const old = list[i]
  if (!old || old.asOf >= at) return list
  // A deleted one has lost its clientId, by which its row is known.
  const { clientId = message.clientId } = old
  if (!reply) return list.with(i, { ...message, ...(clientId === undefined ? {} : { clientId }), seq: old.seq, asOf: at })
  const replies = counted(old, c)
  return replies ? list.with(i, { ...old, replies }) : list
}

// The replies of a root after one more. Null: no other than before. Of one that is
// deleted an update of the root itself tells.
function counted(root: Posted, { at, message }: Change): Replies | null {
  const { count, lastSeq, users } = root.replies ?? { count: 0, lastSeq: 0, users: [] }
  if (message.seq !== at || at <= lastSeq || message.deletedAt !== undefined) return null
  const latest = [message.userId, ...users.filter((u) => u !== message.userId)].slice(0, REPLIES_USERS)
  return { count: count + 1, lastSeq: at, lastAt: message.timestamp, users: latest }
}

/** The place of the message with that seq in a list by rising seq; -1: it has none. */
export function indexOfSeq(list: readonly { seq: number }[], seq: number): number {
  const i = indexFrom(list, seq)
  return list[i]?.seq === seq ? i : -1
}

/** The place of the first message at or after that seq; the list's length: there is none. */
export function indexFrom(list: readonly { seq: number }[], seq: number): number {
  let low = 0
  let high = list.length
  while (low < high) {
    const mid = (low + high) >> 1
    if ((list[mid]?.seq ?? 0) < seq) low = mid + 1
    else high = mid
  }
  return low
}

// Joins the tail to a window that has come up to it.
function attach(state: RoomState): RoomState {
  if (state.edge < state.tailFrom) return state
  const messages = [...state.messages, ...state.tail.filter((m) => m.seq > state.edge)]
  return { ...state, messages, edge: Math.max(state.edge, state.through), tail: [], tailFrom: state.through }
}

function without(state: RoomState, userId: string): RoomState {
  return state.typing.some((t) => t.userId === userId)
    ? { ...state, typing: state.typing.filter((t) => t.userId !== userId) }
    : state
}

function byName(users: readonly User[]): User[] {
  return [...users].sort((a, b) => a.userName.localeCompare(b.userName) || (a.userId < b.userId ? -1 : 1))
}
