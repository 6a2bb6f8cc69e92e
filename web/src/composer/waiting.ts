import { batch, createSignal } from 'solid-js'
import { member } from '~/http'
import type { Attachment } from '~/realtime/wire.gen'
import { randomId } from '~/room/outbox'
import type { PostMore } from '~/room/outbox-store'
import type { DraftFile, Quoted } from './drafts'
import type { Mention } from './mentions'
import { makeWriting } from './writing'

// Posts that wait for their files. A composer has handed them over, and is free for the
// next one; each goes to the outbox as soon as its files are at the server, whatever else
// is posted meanwhile. They are kept in this browser, each by itself, so that they outlive
// a reload. Every tab may bring them on their way: the id that a post has from the
// beginning makes one message of it.

/** What files hang on: a draft, or a post that waits for them. */
export interface Holder {
  files(): readonly DraftFile[]
  setFiles(files: readonly DraftFile[]): void
  /** Of a post: goes if all its files are there. */
  settle?(): Promise<void>
}

/** What was written. */
interface Written {
  text: string
  mentions: readonly Mention[]
  replyTo?: Quoted | undefined
  files: readonly DraftFile[]
}

interface Stored extends Written {
  id: string
  room: string
  thread: string
  /** Unix ms, and the order in which they are shown. */
  createdAt: number
}

export interface WaitingPost extends Readonly<Omit<Stored, 'files'>>, Holder {
  /** Its files are there, but the outbox had no place for it. */
  refused(): boolean
  settle(): Promise<void>
}

export interface Waiting {
  /** All of this person, the oldest first. */
  posts(): readonly WaitingPost[]
  /** Undefined: too many wait. */
  add(room: string, thread: string, written: Written): WaitingPost | undefined
  /** It was posted, taken back or given up. */
  remove(post: WaitingPost): void
  /** Reads again what another tab wrote under this key of localStorage; a post that is new here. */
  refresh(key: string): WaitingPost | undefined
}

export interface WaitingOptions {
  userId: string
  post(room: string, content: string, more: PostMore): boolean
  now: () => number
}

/** With what only this file does to it. */
interface Own extends WaitingPost {
  /** Its files as they are by now; kept elsewhere already. */
  take(files: readonly DraftFile[]): void
}

/** As many of one person wait in a browser. */
export const WAITING_LIMIT = 20

export function makeWaiting({ userId, post, now }: WaitingOptions): Waiting {
  const prefix = `snug:waiting:${userId}:`
  // Where the browser refuses to store they last as long as the page.
  const unkept = new Set<string>()
  const [posts, setPosts] = createSignal<readonly Own[]>(stored().map(make))

  function stored(): Stored[] {
    try {
      const found = Object.keys(localStorage).filter((key) => key.startsWith(prefix)).map(read)
      return found.filter((p) => p !== undefined).sort((a, b) => a.createdAt - b.createdAt)
    } catch {
      return []
    }
  }

  function keep({ id, room, thread, text, mentions, replyTo, createdAt, files }: WaitingPost) {
    const value: Stored = { id, room, thread, text, mentions, replyTo, createdAt, files: files().map(asKept) }
    try {
      localStorage.setItem(prefix + id, JSON.stringify(value))
      unkept.delete(id)
    } catch {
      unkept.add(id)
    }
  }

  // Takes over what another tab did; false: it is gone.
  function follow(one: Own): boolean {
    if (!posts().includes(one)) return false
    if (unkept.has(one.id)) return true
    const there = read(prefix + one.id)
    if (!there) {
      drop(one)
      return false
    }
    // Which files it has never changes, and what the server has, it has.
    one.take(one.files().map((f) => (done(f) ? f : (there.files.find((other) => other.key === f.key && done(other)) ?? f))))
    return true
  }

  function drop(one: Own) {
    batch(() => {
      setPosts(posts().filter((p) => p !== one))
      one.take([])
    })
  }

  function make(first: Stored): Own {
    const [files, setFiles] = createSignal(first.files)
    const [refused, setRefused] = createSignal(false)
    const one: Own = {
      ...first,
      files,
      refused,
      take: setFiles,
      setFiles(next) {
        const before = shape(files())
        setFiles(next)
        // What another tab has ended must not come back.
        if (shape(next) !== before && follow(one)) keep(one)
      },
      async settle() {
        if (!follow(one) || !files().every(done)) return
        const content = (await makeWriting(one.text, one.mentions).content()).trim()
        if (!posts().includes(one)) return
        const taken = post(one.room, content, {
          clientId: one.id,
          ...(one.replyTo && { replyTo: one.replyTo.id }),
          ...(one.thread && { thread: one.thread }),
          attachments: attachmentsOf(files()),
        })
        setRefused(!taken)
        if (taken) remove(one)
      },
    }
    return one
  }

  function remove({ id }: WaitingPost) {
    const own = posts().find((p) => p.id === id)
    if (own) drop(own)
    unkept.delete(id)
    try {
      localStorage.removeItem(prefix + id)
    } catch {
      // It was never kept.
    }
  }

  return {
    posts,
    add(room, thread, written) {
      if (posts().length >= WAITING_LIMIT) return undefined
      const one = make({ ...written, id: randomId(), room, thread, createdAt: now() })
      keep(one)
      setPosts([...posts(), one])
      return one
    },
    remove,
    refresh(key) {
      if (!key.startsWith(prefix)) return undefined
      const known = posts().find((p) => prefix + p.id === key)
      if (known) {
        follow(known)
        return undefined
      }
      const there = read(key)
      if (!there) return undefined
      const one = make(there)
      setPosts([...posts(), one].sort((a, b) => a.createdAt - b.createdAt))
      return one
    },
  }
}

function read(key: string): Stored | undefined {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key) ?? 'null')
    return isStored(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** What is kept of how far a file is that isn't at the server yet: it begins where it can. */
const BEGUN = { status: 'uploading', sent: 0, waiting: false } as const

export function asKept(file: DraftFile): DraftFile {
  return done(file) ? file : { ...file, state: BEGUN }
}

export function done(file: DraftFile): boolean {
  return file.state.status === 'done'
}

export function attachmentsOf(files: readonly DraftFile[]): Attachment[] {
  return files.flatMap((f) => (f.state.status === 'done' ? [f.state.attachment] : []))
}

/** All of files that is kept, to tell whether it changed. */
export function shape(files: readonly DraftFile[]): string {
  return files.map((f) => `${f.key} ${done(f)}`).join()
}

// What this page wrote itself is read back in good faith.
function isStored(value: unknown): value is Stored {
  return typeof member(value, 'id') === 'string' && typeof member(value, 'text') === 'string' && Array.isArray(member(value, 'files'))
}
