import { batch } from 'solid-js'
import { sizeOf } from '~/files/size'
import { makeUploads, UploadError } from '~/files/upload'
import { makeFileStore, makeUploadDatabase, makeUploadStore, type FileStore, type UploadStore } from '~/files/upload-store'
import { m, plural, t } from '~/i18n/i18n'
import { randomId } from '~/room/outbox'
import type { Settings } from '~/settings'
import type { Draft, DraftFile } from './drafts'
import type { Holder } from './waiting'

// Where the files of drafts, and of posts that wait for them, are brought to the server. They go on while one looks at
// another room, and the drafts know how far they are. Until the server has it, a file
// is kept in this browser, and so goes on after a reload.

export interface Desk {
  /** Adds files to a draft; the answer says in words which it can't take. */
  add(draft: Draft, files: readonly File[], settings: Settings): string[]
  /**
   * Goes on with files that came from another draft or post, that an earlier page left, or
   * that another tab brings, once that is closed.
   */
  resume(holder: Holder): void
  retry(holder: Holder, key: string): void
  /** Takes a file off, and stops what is on its way. */
  remove(holder: Holder, key: string): void
  /** Likewise, all that it has. */
  clear(holder: Holder): void
  /** A picture of a file that is at hand on this page: an address for <img>. */
  preview(key: string): string | undefined
  dispose(): void
}

interface Job {
  /** Whose file it is by now. */
  holder: Holder
  /** Absent until it is found where it was kept. */
  file?: File
  /** Whether a reload costs nothing. */
  kept: boolean
  running: boolean
  preview?: string
  controller: AbortController
}

export interface DeskOptions {
  userId: string
  newKey?: () => string
  /** Where files are kept. */
  store?: FileStore
}

// For browsers that refuse to store: nothing goes on after a reload.
const forgetful: UploadStore = { find: async () => undefined, put: async () => {}, remove: async () => {}, prune: async () => {} }
const nowhere: FileStore = { ...forgetful, find: async () => undefined, remove: async () => {}, put: () => Promise.reject(new Error('this browser keeps no files')) }

/** Pictures that every browser draws; others are shown by their kind. */
const DRAWN = /^image\/(png|jpeg|gif|webp|avif|bmp|svg\+xml)$/
/** A larger file isn't kept: the browser would write all of it once more. */
const KEPT_BYTES = 250_000_000
/** What nobody came back for is forgotten, in ms. */
const KEPT_MS = 7 * 24 * 3600_000

export function makeDesk({ userId, newKey = randomId, store: given }: DeskOptions): Desk {
  const database = 'indexedDB' in globalThis ? makeUploadDatabase(indexedDB) : undefined
  const uploads = makeUploads({ userId, store: database ? makeUploadStore(database) : forgetful })
  const store = given ?? (database ? makeFileStore(database, userId) : nowhere)
  const jobs = new Map<string, Job>()
  store.prune(Date.now() - KEPT_MS).catch(() => {})

  // Closing the page now would cost a file that is half there, or keep a message from being sent.
  function beforeUnload(event: BeforeUnloadEvent) {
    if ([...jobs.values()].some((job) => job.running && (!job.kept || job.holder.settle))) event.preventDefault()
  }
  addEventListener('beforeunload', beforeUnload)

  function begin(holder: Holder, key: string, file?: File) {
    const job: Job = { holder, kept: file === undefined, running: true, controller: new AbortController(), ...(file && look(file)) }
    jobs.set(key, job)
    void oneTab(`snug:file:${userId}:${key}`, job.controller.signal, () => send(key, job)).finally(() => (job.running = false))
    return job
  }

  async function send(key: string, job: Job) {
    const { signal } = job.controller
    try {
      const file = job.file ?? (await store.find(key).catch(() => undefined))
      signal.throwIfAborted()
      // What another tab did while it had the file.
      await job.holder.settle?.()
      const entry = job.holder.files().find((f) => f.key === key)
      // It was posted, or is by now in a draft that this tab doesn't show.
      if (!entry) return
      if (entry.state.status !== 'done') {
        if (file && !job.file) Object.assign(job, look(file))
        const attachment = file && (await uploads.upload(file, {
          signal,
          onProgress: ({ state, sent }) => change(job.holder, key, { status: 'uploading', sent, waiting: state === 'waiting' }),
        }))
        change(job.holder, key, attachment ? { status: 'done', attachment } : LOST)
      }
      // Not before it is known as done.
      store.remove(key).catch(() => {})
    } catch (cause) {
      if (signal.aborted) return
      change(job.holder, key, { status: 'failed', reason: cause instanceof UploadError ? cause.message : m("This file can't be read any more.") })
    }
    await job.holder.settle?.()
  }

  async function keep(key: string, job: Job, file: File) {
    if (file.size > KEPT_BYTES) return
    await store.put(key, file).then(() => (job.kept = true), () => {})
  }

  // What was posted, or taken off in another tab, has no business here any more.
  function tidy() {
    for (const [key, { holder }] of jobs) if (!holder.files().some((f) => f.key === key)) drop(key)
  }

  function drop(key: string) {
    const job = jobs.get(key)
    if (!job) return
    job.controller.abort()
    if (job.preview !== undefined) URL.revokeObjectURL(job.preview)
    jobs.delete(key)
  }

  function discard(holder: Holder, key: string) {
    const file = holder.files().find((f) => f.key === key)
    drop(key)
    store.remove(key).catch(() => {})
    if (file?.state.status === 'done') uploads.discard(file.state.attachment.id)
  }

  return {
    add(draft, files, settings) {
      tidy()
      const problems: string[] = []
      for (const file of files) {
        const name = file.name || t('This file')
        if (settings.maxFiles === 0) return [t('This server takes no files.')]
        if (draft.files().length >= settings.maxFiles) {
          problems.push(plural(settings.maxFiles, 'A message takes {count} files; the others were left out.', 'A message takes {count} files; the others were left out.'))
          break
        }
        if (file.size > settings.maxFileBytes) {
          problems.push(t('{file} is larger than {size}, the most that this server takes.', { file: name, size: sizeOf(settings.maxFileBytes) }))
          continue
        }
        if (file.size === 0) {
          // A folder that was dropped looks just so.
          problems.push(t('{file} is empty, or a folder.', { file: name }))
          continue
        }
        const key = newKey()
        // Together: a file without a job is one that an earlier page left.
        batch(() => {
          draft.setFiles([...draft.files(), { key, name: file.name || 'file', mime: file.type, size: file.size, state: { status: 'uploading', sent: 0, waiting: false } }])
          void keep(key, begin(draft, key, file), file)
        })
      }
      return problems
    },
    resume(holder) {
      for (const { key } of holder.files()) {
        const job = jobs.get(key)
        if (job) job.holder = holder
      }
      tidy()
      for (const { key, state } of holder.files()) if (state.status === 'uploading' && !jobs.has(key)) begin(holder, key)
      void holder.settle?.()
    },
    retry(holder, key) {
      const job = jobs.get(key)
      if (!job) return
      change(holder, key, { status: 'uploading', sent: 0, waiting: false })
      drop(key)
      begin(holder, key, job.file).kept = job.kept
    },
    remove(holder, key) {
      discard(holder, key)
      holder.setFiles(holder.files().filter((f) => f.key !== key))
    },
    clear(holder) {
      for (const { key } of holder.files()) discard(holder, key)
    },
    preview: (key) => jobs.get(key)?.preview,
    dispose() {
      removeEventListener('beforeunload', beforeUnload)
      for (const key of jobs.keys()) drop(key)
    },
  }
}

const LOST: DraftFile['state'] = { status: 'failed', reason: m("Your browser didn't keep it. Choose it again."), lost: true }

function look(file: File): Pick<Job, 'file' | 'preview'> {
  return { file, ...(DRAWN.test(file.type) && { preview: URL.createObjectURL(file) }) }
}

// One tab brings a file, and the next one takes over where that one ends. Absent where
// the page came over plain http from another machine: there each tab brings it.
async function oneTab(name: string, signal: AbortSignal, act: () => Promise<void>): Promise<void> {
  if (!('locks' in navigator)) return act()
  try {
    await navigator.locks.request(name, { signal }, act)
  } catch {
    // It was taken off while another tab had it.
  }
}

function change(holder: Holder, key: string, state: DraftFile['state']) {
  if (holder.files().some((f) => f.key === key)) holder.setFiles(holder.files().map((f) => (f.key === key ? { ...f, state } : f)))
}
