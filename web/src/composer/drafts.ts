import { batch, createSignal } from 'solid-js'
import { member } from '~/http'
import type { Attachment } from '~/realtime/wire.gen'
import type { PostMore } from '~/room/outbox-store'
import type { Desk } from './desk'
import type { Mention } from './mentions'
import type { Sync } from './sync'
import { asKept, attachmentsOf, done, makeWaiting, shape, type Holder, type WaitingPost } from './waiting'
import { makeWriting, type Writing } from './writing'

// What is written and not yet posted: one draft for each room and thread, kept
// in this browser with every key press, and on the server a little later.

/** The message that is answered, as much as one line shows. */
export interface Quoted {
  id: string
  userId: string
  userName: string
  content: string
}

/** A file of a message to be. */
export interface DraftFile {
  /** Tells it from others on this page. */
  key: string
  name: string
  mime: string
  /** Bytes. */
  size: number
  state:
    | { status: 'uploading'; sent: number; waiting: boolean }
    | { status: 'done'; attachment: Attachment }
    /** The reason is said by t. Lost: this page doesn't have it, and can't try again. */
    | { status: 'failed'; reason: string; lost?: boolean }
}

export interface Draft extends Holder {
  readonly room: string
  /** The root of the thread; '' outside of one. */
  readonly thread: string
  readonly writing: Writing
  replyTo(): Quoted | undefined
  /** Answers a message, and puts the caret where one writes; undefined ends that. */
  reply(message: Quoted | undefined): void
  /** What was written on another device meanwhile, where both are worth keeping. */
  elsewhere(): string | undefined
  setElsewhere(content: string | undefined): void
  /**
   * Posts it and begins anew; where files are still on their way it waits for them among
   * `waiting`. False: it can't be taken, and stays.
   */
  post(): Promise<boolean>
  /** What was posted here and waits for its files, the oldest first. */
  waiting(): readonly WaitingPost[]
  /** Puts one of them back to be written on, before what is written by now. */
  takeBack(post: WaitingPost): void
  /** Deletes one of them. */
  giveUp(post: WaitingPost): void
  /** Where it is written now. */
  setField(field: { focus(): void } | undefined): void
}

/** What is kept of a draft. One of nothing says that there was one. */
export interface Kept {
  text: string
  mentions: readonly Mention[]
  replyTo?: Quoted | undefined
  files?: readonly DraftFile[]
  /** Unix ms. */
  updatedAt: number
  /** The server has it as of then; 0: perhaps it has one. */
  synced?: number | undefined
}

export interface Drafts {
  of(room: string, thread?: string): Draft
  /** Where something is written and not posted: rooms as `room`, threads as `room/thread`. */
  marked(): ReadonlySet<string>
  /** Names of all that are kept, by the words of `marked`. */
  names(): string[]
  read(name: string): Kept
  /** Keeps it; what shows it shows that. */
  write(name: string, kept: Kept): void
  /** The server has this draft as it was at `sent`, and says that this was at `at`; 0: perhaps it has one. */
  setSynced(name: string, at: number, sent?: number): void
  /** Reads again what another tab wrote under this key of localStorage, and returns the name of the draft, if it is one. */
  refresh(key: string): string | undefined
  /** Called with each change that is made on this page. */
  onChange(act: (name: string) => void): void
  /** What was posted here to this room and its threads and waits for its files, the oldest first. */
  waiting(room: string): readonly WaitingPost[]
  /** The drafts of this room and its threads in which something is written. */
  written(room: string): readonly Draft[]
  /** Goes on with what an earlier page left waiting, whatever is looked at in this one. */
  goOn(): void
  /** Where the files of all drafts are brought to the server; whoever asks first makes it. */
  desk(make: (options: { userId: string }) => Desk): Desk
  /** From now on the server has them too. */
  sync(): void
  /** The server is asked no more: it lets nobody in here. */
  endSync(): void
  /** One is in these rooms again, of which the server may have refused drafts. */
  again(rooms: readonly string[]): void
  dispose(): void
}

export interface DraftsOptions {
  userId: string
  post(room: string, content: string, more: PostMore): boolean
  now?: () => number
}

export function makeDrafts({ userId, post, now = Date.now }: DraftsOptions): Drafts {
  const prefix = `snug:draft:${userId}:`
  const made = new Map<string, { draft: Draft; become(kept: Kept): void }>()
  // For browsers that refuse to store: drafts last as long as the page.
  const memory = new Map<string, Kept>()
  let changed: ((name: string) => void) | undefined
  let desk: Desk | undefined
  let sync: Promise<Sync> | undefined
  let disposed = false
  let ended = false
  const waiting = makeWaiting({ userId, post, now })
  const [marked, setMarked] = createSignal<ReadonlySet<string>>(new Set(names().filter((name) => worth(read(name)))))

  function names(): string[] {
    let stored: string[] = []
    try {
      stored = Object.keys(localStorage).filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length))
    } catch {
      // Then there is only what memory holds.
    }
    return [...new Set([...stored, ...memory.keys()])]
  }

  function read(name: string): Kept {
    // What couldn't be stored is later than what is.
    const unstored = memory.get(name)
    if (unstored) return unstored
    try {
      const kept: unknown = JSON.parse(localStorage.getItem(prefix + name) ?? 'null')
      if (isKept(kept)) return kept
    } catch {
      // It isn't ours, or can't be had.
    }
    return { text: '', mentions: [], updatedAt: 0 }
  }

  function keep(name: string, kept: Kept) {
    memory.delete(name)
    try {
      // One that never left needs no trace.
      if (!worth(kept) && (kept.synced ?? kept.updatedAt) === kept.updatedAt) localStorage.removeItem(prefix + name)
      else localStorage.setItem(prefix + name, JSON.stringify(kept))
    } catch {
      memory.set(name, kept)
    }
    mark(name, worth(kept))
  }

  function mark(name: string, on: boolean) {
    if (on === marked().has(name)) return
    const next = new Set(marked())
    if (on) next.add(name)
    else next.delete(name)
    setMarked(next)
  }

  function make(name: string, room: string, thread: string) {
    const first = read(name)
    const [replyTo, setReplyTo] = createSignal(first.replyTo)
    const [files, setFiles] = createSignal(first.files ?? [])
    const [elsewhere, setElsewhere] = createSignal<string>()
    const writing = makeWriting(first.text, first.mentions, save)
    let field: { focus(): void } | undefined
    let quiet = false

    function save() {
      if (quiet) return
      const last = read(name)
      // It is later than what it was made of, whatever the clock of this device says.
      const updatedAt = Math.max(now(), last.updatedAt + 1)
      keep(name, { text: writing.text(), mentions: writing.mentions(), replyTo: replyTo(), files: files().map(asKept), updatedAt, synced: last.synced })
      changed?.(name)
    }

    function become(kept: Kept) {
      quiet = true
      batch(() => {
        setReplyTo(kept.replyTo)
        // Of a file that is on its way this page may know more.
        setFiles((kept.files ?? []).map((f) => (done(f) ? f : (files().find((own) => own.key === f.key) ?? f))))
        writing.setText(kept.text)
        writing.setMentions(kept.mentions)
      })
      quiet = false
    }

    function clear() {
      become({ text: '', mentions: [], updatedAt: 0 })
      save()
    }

    function handOver(): boolean {
      const one = waiting.add(room, thread, { text: writing.text(), mentions: writing.mentions(), replyTo: replyTo(), files: files() })
      if (!one) return false
      desk?.resume(one)
      clear()
      return true
    }

    const draft: Draft = {
      room,
      thread,
      writing,
      replyTo,
      reply(message) {
        // Whoever calls may have more of it.
        setReplyTo(message && { id: message.id, userId: message.userId, userName: message.userName, content: message.content.slice(0, QUOTE) })
        save()
        field?.focus()
      },
      files,
      setFiles(next) {
        // How far they are is nothing to keep.
        const before = shape(files())
        setFiles(next)
        if (shape(next) !== before) save()
      },
      elsewhere,
      setElsewhere(content) {
        setElsewhere(content)
        // Whoever has seen both keeps this one.
        if (content === undefined) save()
      },
      async post() {
        if (!files().every(done)) return handOver()
        const content = (await writing.content()).trim()
        const attachments = attachmentsOf(files())
        const answered = replyTo()
        if (content === '' && attachments.length === 0) return true
        const taken = post(room, content, {
          ...(answered && { replyTo: answered.id }),
          ...(thread && { thread }),
          ...(attachments.length > 0 && { attachments }),
        })
        if (taken) clear()
        return taken
      },
      waiting: () => waiting.posts().filter((p) => p.room === room && p.thread === thread),
      takeBack(back) {
        const own = writing.text()
        const before = back.text.trim() === '' || own.trim() === '' ? back.text : `${back.text}\n`
        const mentions = writing.mentions().map((m) => (m.at < 0 ? m : { ...m, at: m.at + before.length }))
        become({ text: before + own, mentions: [...back.mentions, ...mentions], replyTo: replyTo() ?? back.replyTo, files: [...back.files(), ...files()], updatedAt: 0 })
        // First it is kept here, then there no more.
        save()
        desk?.resume(draft)
        waiting.remove(back)
      },
      giveUp(given) {
        desk?.clear(given)
        waiting.remove(given)
      },
      setField(next) {
        field = next
      },
    }
    return { draft, become }
  }

  const drafts: Drafts = {
    of(room, thread = '') {
      const name = thread === '' ? room : `${room}/${thread}` // no slug holds a slash
      const one = made.get(name) ?? make(name, room, thread)
      made.set(name, one)
      return one.draft
    },
    marked,
    names,
    read,
    write(name, kept) {
      keep(name, kept)
      made.get(name)?.become(kept)
    },
    setSynced(name, at, sent) {
      const kept = read(name)
      // From then on the server's clock counts: those of two devices may be hours apart.
      keep(name, { ...kept, synced: at, updatedAt: kept.updatedAt === sent ? at : kept.updatedAt })
    },
    refresh(key) {
      const one = waiting.refresh(key)
      if (one) desk?.resume(one)
      if (!key.startsWith(prefix)) return undefined
      const name = key.slice(prefix.length)
      mark(name, worth(read(name)))
      made.get(name)?.become(read(name))
      return name
    },
    onChange(act) {
      changed = act
    },
    waiting: (room) => waiting.posts().filter((p) => p.room === room),
    written: (room) => [...marked()].map((name) => name.split('/')).filter(([of]) => of === room).map(([, thread]) => drafts.of(room, thread)),
    goOn() {
      // Without a network it is there as soon as somebody writes.
      if (waiting.posts().length > 0) void import('./desk').then(({ makeDesk }) => disposed || drafts.desk(makeDesk), () => {})
    },
    desk(makeDesk) {
      if (desk) return desk
      desk = makeDesk({ userId })
      for (const one of waiting.posts()) desk.resume(one)
      return desk
    },
    sync() {
      if (sync || ended) return
      sync = import('./sync').then(({ makeSync }) => makeSync(drafts))
      sync.then(
        async (s) => {
          if (ended) return
          await s.pull()
          await s.push()
        },
        () => (sync = undefined),
      )
    },
    endSync() {
      ended = true
      void sync?.then((s) => s.dispose(), () => {})
    },
    again(rooms) {
      void sync?.then((s) => s.again(rooms), () => {})
    },
    dispose() {
      disposed = true
      drafts.endSync()
      desk?.dispose()
    },
  }
  return drafts
}

/** UTF-16 units of a quoted message that are kept. */
const QUOTE = 500

/** Whether there is something to keep. */
export function worth({ text, replyTo, files }: Kept): boolean {
  return text.trim() !== '' || replyTo !== undefined || (files?.length ?? 0) > 0
}

// What this page wrote itself is read back in good faith.
function isKept(value: unknown): value is Kept {
  return typeof member(value, 'text') === 'string' && Array.isArray(member(value, 'mentions'))
}
