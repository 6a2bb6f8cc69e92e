import { makeUploads, UploadError } from '~/files/upload'
import { makeUploadStore, type UploadStore } from '~/files/upload-store'
import type { Settings } from '~/settings'
import type { Draft, DraftFile } from './drafts'

// Where the files of drafts are brought to the server. They go on while one
// looks at another room, and the drafts know how far they are.

export interface Desk {
  /** Adds files to a draft; the answer says in words which it can't take. */
  add(draft: Draft, files: readonly File[], settings: Settings): string[]
  retry(draft: Draft, key: string): void
  /** Takes a file off, and stops what is on its way. */
  remove(draft: Draft, key: string): void
  /** A picture of a file that is chosen on this page: an address for <img>. */
  preview(key: string): string | undefined
  dispose(): void
}

interface Job {
  draft: Draft
  file: File
  preview?: string
  controller: AbortController
}

// For browsers that refuse to store: nothing goes on after a reload.
const forgetful: UploadStore = { find: async () => undefined, put: async () => {}, remove: async () => {}, prune: async () => {} }

/** Pictures that every browser draws; others are shown by their kind. */
const DRAWN = /^image\/(png|jpeg|gif|webp|avif|bmp|svg\+xml)$/

export function makeDesk({ userId, newKey = () => crypto.randomUUID() }: { userId: string; newKey?: () => string }): Desk {
  const uploads = makeUploads({ userId, store: 'indexedDB' in globalThis ? makeUploadStore(indexedDB) : forgetful })
  const jobs = new Map<string, Job>()
  let running = 0

  // Closing the page now would cost a file that is half there.
  function beforeUnload(event: BeforeUnloadEvent) {
    if (running > 0) event.preventDefault()
  }
  addEventListener('beforeunload', beforeUnload)

  async function send(draft: Draft, key: string, job: Job) {
    running++
    try {
      const attachment = await uploads.upload(job.file, {
        signal: job.controller.signal,
        onProgress: ({ state, sent }) => change(draft, key, { status: 'uploading', sent, waiting: state === 'waiting' }),
      })
      change(draft, key, { status: 'done', attachment })
      await postHeld(draft)
    } catch (cause) {
      if (job.controller.signal.aborted) return
      change(draft, key, { status: 'failed', reason: cause instanceof UploadError ? cause.message : "This file can't be read any more." })
    } finally {
      running--
    }
  }

  // What was posted needs no picture here any more.
  function tidy() {
    for (const [key, { draft }] of jobs) if (!draft.files().some((f) => f.key === key)) drop(key)
  }

  function drop(key: string) {
    const job = jobs.get(key)
    if (!job) return
    job.controller.abort()
    if (job.preview !== undefined) URL.revokeObjectURL(job.preview)
    jobs.delete(key)
  }

  return {
    add(draft, files, settings) {
      tidy()
      const problems: string[] = []
      for (const file of files) {
        const name = file.name || 'This file'
        if (settings.maxFiles === 0) return ['This server takes no files.']
        if (draft.files().length >= settings.maxFiles) {
          problems.push(`A message takes ${settings.maxFiles} files; the others were left out.`)
          break
        }
        if (file.size > settings.maxFileBytes) {
          problems.push(`${name} is larger than ${sizeOf(settings.maxFileBytes)}, the most that this server takes.`)
          continue
        }
        if (file.size === 0) {
          // A folder that was dropped looks just so.
          problems.push(`${name} is empty, or a folder.`)
          continue
        }
        const key = newKey()
        const job: Job = { draft, file, controller: new AbortController(), ...(DRAWN.test(file.type) && { preview: URL.createObjectURL(file) }) }
        jobs.set(key, job)
        draft.setFiles([...draft.files(), { key, name: file.name || 'file', mime: file.type, size: file.size, state: { status: 'uploading', sent: 0, waiting: false } }])
        void send(draft, key, job)
      }
      return problems
    },
    retry(draft, key) {
      const job = jobs.get(key)
      if (!job) return
      const again = { ...job, controller: new AbortController() }
      jobs.set(key, again)
      change(draft, key, { status: 'uploading', sent: 0, waiting: false })
      void send(draft, key, again)
    },
    remove(draft, key) {
      const file = draft.files().find((f) => f.key === key)
      drop(key)
      if (file?.state.status === 'done') uploads.discard(file.state.attachment.id)
      draft.setFiles(draft.files().filter((f) => f.key !== key))
      void postHeld(draft)
    },
    preview: (key) => jobs.get(key)?.preview,
    dispose() {
      removeEventListener('beforeunload', beforeUnload)
      for (const key of jobs.keys()) drop(key)
    },
  }
}

function change(draft: Draft, key: string, state: DraftFile['state']) {
  if (draft.files().some((f) => f.key === key)) draft.setFiles(draft.files().map((f) => (f.key === key ? { ...f, state } : f)))
}

// It was asked to be posted before its files were there.
async function postHeld(draft: Draft) {
  if (!draft.held() || draft.files().some((f) => f.state.status === 'uploading')) return
  draft.hold(false)
  if (draft.files().every((f) => f.state.status === 'done')) await draft.post()
}

/** Bytes in words. */
export function sizeOf(bytes: number): string {
  if (bytes < 1_000) return `${bytes} B`
  const units = ['kB', 'MB', 'GB', 'TB']
  let n = bytes / 1_000
  let unit = 0
  while (n >= 999.5 && unit < units.length - 1) {
    n /= 1_000
    unit++
  }
  return `${n < 9.95 ? Number(n.toFixed(1)) : Math.round(n)} ${units[unit]}`
}
