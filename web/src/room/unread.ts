import { createEffect, createMemo, createSignal, on, onCleanup, untrack } from 'solid-js'
import { behind, newestSeq, type Posted, type RoomState } from '~/realtime/reduce'
import type { RoomSession } from './session'

/** So many messages that come at once are on any screen together. */
const AT_ONCE = 10

/** Whether the window of this page has the focus and can be seen. */
export function createFocused(): () => boolean {
  const [focused, setFocused] = createSignal(hasFocus())
  const update = () => setFocused(hasFocus())
  addEventListener('focus', update)
  addEventListener('blur', update)
  document.addEventListener('visibilitychange', update)
  onCleanup(() => {
    removeEventListener('focus', update)
    removeEventListener('blur', update)
    document.removeEventListener('visibilitychange', update)
  })
  return focused
}

function hasFocus(): boolean {
  return document.visibilityState === 'visible' && document.hasFocus()
}

/** How many messages of others came since the reader was last at the end. */
export function createNewCount(session: Pick<RoomSession, 'room'>, me: string, following: () => boolean): () => number {
  const [seen, setSeen] = createSignal(newestSeq(untrack(session.room)))
  // How far the room has come by then is known with the first join: what is fetched of it is nothing new.
  let joined = false
  createEffect(() => {
    const room = session.room()
    if (following() || !room.loaded || !joined) setSeen(newestSeq(room))
    joined ||= room.joined
  })
  return createMemo(() => {
    const { messages, tail } = session.room()
    return ofOthers(messages, seen(), me) + ofOthers(tail, seen(), me)
  })
}

function ofOthers(list: RoomState['messages'], after: number, me: string): number {
  let n = 0
  for (let i = list.length - 1; i >= 0; i--) {
    const m = list[i]
    if (!m || m.seq <= after) break
    if (m.userId !== me && !m.event) n++
  }
  return n
}

export interface UnreadLine {
  /** The message that the line stands above; null: none, or none that the window holds. */
  seq(): number | null
  /** The line belongs above what the window holds. */
  above(): boolean
  /** Where what was unread begins. */
  from(): number
  /** Nothing may be marked as read before it is known where the line belongs. */
  known(): boolean
  /** All is read: there is no line any more. */
  clear(): void
}

/**
 * Where unread begins. The line comes up where the read mark was when the room was
 * opened, or when its reader looked away, and stays while they read.
 */
export function createUnreadLine(session: RoomSession, me: string, focused: () => boolean, following: () => boolean): UnreadLine {
  const [after, setAfter] = createSignal<number | null>(null)
  const [shown, setShown] = createSignal(false)
  const isNew = (seq: number) => (m: Posted) => m.seq > seq && m.userId !== me && !m.event
  const someAfter = (seq: number) => {
    const { messages, tail } = session.room()
    return messages.some(isNew(seq)) || tail.some(isNew(seq))
  }

  function begin(seq: number) {
    setAfter(seq)
    setShown(false)
  }

  createEffect(() => {
    const room = session.room()
    if (!session.readSettled() || !room.loaded || untrack(after) !== null) return
    // Where nothing is known of it, nothing is unread.
    begin(untrack(session.read) ?? newestSeq(room))
  })
  // Set back: marked as unread, here or elsewhere.
  createEffect(
    on(session.read, (read) => {
      const a = untrack(after)
      if (read === undefined || a === null || read >= a) return
      setAfter(read)
      setShown(true)
    }),
  )
  createEffect(() => {
    const a = after()
    const room = session.room()
    if (a === null || shown() || !room.loaded || behind(room) || !someAfter(a)) return
    // What comes while one reads at the end is read as it comes, unless it is more than one sees:
    // so much comes at once after a time without a network.
    if (untrack(focused) && untrack(following) && a >= opened && room.start <= a + 1 && ofOthers(room.messages, a, me) <= AT_ONCE) setAfter(newestSeq(room))
    else setShown(true)
  })
  // What was there on opening is new whoever looks.
  let opened = Infinity
  createEffect(() => {
    const room = session.room()
    if (room.loaded && room.joined && !behind(room) && after() !== null && opened === Infinity) opened = newestSeq(room)
  })
  createEffect(
    on(focused, (now) => {
      const read = untrack(session.read)
      if (now || read === undefined || untrack(() => someAfter(read))) return
      begin(read)
    }, { defer: true }),
  )

  return {
    seq: createMemo(() => {
      const a = after()
      if (a === null || !shown() || session.room().start > a + 1) return null
      return session.room().messages.find(isNew(a))?.seq ?? null
    }),
    above: () => shown() && session.room().hasOlder && session.room().start > (after() ?? 0) + 1,
    from: () => (after() ?? 0) + 1,
    known: () => after() !== null,
    clear() {
      if (after() !== null) begin(newestSeq(session.room()))
    },
  }
}
