import type { RoomFrame } from '~/realtime/wire.gen'
import { indexFrom, type Posted } from '~/realtime/reduce'
import { personName } from '~/ui/person'
import type { PendingPost } from './outbox'
import { sameDay } from './times'

// What the timeline shows: the messages of the window, then what waits to be
// sent. How a row looks depends on the one before it. Deleted messages that follow
// each other on one day are one row, which may stand for any number of them.

/** Messages of one person within this time share one face and name. */
const GROUP_MS = 5 * 60_000

/** The tallest that a picture is drawn, px. */
const PICTURE_PX = 320
const PICTURE_WIDTH_PX = 420

export interface Row {
  key: string
  userId: string
  userName: string
  userImage: string | undefined
  content: string
  timestamp: number
  /** Absent while it isn't posted. */
  seq?: number
  /** The message itself; absent while it isn't posted. */
  message?: Posted
  /** All deleted messages that the row stands for, if they are more than one; `message` is the newest of them. */
  folded?: readonly Posted[]
  pending?: PendingPost
  /** What happened to the room; the row is no message then. */
  event?: RoomFrame
  /** Its day, where it is the first of it. */
  day?: number
  /** Shows face and name. */
  first: boolean
  /** The last of those that wait: one word is enough for all of them. */
  lastWaiting: boolean
}

/** Who reads: their own messages carry the face they have now. */
export interface Me {
  id: string
  name: string
  image?: string | undefined
}

/** An own message keeps its key from the outbox on, so that its row keeps its element. */
export function messageKey(m: Pick<Posted, 'id' | 'userId' | 'clientId'>): string {
  return m.clientId === undefined ? m.id : `${m.userId}/${m.clientId}`
}

export class Rows {
  /** The place among the messages of the last one of each row. */
  private readonly ends: readonly number[]
  private readonly skipped: number

  /**
   * With `hasOlder` the oldest message isn't shown: what comes before it, and
   * so its height, isn't known, and a row that changes its height as older ones
   * come in moves what is being read.
   */
  constructor(
    private readonly messages: readonly Posted[],
    hasOlder: boolean,
    private readonly pending: readonly PendingPost[],
    private readonly me: Me,
    fold = false,
  ) {
    this.skipped = hasOlder && messages.length > 1 ? 1 : 0
    const ends: number[] = []
    for (let i = this.skipped; i < messages.length; i++) {
      if (fold && i > this.skipped && foldable(messages[i - 1], messages[i])) ends.pop()
      ends.push(i)
    }
    this.ends = ends
  }

  get length(): number {
    return this.ends.length + this.pending.length
  }

  /** The place of the row of a message, or of the first one after it; -1: there is none. */
  indexOfSeq(seq: number): number {
    const at = indexFrom(this.messages, seq)
    let from = 0
    let to = this.ends.length - 1
    while (from < to) {
      const middle = (from + to) >> 1
      if ((this.ends[middle] ?? 0) < at) from = middle + 1
      else to = middle
    }
    return to
  }

  /** That of its newest message: older ones that come to a fold don't change it. */
  key(index: number): string {
    const m = this.messages[this.ends[index] ?? -1]
    if (m) return messageKey(m)
    const p = this.pending[index - this.ends.length]
    return p ? messageKey({ id: '', userId: p.userId, clientId: p.clientId }) : ''
  }

  at(index: number): Row | undefined {
    const own = this.plain(index)
    if (!own) return undefined
    const before = this.plain(index - 1)
    const newDay = !before || !sameDay(before.timestamp, own.timestamp)
    // Who has a new name begins a group by it.
    const renamed = before !== undefined && before.userName !== own.userName
    // What is deleted shows nobody, and so who comes after it has to be shown.
    const first =
      !gone(own.message) &&
      (newDay || before.event !== undefined || before.userId !== own.userId || renamed || gone(before.message) || own.timestamp - before.timestamp > GROUP_MS)
    const lastWaiting = own.pending?.status === 'waiting' && this.plain(index + 1)?.pending?.status !== 'waiting'
    return newDay ? { ...own, first, lastWaiting, day: own.timestamp } : { ...own, first, lastWaiting }
  }

  /** A guess at a row's height in px; a good one spares the list a correction. */
  estimate(index: number): number {
    const row = this.at(index)
    if (!row) return 26
    if (row.event) return 26 + (row.day === undefined ? 0 : 44)
    const lines = row.content.split('\n').reduce((n, line) => n + Math.max(1, Math.ceil(line.length / 90)), 0)
    if (gone(row.message)) return 26 + (row.day === undefined ? 0 : 44) + extras(row)
    return 4 + (row.content === '' ? 0 : lines * 22) + (row.first ? 30 : 0) + (row.day === undefined ? 0 : 44) + extras(row)
  }

  private plain(index: number): Omit<Row, 'first' | 'lastWaiting'> | undefined {
    // What isn't shown of the oldest message still says how the first row looks.
    const end = index < 0 ? this.skipped - 1 : (this.ends[index] ?? -1)
    const m = this.messages[end]
    if (m) {
      const begin = index <= 0 ? Math.min(end, this.skipped) : (this.ends[index - 1] ?? 0) + 1
      const folded = end > begin && { folded: this.messages.slice(begin, end + 1) }
      const { userId, content, timestamp, seq, event } = m
      const { name: userName, image: userImage } = userId === this.me.id ? this.me : { name: personName(m.userName), image: m.userImage }
      return { key: messageKey(m), userId, userName, userImage, content, timestamp, seq, ...(event ? { event } : { message: m, ...folded }) }
    }
    const p = this.pending[index - this.ends.length]
    if (!p) return undefined
    const { name: userName, image: userImage } = this.me
    return { key: this.key(index), userId: p.userId, userName, userImage, content: p.content, timestamp: p.createdAt, pending: p }
  }
}

function gone(m: Posted | undefined): boolean {
  return m?.deletedAt !== undefined
}

// One that has a thread stays a way to it.
function foldable(a: Posted | undefined, b: Posted | undefined): boolean {
  return gone(a) && gone(b) && !a?.replies && !b?.replies && sameDay(a?.timestamp ?? 0, b?.timestamp ?? 0)
}

/** Whether a row stands for the message with this seq. */
export function covers({ seq, folded }: Row, of: number | null | undefined): boolean {
  return seq !== undefined && of !== null && of !== undefined && of <= seq && of >= (folded?.[0]?.seq ?? seq)
}

// What a row has below its text, px.
function extras({ message, pending }: Row): number {
  let px = 0
  for (const { width, height } of message?.attachments ?? pending?.attachments ?? []) {
    px += 8 + (width > 0 && height > 0 ? Math.min(PICTURE_PX, height, (height * PICTURE_WIDTH_PX) / width) : 56)
  }
  if (message?.replyTo !== undefined || pending?.replyTo !== undefined) px += 22
  if (message?.reactions) px += 32
  if (message?.replies) px += 28
  px += (message?.previews?.length ?? 0) * 96
  return px
}
