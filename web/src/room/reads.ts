import type { ClientFrame } from '~/realtime/wire.gen'
import type { Result } from '~/http'

// How far one person has read one room. A mark is told to the server at most
// once a second, and only rises, but where someone marks a message as unread:
// then it stays down until they read on by an act of their own.

const TELL_EVERY_MS = 1_000

/** The marks of all rooms, as this page knows them. */
export interface ReadMarks {
  /** Undefined until it is known. */
  read(room: string): number | undefined
  /** What the server knows of it: less than `read` for a room that is new to its reader, which has nothing unread. */
  told(room: string): number
  /** False while the server may still tell. */
  settled(): boolean
  /** What this page has read. */
  set(room: string, seq: number): void
  /** The mark that the server has now, too: something was marked as unread. */
  setBack(room: string, seq: number): void
}

export interface Reads {
  /** Undefined until the server has told. */
  read(): number | undefined
  settled(): boolean
  /** Everything up to here was before somebody's eyes. */
  mark(seq: number): void
  /** This message and all after it are unread again. */
  markUnread(seq: number): Promise<Result<true>>
  /** Ends what markUnread holds down. */
  release(): void
  /** Tells now what would be told soon. */
  flush(): void
  /** The server has taken a mark, of this page or another. */
  heard(seq: number): void
  /** The room can be told, or no longer. */
  setReady(ready: boolean): void
  dispose(): void
}

export interface ReadsOptions {
  room: string
  marks: ReadMarks
  send(frame: ClientFrame): boolean
  /** Sets a mark that goes back. */
  put(seq: number): Promise<Result<true>>
}

export function makeReads({ room, marks, send, put }: ReadsOptions): Reads {
  let ready = false
  let held = false
  let untold: number | null = null
  /** Sent over this connection; the server's answer may still be on its way. */
  let sent = 0
  let toldAt = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  function tell() {
    clearTimeout(timer)
    timer = undefined
    if (untold === null || !ready) return
    const wait = toldAt + TELL_EVERY_MS - Date.now()
    if (wait > 0) {
      timer = setTimeout(tell, wait)
      return
    }
    if (!send({ type: 'read', room, seq: untold })) return
    sent = untold
    untold = null
    toldAt = Date.now()
  }

  function flush() {
    toldAt = 0
    tell()
  }

  return {
    read: () => marks.read(room),
    settled: marks.settled,
    mark(seq) {
      if (held || !marks.settled() || seq <= Math.max(marks.told(room), sent, untold ?? 0)) return
      marks.set(room, Math.max(seq, marks.read(room) ?? 0))
      untold = seq
      tell()
    },
    async markUnread(seq) {
      held = true
      untold = null
      sent = 0
      const before = marks.read(room)
      marks.set(room, seq - 1)
      const result = await put(seq - 1)
      if (result.ok) marks.setBack(room, seq - 1)
      else {
        held = false
        if (before !== undefined) marks.set(room, before)
      }
      return result
    },
    release() {
      held = false
    },
    heard(seq) {
      if (seq >= sent) sent = 0
    },
    setReady(value) {
      // What was on its way may not have arrived.
      if (!value && sent > 0) untold = Math.max(untold ?? 0, sent)
      ready = value
      sent = 0
      if (ready) tell()
    },
    flush,
    dispose() {
      flush()
      clearTimeout(timer)
    },
  }
}
