import type { Failure, Result } from '~/http'
import type { RoomState } from '~/realtime/reduce'
import type { Message, RoomFrame, RoomKind } from '~/realtime/wire.gen'
import type { Act, Acted } from './acts'
import type { PendingPost, PostMore } from './outbox'

// What views see of a room; session.ts makes it.

export type LoadStatus = { status: 'idle' } | { status: 'loading' } | { status: 'failed'; failure: Failure }

/** Why a room can't be shown at all. */
export type RoomGone =
  | { reason: 'notFound' | 'refused'; message: string }
  /** It was there, and now it isn't for this person: somebody took them out of it, or it was deleted. */
  | { reason: 'removed'; message: string; by: string }

/** What a room tells those who keep more of it than the window: a thread, the pins. */
export type RoomEvent =
  /** Posted, in a thread or not; a resume brings it again with its state as of now. */
  | { kind: 'posted'; seq: number; message: Message }
  /** Changed by the event `seq`. */
  | { kind: 'changed'; seq: number; message: Message }
  /** Events were missed: what is kept has to be fetched again. */
  | { kind: 'missed' }

/** A place in the history; a time is Unix ms, and means the first message at or after it. */
export type Target = { seq: number; offset?: number } | { id: string } | { time: number } | 'beginning'

/** Where a target was found: at `seq`, or in a thread, whose root is at `seq`. */
export type Found = { ok: true; seq: number; thread?: string } | { ok: false; words: string }

/** Where in the room its reader is: `offset` px below the top of a message. Null: at the end. */
export type Place = { seq: number; offset: number } | null

export interface RoomSession {
  readonly slug: string
  /** What people call it: "#tea", or whom it is with. */
  label(): string
  /** Undefined while it isn't known. */
  kind(): RoomKind | undefined
  /** What the person is in the room, '' while it isn't known; a room says it only when it is joined. */
  role(): string
  room(): RoomState
  /** Posts to the room that it doesn't show yet. */
  pending(): readonly PendingPost[]
  /** The same of one of its threads. */
  pendingIn(thread: string): readonly PendingPost[]
  /** Until when posting is slowed by the server (Unix ms), or 0. */
  slowedUntil(): number
  /** The page that is shown first: fails where nothing is shown yet. */
  newest(): LoadStatus
  older(): LoadStatus
  gone(): RoomGone | null
  /** The list of rooms has it no longer, or has it again: asks the server whether it is there. */
  check(): void
  /** Somebody looks: loads what is to be seen first, there or at the end. Until then only what waits is posted. */
  enter(at?: Target): void
  /** Where the reader is; kept for when they come back. */
  place(): Place
  setPlace(place: Place): void
  loadOlder(): void
  loadNewer(): void
  /** Shows the newest messages, whatever the window holds. Resolves when they are there. */
  showNewest(): Promise<void>
  /** Makes the window hold a place of the history. */
  show(target: Target): Promise<Found>
  /** The own read mark; undefined until the server has told. */
  read(): number | undefined
  /** Whether the server has said what there is to say of the read mark. */
  readSettled(): boolean
  /** Everything up to here was before somebody's eyes. */
  markRead(seq: number): void
  /** Everything is read, whatever was before somebody's eyes. */
  markAllRead(): void
  /** This message and all after it are unread again. */
  markUnread(seq: number): Promise<Result<true>>
  /** False: too many posts are waiting. */
  post(content: string, more?: PostMore): boolean
  retryPost(clientId: string): void
  discardPost(clientId: string): void
  /** Does something to a message that is there; shown at once, and undone where the server refuses. */
  act(act: Act): Promise<Acted>
  /** Tells every message and every change of one. */
  listen(listener: (event: RoomEvent) => void): () => void
  /**
   * Tells what happens to the room itself, and that a post was refused: what one may
   * do here isn't what was thought.
   */
  watch(listener: (event: RoomFrame | 'refused') => void): () => void
  /** Says that something is being written; as often as one likes. */
  typing(): void
  /** Keeps what is shown for the next visit, and tells what was read, now. */
  keep(): void
  dispose(): void
}
