import { createMemo, createSignal } from 'solid-js'
import { call, type Result } from '~/http'
import type { Connection } from '~/realtime/connection'
import type { RoomSettings, RoomSummary } from '~/realtime/wire.gen'
import type { ReadMarks } from '~/room/reads'
import type { KeptRooms } from './kept-rooms'
import { labelOf } from './naming'
import { parseRooms } from './parse-room'

// The rooms one is in, with how far one has read in each: what the list of
// rooms shows, and the count in the tab's title.

export interface ListedRoom extends Omit<RoomSummary, 'read'> {
  /** Undefined until the server has told. */
  read: number | undefined
  /** The mark that the server has. */
  told: number
}

/** What a person has set for a room for themselves. */
export type RoomChange = Partial<RoomSettings>

export interface RoomList extends ReadMarks {
  rooms(): readonly ListedRoom[]
  find(slug: string): ListedRoom | undefined
  /** What people call a room: "#tea", or whom it is with. */
  label(slug: string): string
  /** Messages of others that are unread; of more than 100 it is 100. */
  unread(room: ListedRoom): number
  /** Over all rooms that may call for attention. */
  total(): number
  /** False until the first answer, good or bad, where there is no list from before. */
  known(): boolean
  /** The list couldn't be had, and what is shown is from before. */
  failed(): boolean
  /** Asks the server anew. */
  load(): Promise<void>
  /** Changes what one has set for a room: shown at once, and as before where the server refuses. */
  settle(slug: string, to: RoomChange): Promise<Result<true>>
  /** Called with each answer of the server, with the slugs that came and, but for the first, those that went. */
  onLoad(listener: (came: readonly string[], went: readonly string[]) => void): () => void
  dispose(): void
}

export interface RoomListOptions {
  userId: string
  connection: Connection
  /** How many messages after `read` a room's window shows, if it reaches back that far. */
  count(slug: string, read: number): number | undefined
  /** Whether this page shows the room: then it knows best how far one has read. */
  shows(slug: string): boolean
  /** The list as it was last. */
  kept?: KeptRooms
}

/** As many unread messages are told apart. */
export const UNREAD_LIMIT = 100
/** Of rooms that come to be in a bunch the list is loaded once. */
const LOAD_AFTER_MS = 300

/** What is there before the server has told, and where it can't be asked. */
const home: ListedRoom = {
  slug: 'global', name: 'global', kind: 'public', topic: '', head: 0, newest: 0, read: undefined, told: 0, unread: 0, mentions: 0, role: 'member',
  notify: '', snoozedUntil: 0, favourite: false, section: '', archivedAt: 0, lastAt: 0, people: [],
}

export function makeRoomList({ userId, connection, count, shows, kept }: RoomListOptions): RoomList {
  const last = kept?.load() ?? []
  const [rooms, setRooms] = createSignal<readonly ListedRoom[]>(last.length > 0 ? last.map((r) => merged(undefined, r, false)) : [home])
  const [settled, setSettled] = createSignal(false)
  const [failed, setFailed] = createSignal(false)
  const listeners = new Set<(came: readonly string[], went: readonly string[]) => void>()
  /** Those that were listed, and aren't any more. */
  const gone = new Set<string>()
  /** What is being set: a list that was asked for before doesn't have it. */
  const setting = new Set<{ slug: string; to: RoomChange }>()
  const bySlug = createMemo(() => new Map(rooms().map((r) => [r.slug, r])))
  let disposed = false
  let loading: Promise<void> | undefined
  let again = false
  let timer: ReturnType<typeof setTimeout> | undefined

  const find = (slug: string) => bySlug().get(slug)

  function change(slug: string, to: (room: ListedRoom) => ListedRoom) {
    setRooms((all) => all.map((r) => (r.slug === slug ? to(r) : r)))
  }

  // What changes while the list is on its way may not be in it.
  function load(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    if (loading) again = true
    loading ??= request().finally(() => {
      loading = undefined
      if (!again || disposed) return
      again = false
      void load()
    })
    return loading
  }
  function loadSoon() {
    timer ??= setTimeout(() => void load(), LOAD_AFTER_MS)
  }

  async function request() {
    const asked = new Map(rooms().map((r) => [r.slug, r]))
    const result = await call('/api/rooms', {}, parseRooms)
    if (disposed) return
    setFailed(!result.ok)
    if (result.ok) {
      kept?.keep(result.value)
      const before = new Map(rooms().map((r) => [r.slug, r]))
      const now = result.value.map((r) => {
        const known = before.get(r.slug)
        const told = merged(known, met(asked.get(r.slug), known, r), shows(r.slug))
        const next = [...setting].reduce((room, s) => (s.slug === r.slug ? { ...room, ...s.to } : room), told)
        // What is as it was needs no drawing.
        return known && JSON.stringify(known) === JSON.stringify(next) ? known : next
      })
      setRooms(now)
      const slugs = new Set(now.map((r) => r.slug))
      const came = now.map((r) => r.slug).filter((slug) => !before.has(slug))
      const went = [...before.keys()].filter((slug) => !slugs.has(slug))
      for (const slug of went) gone.add(slug)
      for (const slug of came) gone.delete(slug)
      // Before the first answer there is what was kept, which may never have been.
      for (const l of listeners) l(came, settled() ? went : [])
    }
    setSettled(true)
  }

  const unsubscribe = connection.subscribe({
    onState(state) {
      // What happened while the connection was away was told to nobody.
      if (state.status === 'open') void load()
    },
    onFrame(frame) {
      if (frame.type === 'rooms') void load()
      else if (frame.type === 'activity') {
        const { room, seq, mention } = frame
        if (!find(room)) return loadSoon()
        change(room, (r) => {
          const fresh = Math.max(0, seq - r.newest)
          const called = mention && seq > (r.read ?? 0) ? 1 : 0
          return { ...r, newest: Math.max(r.newest, seq), lastAt: fresh > 0 ? Date.now() : r.lastAt, unread: capped(r.unread + fresh), mentions: capped(r.mentions + called) }
        })
      } else if (frame.type === 'message' && frame.message.seq !== undefined && frame.message.thread === undefined) {
        const { seq, userId: by, timestamp } = frame.message
        // One that was closed comes back with what is said in it, and whoever posts in a room is in it.
        if (gone.delete(frame.room) || (by === userId && !find(frame.room))) loadSoon()
        change(frame.room, (r) => {
          if (seq <= r.newest) return r
          const now = { ...r, newest: seq, lastAt: Math.max(r.lastAt, timestamp) }
          if (by !== userId) return { ...now, unread: capped(r.unread + 1) }
          // What one says oneself is read, and all before it was, if it was all.
          return r.read !== undefined && r.read >= r.newest ? withRead(now, Math.max(seq, r.read)) : now
        })
      } else if (frame.type === 'room') {
        const { room, name, topic, kind, event, at } = frame
        change(room, (r) => ({
          ...r,
          ...(event === 'renamed' && name !== undefined && { name }),
          ...(event === 'topic_changed' && { topic: topic ?? '' }),
          ...(event === 'kind_changed' && kind && { kind }),
          ...(event === 'archived' && { archivedAt: at }),
          ...(event === 'unarchived' && { archivedAt: 0 }),
        }))
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
    return count(room.slug, room.read) ?? room.unread
  }

  return {
    rooms,
    find,
    label(slug) {
      const room = find(slug)
      return room ? labelOf(room) : `#${slug}`
    },
    unread,
    total: createMemo(() => rooms().reduce((n, r) => n + (quiet(r, Date.now()) ? r.mentions : unread(r)), 0)),
    known: () => settled() || last.length > 0,
    failed,
    load,
    async settle(slug, to) {
      const before = find(slug)
      const entry = { slug, to }
      setting.add(entry)
      change(slug, (r) => ({ ...r, ...to }))
      const result = await call(`/api/rooms/${encodeURIComponent(slug)}/settings`, { method: 'PUT', body: to }, () => true as const)
      if (result.ok && loading) void loading.then(() => setting.delete(entry))
      else setting.delete(entry)
      if (!result.ok && before) {
        const { notify, snoozedUntil, favourite, section } = before
        change(slug, (r) => ({ ...r, notify, snoozedUntil, favourite, section }))
      }
      return result
    },
    onLoad(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    read: (slug) => find(slug)?.read,
    told: (slug) => find(slug)?.told ?? 0,
    settled,
    set: (slug, seq) => change(slug, (r) => withRead(r, seq)),
    setBack: (slug, seq) => {
      change(slug, (r) => withRead({ ...r, told: seq }, seq))
      // How many messages that are only the server can count.
      loadSoon()
    },
    dispose() {
      disposed = true
      clearTimeout(timer)
      unsubscribe()
    },
  }
}

/** Whether a room is to be left out of what calls for attention, but for mentions. */
export function quiet(room: Pick<ListedRoom, 'notify' | 'snoozedUntil' | 'archivedAt'>, now: number): boolean {
  return room.notify === 'nothing' || room.snoozedUntil > now || room.archivedAt > 0
}

function capped(n: number): number {
  return Math.min(n, UNREAD_LIMIT)
}

// Between the mark and the newest message there are at most as many messages as events.
function withRead(room: ListedRoom, read: number): ListedRoom {
  const most = Math.max(0, room.newest - read)
  const back = read < (room.read ?? 0)
  const unread = capped(back ? most : Math.min(room.unread, most))
  return { ...room, read, unread, mentions: read < room.newest ? Math.min(room.mentions, unread) : 0 }
}

// What came while the answer was on its way isn't counted in it.
function met(asked: ListedRoom | undefined, known: ListedRoom | undefined, room: RoomSummary): RoomSummary {
  if (!asked || !known) return room
  const fresh = known.newest - Math.max(room.newest, asked.newest)
  if (fresh <= 0) return room
  const called = room.newest > asked.newest ? Math.max(room.mentions, known.mentions) : room.mentions + Math.max(0, known.mentions - asked.mentions)
  return { ...room, unread: capped(room.unread + fresh), mentions: capped(called) }
}

// A public room that one never read in is new to one: nothing of it is unread.
function merged(known: ListedRoom | undefined, room: RoomSummary, shown: boolean): ListedRoom {
  const { read: told, ...rest } = room
  const newest = Math.max(room.newest, known?.newest ?? 0)
  const now: ListedRoom = { ...known, ...rest, newest, told, read: told, lastAt: Math.max(room.lastAt, known?.lastAt ?? 0) }
  if (known?.read === undefined) return told > 0 || room.kind !== 'public' ? now : withRead(now, newest)
  // Set back elsewhere, or ahead of what the server knows.
  const read = told < known.told && !shown ? told : Math.max(told, known.read)
  return read > told ? withRead(now, read) : now
}
