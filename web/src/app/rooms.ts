import { createMemo, createSignal } from 'solid-js'
import { call } from '~/http'
import type { Connection } from '~/realtime/connection'
import type { RoomSummary } from '~/realtime/wire.gen'
import type { ReadMarks } from '~/room/reads'

// The rooms one can be in, with how far one has read in each: what the list of
// rooms shows, and the count in the tab's title.

export interface ListedRoom {
  slug: string
  name: string
  /** The newest message that is known of. */
  newest: number
  /** Undefined until the server has told. */
  read: number | undefined
  /** The mark that the server has. */
  told: number
  /** One was mentioned in what is unread. */
  mentioned: boolean
}

/** What is looked at of a room that the server lists. */
export type ToldRoom = Pick<RoomSummary, 'slug' | 'name' | 'head' | 'newest' | 'read'>

export interface RoomList extends ReadMarks {
  rooms(): readonly ListedRoom[]
  unread(room: ListedRoom): number
  /** Over all rooms. */
  total(): number
  dispose(): void
}

export interface RoomListOptions {
  userId: string
  connection: Connection
  /** How many messages after `read` a room's window shows, if it reaches back that far. */
  count(slug: string, read: number): number | undefined
  /** Whether this page shows the room: then it knows best how far one has read. */
  shows(slug: string): boolean
}

/** What is there before the server has told, and where it can't be asked. */
const home: ListedRoom = { slug: 'global', name: 'global', newest: 0, read: undefined, told: 0, mentioned: false }

export function makeRoomList({ userId, connection, count, shows }: RoomListOptions): RoomList {
  const [rooms, setRooms] = createSignal<readonly ListedRoom[]>([home])
  const [settled, setSettled] = createSignal(false)
  let disposed = false
  let loading = false

  const find = (slug: string) => rooms().find((r) => r.slug === slug)

  function change(slug: string, to: (room: ListedRoom) => ListedRoom) {
    setRooms((all) => all.map((r) => (r.slug === slug ? to(r) : r)))
  }

  async function load() {
    if (loading) return
    loading = true
    const result = await call('/api/rooms', {}, parseRooms)
    loading = false
    if (disposed) return
    if (result.ok) setRooms((known) => result.value.map((r) => merged(known.find((k) => k.slug === r.slug), r, shows(r.slug))))
    setSettled(true)
  }

  const unsubscribe = connection.subscribe({
    onState(state) {
      // What happened while the connection was away was told to nobody.
      if (state.status === 'open') void load()
    },
    onFrame(frame) {
      if (frame.type === 'activity') {
        const { room, seq, mention } = frame
        change(room, (r) => ({ ...r, newest: Math.max(r.newest, seq), mentioned: r.mentioned || (mention && seq > (r.read ?? 0)) }))
      } else if (frame.type === 'message' && frame.message.seq !== undefined && frame.message.thread === undefined) {
        const { seq, userId: by } = frame.message
        // What one says oneself is read, and all before it was, if it was all.
        change(frame.room, (r) => ({ ...r, newest: Math.max(r.newest, seq), read: by === userId && r.read !== undefined && r.read >= r.newest ? Math.max(seq, r.read) : r.read }))
      } else if (frame.type === 'read' && frame.userId === userId) {
        const { room, seq } = frame
        // Below what the server had it was set back; else it is news of another page, or of this one.
        change(room, (r) => withRead({ ...r, told: seq }, seq < r.told ? seq : Math.max(seq, r.read ?? 0)))
      }
    },
  })
  void load()

  function unread(room: ListedRoom): number {
    if (room.read === undefined || room.newest <= room.read) return 0
    return count(room.slug, room.read) ?? room.newest - room.read
  }

  return {
    rooms,
    unread,
    total: createMemo(() => rooms().reduce((n, r) => n + unread(r), 0)),
    read: (slug) => find(slug)?.read,
    told: (slug) => find(slug)?.told ?? 0,
    settled,
    set: (slug, seq) => change(slug, (r) => withRead(r, seq)),
    setBack: (slug, seq) => change(slug, (r) => withRead({ ...r, told: seq }, seq)),
    dispose() {
      disposed = true
      unsubscribe()
    },
  }
}

function withRead(room: ListedRoom, read: number): ListedRoom {
  return { ...room, read, mentioned: room.mentioned && read < room.newest }
}

// A room that one never read in is new to one: nothing of it is unread.
function merged(known: ListedRoom | undefined, room: ToldRoom, shown: boolean): ListedRoom {
  const newest = Math.max(room.newest, known?.newest ?? 0)
  const now = { slug: room.slug, name: room.name, newest, told: room.read, mentioned: known?.mentioned ?? false }
  if (known?.read === undefined) return { ...now, read: room.read > 0 ? room.read : newest }
  // Set back elsewhere, or ahead of what the server knows.
  return { ...now, read: room.read < known.told && !shown ? room.read : Math.max(room.read, known.read) }
}

function parseRooms(value: unknown): ToldRoom[] | null {
  if (typeof value !== 'object' || value === null) return null
  const rooms: unknown = Reflect.get(value, 'rooms')
  if (!Array.isArray(rooms)) return null
  const out: ToldRoom[] = []
  for (const room of rooms) {
    if (typeof room !== 'object' || room === null) return null
    const [slug, name, head, newest, read] = ['slug', 'name', 'head', 'newest', 'read'].map((key): unknown => Reflect.get(room, key))
    if (typeof slug !== 'string' || typeof head !== 'number' || typeof newest !== 'number') return null
    out.push({ slug, name: typeof name === 'string' && name !== '' ? name : slug, head, newest, read: typeof read === 'number' ? read : 0 })
  }
  return out
}
