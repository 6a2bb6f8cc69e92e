import { createEffect, createMemo, createSignal, onCleanup } from 'solid-js'
import { call, type Result } from '~/http'
import type { Connection } from '~/realtime/connection'
import type { SkippedFrame } from '~/realtime/frames'
import type { RoomSettings, RoomSummary, ServerFrame } from '~/realtime/wire.gen'
import type { ReadMarks } from '~/room/reads'
import { EVERYBODYS, heard, merged, posted, readTo, type Counted } from './counts'
import type { KeptRooms } from './kept-rooms'
import { labelOf } from './naming'
import { parseRooms } from './parse-room'
import { makeRecount } from './recount'

// The rooms one is in, with how far one has read in each: what the list of
// rooms shows, and the count in the tab's title.

export interface ListedRoom extends Omit<RoomSummary, 'read'> {
  /** Undefined until the server has told, and in the room that everybody is in until they look at it. */
  read: number | undefined
  /** The mark that the server has. */
  told: number
  /** Mentions that aren't read with the room, as far as is known: they are in threads. */
  apart: number
  /** The seq of the last mention that was counted on this page; 0: none was. */
  mentioned: number
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
  /** Whether this time (Unix ms) is still to come. */
  snoozed(until: number): boolean
  /** Whether a room is to be left out of what calls for attention just now, but for mentions. */
  quiet(room: ListedRoom): boolean
  /** Over all rooms that may call for attention. */
  total(): number
  /** False until the first answer, good or bad, where there is no list from before. */
  known(): boolean
  /** The list couldn't be had, and what is shown is from before. */
  failed(): boolean
  /** Asks the server anew. */
  load(): Promise<void>
  /** Asks it soon, and not often: what is unread may have changed in a way that nothing tells. */
  recount(): void
  /** Changes what one has set for a room: shown at once, and as before where the server refuses. */
  settle(slug: string, to: RoomChange): Promise<Result<true>>
  /** Called with each answer of the server, with the slugs that came and, but for the first, those that went. */
  onLoad(listener: (came: readonly string[], went: readonly string[]) => void): () => void
  dispose(): void
}

export interface RoomListOptions {
  userId: string
  connection: Connection
  /** See CountShown. */
  count(slug: string, after: number, through?: number): number | undefined
  /** Whether this page shows the room: then it knows best how far one has read. */
  shows(slug: string): boolean
  /** The list as it was last. */
  kept?: KeptRooms
}

/** By then the server has heard of what was read here: a mark is told at most once a second. */
const TOLD_MS = 1_500
/** Frames that come in while the list is on its way, and may not be in it. */
const MISSED_FRAMES = 500
/** A timer of a browser doesn't go further: 2³¹ ms. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/** What is there before the server has told, and where it can't be asked. */
const home: ListedRoom = {
  slug: EVERYBODYS, name: EVERYBODYS, kind: 'public', topic: '', head: 0, newest: 0, read: undefined, told: 0, unread: 0, mentions: 0, role: 'member',
  notify: '', snoozedUntil: 0, favourite: false, section: '', archivedAt: 0, lastAt: 0, people: [],
  apart: 0, mentioned: 0,
}

export function makeRoomList({ userId, connection, count: countShown, shows, kept }: RoomListOptions): RoomList {
  const last = kept?.load() ?? []
  const [rooms, setRooms] = createSignal<readonly ListedRoom[]>(last.length > 0 ? last.map((r) => merged(undefined, r, false, () => undefined)) : [home])
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
  let missed: (ServerFrame | SkippedFrame)[] = []
  const recount = makeRecount({
    load: () => void load(),
    read(slug) {
      const room = find(slug)
      return room !== undefined && room.unread === 0 && room.mentions <= room.apart
    },
  })
  // Snoozes end without a word of anybody.
  const [ended, setEnded] = createSignal(undefined, { equals: false })
  createEffect(() => {
    ended()
    const now = Date.now()
    const next = Math.min(...rooms().map((r) => (r.snoozedUntil > now ? r.snoozedUntil : Infinity)))
    if (next === Infinity) return
    const timer = setTimeout(() => setEnded(undefined), Math.min(next - now, LONGEST_TIMER_MS))
    onCleanup(() => clearTimeout(timer))
  })

  const find = (slug: string) => bySlug().get(slug)

  function change(slug: string, to: (room: ListedRoom) => ListedRoom) {
    setRooms((all) => all.map((r) => (r.slug === slug ? to(r) : r)))
  }

  // toldMs: when the server knows of it, which is what this page did.
  function count(slug: string, act: (room: ListedRoom) => Counted, toldMs?: number) {
    change(slug, (r) => {
      const { room, sure } = act(r)
      // A mention that was read with its room may still stand, in a thread.
      if (!sure) recount.ask(room.unread > 0 ? slug : undefined, toldMs)
      return room
    })
  }
  const shownIn = (slug: string) => (after: number, through?: number) => countShown(slug, after, through)

  // What changes while the list is on its way may not be in it.
  function load(): Promise<void> {
    if (loading) again = true
    loading ??= request().finally(() => {
      loading = undefined
      if (!again || disposed) return
      again = false
      void load()
    })
    return loading
  }

  async function request() {
    const asked = Date.now()
    missed = []
    const result = await call('/api/rooms', {}, parseRooms)
    if (disposed) return
    setFailed(!result.ok)
    if (result.ok) {
      kept?.keep(result.value)
      const before = new Map(rooms().map((r) => [r.slug, r]))
      const now = result.value.map((r) => {
        const known = before.get(r.slug)
        const told = merged(known, r, shows(r.slug), shownIn(r.slug))
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
      recount.told(asked)
      if (missed.length === MISSED_FRAMES) recount.ask()
      for (const frame of missed) take(frame)
      // Before the first answer there is what was kept, which may never have been.
      for (const l of listeners) l(came, settled() ? went : [])
    }
    setSettled(true)
  }

  function take(frame: ServerFrame | SkippedFrame) {
    switch (frame.type) {
      case 'activity': {
        const { room, seq, mention } = frame
        if (!find(room)) return recount.ask()
        return count(room, (r) => heard(r, seq, mention, Date.now()))
      }
      case 'message': {
        const { seq, userId: by, timestamp, content } = frame.message
        if (seq === undefined) return
        // One that was closed comes back with what is said in it, and whoever posts in a room is in it.
        if (gone.delete(frame.room) || (by === userId && !find(frame.room))) recount.ask()
        count(frame.room, (r) => posted(r, seq, by === userId, timestamp))
        // Whether it speaks to one is the server's to say.
        if (by !== userId && (content.includes(`](user:${userId})`) || content.includes('](room:'))) recount.ask(frame.room)
        return
      }
      case 'update':
      case 'skipped': {
        const { room, seq } = frame
        return change(room, (r) => (seq > r.head ? { ...r, head: seq } : r))
      }
      case 'room': {
        const { room, seq, name, topic, kind, event, at } = frame
        const changed = find(room)
        // Their people name them.
        if (event.startsWith('member_') && (changed?.kind === 'direct' || changed?.kind === 'group')) recount.ask()
        return change(room, (r) => ({
          ...r,
          head: Math.max(r.head, seq),
          ...(event === 'renamed' && name !== undefined && { name }),
          ...(event === 'topic_changed' && { topic: topic ?? '' }),
          ...(event === 'kind_changed' && kind && { kind }),
          ...(event === 'archived' && { archivedAt: at }),
          ...(event === 'unarchived' && { archivedAt: 0 }),
        }))
      }
      case 'read': {
        const { room, seq } = frame
        if (frame.userId !== userId) return
        // Below what the server had it was set back; else it is news of another page, or of this one.
        return count(room, (r) => readTo({ ...r, told: seq }, seq < r.told ? seq : Math.max(seq, r.read ?? 0), shownIn(room)))
      }
      case 'notice': {
        const { kind, room, seq, thread } = frame.notice
        const r = find(room)
        if (!r || (kind !== 'mention' && kind !== 'reply' && kind !== 'call') || r.mentioned === seq) return
        // What is in a thread isn't read with the room.
        if (thread !== undefined) recount.ask()
        else if (seq > (r.read ?? 0)) recount.ask(room)
      }
    }
  }

  const unsubscribe = connection.subscribe({
    onState(state) {
      // What happened while the connection was away was told to nobody.
      if (state.status === 'open') void load()
    },
    onFrame(frame) {
      if (loading && missed.length < MISSED_FRAMES) missed.push(frame)
      if (frame.type === 'rooms') void load()
      else take(frame)
    },
  })
  void load()

  function snoozed(until: number): boolean {
    ended()
    return until > Date.now()
  }
  const quiet = (room: ListedRoom) => room.notify === 'nothing' || snoozed(room.snoozedUntil) || room.archivedAt > 0

  return {
    rooms,
    find,
    label(slug) {
      const room = find(slug)
      return room ? labelOf(room) : `#${slug}`
    },
    unread: (room) => room.unread,
    snoozed,
    quiet,
    total: createMemo(() => rooms().reduce((n, r) => n + (quiet(r) ? r.mentions : r.unread), 0)),
    known: () => settled() || last.length > 0,
    failed,
    load,
    recount: () => recount.ask(undefined, 0),
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
    set: (slug, seq) => count(slug, (r) => readTo(r, seq, shownIn(slug)), TOLD_MS),
    setBack: (slug, seq) => {
      count(slug, (r) => readTo({ ...r, told: seq }, seq, shownIn(slug)))
      // How many messages that are only the server can count.
      recount.ask(slug, 0)
    },
    dispose() {
      disposed = true
      recount.dispose()
      unsubscribe()
    },
  }
}
