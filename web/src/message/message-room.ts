import { createContext, createSignal, onCleanup, useContext } from 'solid-js'
import type { Posted } from '~/realtime/reduce'
import type { Me } from '~/room/rows'
import type { RoomSession } from '~/room/session'

// What the rows of a list of messages share: the room that they are of, and what
// is being done to them. It outlives the rows, which come and go as one scrolls.

/** A message that is being edited. */
export interface Editing {
  id: string
  /** What it said when the editing began, or when the reader last looked. */
  base: string
  text: string
}

export interface MessageRoom {
  readonly session: RoomSession
  me(): Me
  /** Where the rows are: the room's own timeline shows where threads begin. */
  readonly place: 'timeline' | 'thread' | 'pins'
  editing(): Editing | null
  setEditing(editing: Editing | null): void
  /** Long messages that the reader unfolded. */
  unfolded(id: string): boolean
  unfold(id: string, unfolded: boolean): void
  /** Messages that are struck, and will be deleted if that isn't undone. */
  leaving(id: string): boolean
  setLeaving(id: string, leaving: boolean): void
  /** A message that is at hand. */
  find(id: string): Posted | undefined
  jump(id: string): void
  reply(message: Posted): void
  openThread(root: string): void
}

export type MessageRoomOptions = Pick<MessageRoom, 'session' | 'me' | 'place' | 'find' | 'jump' | 'reply' | 'openThread'>

export function makeMessageRoom(options: MessageRoomOptions): MessageRoom {
  // A reload, as for another language, goes on with it; whoever leaves the room gives it up.
  const key = `snug:edit:${options.session.slug}:${options.place}`
  const [editing, setEditing] = createSignal(keptEdit(key))
  onCleanup(() => keepEdit(key, null))
  const [unfolded, setUnfolded] = createSignal<ReadonlySet<string>>(new Set())
  const [leaving, setLeaving] = createSignal<ReadonlySet<string>>(new Set())
  return {
    ...options,
    editing,
    setEditing(next) {
      setEditing(next)
      keepEdit(key, next)
    },
    unfolded: (id) => unfolded().has(id),
    unfold: (id, on) => setUnfolded((set) => changed(set, id, on)),
    leaving: (id) => leaving().has(id),
    setLeaving: (id, on) => setLeaving((set) => changed(set, id, on)),
  }
}

/** Edits the newest message of one's own among these, if there is one. */
export function editLast(room: MessageRoom, messages: readonly Posted[]): void {
  const last = messages.findLast((m) => m.userId === room.me().id && m.type === 'text' && m.deletedAt === undefined && !room.leaving(m.id))
  if (last) room.setEditing({ id: last.id, base: last.content, text: last.content })
}

function keepEdit(key: string, editing: Editing | null) {
  try {
    if (editing) sessionStorage.setItem(key, JSON.stringify(editing))
    else sessionStorage.removeItem(key)
  } catch {
    // Storage is blocked or full: it lasts as long as the page.
  }
}

// What this page wrote itself is read back in good faith.
function keptEdit(key: string): Editing | null {
  try {
    return JSON.parse(sessionStorage.getItem(key) ?? 'null') as Editing | null
  } catch {
    return null
  }
}

function changed(set: ReadonlySet<string>, id: string, on: boolean): ReadonlySet<string> {
  const next = new Set(set)
  if (on) next.add(id)
  else next.delete(id)
  return next
}

const Context = createContext<MessageRoom>()

export const MessageRoomProvider = Context.Provider

export function useMessageRoom(): MessageRoom {
  const room = useContext(Context)
  if (!room) throw new Error('useMessageRoom is for what stands inside of MessageRoomProvider')
  return room
}
