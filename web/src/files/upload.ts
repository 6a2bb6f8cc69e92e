import { explain, interpret, type Failure } from '~/http'
import { m } from '~/i18n/i18n'
import { parseAttachment } from '~/realtime/frames'
import type { Attachment } from '~/realtime/wire.gen'
import type { UploadStore } from './upload-store'

// Files on their way to the server, by tus 1.0.0: what has arrived stays there, and an
// upload that was cut off goes on, after a gap in the network or a reload of the page.
//
// A file goes in pieces of about a second each: that is how far progress and a cut are
// off, and it needs nothing but fetch.

export type UploadProgress = {
  /** Queued: others go first. Waiting: for the network, or a busy server. Processing: all
   * has arrived, and the server looks at it. */
  state: 'queued' | 'sending' | 'waiting' | 'processing'
  /** Bytes that the server has. */
  sent: number
  total: number
}

export interface UploadOptions {
  onProgress?(progress: UploadProgress): void
  /** Aborting it stops the upload, and deletes it on the server. */
  signal?: AbortSignal
}

/** The server doesn't take the file; the message is for people. */
export class UploadError extends Error {
  override readonly name = 'UploadError'
  constructor(readonly failure: Failure) {
    super(explain(failure))
  }
}

export interface Uploads {
  /**
   * Uploads a file. It waits out a network that is gone, however long that takes, and
   * goes on where an earlier visit left off with the same file. It rejects with an
   * UploadError, or with the signal's reason.
   */
  upload(file: File, options?: UploadOptions): Promise<Attachment>
  /** Deletes an upload that no message has; one that is forgotten the server deletes in a day. */
  discard(id: string): void
}

export interface UploadsOptions {
  userId: string
  store: UploadStore
  fetch?: typeof globalThis.fetch
  now?: () => number
  /** Hears when the network is back; the page's window. */
  network?: Pick<EventTarget, 'addEventListener' | 'removeEventListener'>
}

/** Files that are sent at once. */
export const AT_ONCE = 3

/** Bytes of a piece: the first, and the bounds of the others. */
const FIRST = 512 << 10
const SMALLEST = 64 << 10
const LARGEST = 8 << 20
/** What a piece should take, and when the connection is taken for dead, in ms. */
const PIECE_MS = 1_000
const DEAD_MS = 60_000
/** Between tries, in ms: doubled each time. */
const WAIT_MS = 1_000
const LONGEST_WAIT_MS = 30_000
/** How long the server keeps an upload, in ms. */
const KEPT_MS = 24 * 3600_000

const TUS = { 'Tus-Resumable': '1.0.0' }

export function makeUploads(options: UploadsOptions): Uploads {
  const { userId, store } = options
  const fetch = options.fetch ?? globalThis.fetch.bind(globalThis)
  const now = options.now ?? Date.now
  const network = options.network ?? globalThis
  const queue: (() => void)[] = []
  const running = new Set<string>()
  let free = AT_ONCE

  // A turn, or nothing if the signal came first.
  function turn(signal: AbortSignal): Promise<void> {
    if (free > 0) {
      free--
      return Promise.resolve()
    }
    return new Promise((resolve, reject) => {
      const leave = () => {
        queue.splice(queue.indexOf(go), 1)
        reject(signal.reason)
      }
      const go = () => {
        signal.removeEventListener('abort', leave)
        resolve()
      }
      queue.push(go)
      signal.addEventListener('abort', leave, { once: true })
    })
  }

  function endTurn() {
    const next = queue.shift()
    if (next) next()
    else free++
  }

  async function upload(file: File, { onProgress = () => {}, signal = new AbortController().signal }: UploadOptions = {}): Promise<Attachment> {
    signal.throwIfAborted()
    onProgress({ state: 'queued', sent: 0, total: file.size })
    await turn(signal)
    const print = fingerprint(file)
    // The same file twice is two uploads; only one of them is remembered.
    const remembered = !running.has(print)
    if (remembered) running.add(print)
    const memory = remembered ? remember(print) : forgetful
    try {
      return await new Sending(file, memory, onProgress, signal).run()
    } finally {
      if (remembered) running.delete(print)
      endTurn()
    }
  }

  // A browser that refuses to store can't resume after a reload, and uploads all the same.
  function remember(print: string): Memory {
    return {
      async load() {
        await store.prune(now() - KEPT_MS).catch(() => {})
        return (await store.find(userId, print).catch(() => undefined))?.path
      },
      save: (path) => store.put({ userId, fingerprint: print, path, createdAt: now() }).catch(() => {}),
      forget: () => store.remove(userId, print).catch(() => {}),
    }
  }

  // The server's reply, or what is to be done about there being none.
  async function ask(path: string, init: RequestInit, signal: AbortSignal): Promise<Response | Problem> {
    const controller = new AbortController()
    const abort = () => controller.abort(signal.reason)
    signal.throwIfAborted()
    signal.addEventListener('abort', abort, { once: true })
    const timer = setTimeout(() => controller.abort(), DEAD_MS)
    try {
      const response = await fetch(path, { ...init, credentials: 'same-origin', headers: { ...TUS, ...init.headers }, signal: controller.signal })
      if (response.ok) return response
      const result = interpret(response.status, (name) => response.headers.get(name), await response.text(), () => null)
      return problemOf(response.status, result.ok ? { kind: 'broken', status: response.status } : result.failure)
    } catch {
      signal.throwIfAborted()
      return { kind: 'passing', afterMs: 0 }
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', abort)
    }
  }

  class Sending {
    private path: string | undefined
    private offset = 0
    private piece = FIRST
    private failures = 0
    private restarts = 0
    /** The network came back while a request was on its way: if that fails, it began too early. */
    private back = false
    private goOn: (() => void) | undefined

    constructor(
      private readonly file: File,
      private readonly memory: Memory,
      private readonly onProgress: (progress: UploadProgress) => void,
      private readonly signal: AbortSignal,
    ) {}

    async run(): Promise<Attachment> {
      network.addEventListener('online', this.hear)
      try {
        this.path = await this.memory.load()
        let known = false // whether the offset is the server's word
        for (;;) {
          this.signal.throwIfAborted()
          this.back = false
          const outcome: Outcome = this.path === undefined ? await this.create() : known ? await this.advance(this.path) : await this.locate(this.path)
          if (outcome === 'done' && this.path !== undefined) {
            const attachment = await this.finish(this.path)
            if (attachment) return attachment
            known = false
            continue
          }
          known = outcome === 'going'
        }
      } catch (cause) {
        if (this.signal.aborted && this.path !== undefined) remove(this.path)
        if (this.signal.aborted || cause instanceof UploadError) await this.memory.forget()
        throw cause
      } finally {
        network.removeEventListener('online', this.hear)
      }
    }

    private readonly hear = () => {
      this.failures = 0
      this.back = true
      this.goOn?.()
    }

    private report(state: UploadProgress['state']) {
      this.onProgress({ state, sent: this.offset, total: this.file.size })
    }

    private async create(): Promise<Outcome> {
      this.offset = 0
      this.report('sending')
      const metadata = `filename ${base64(this.file.name || 'file')},filetype ${base64(this.file.type || 'application/octet-stream')}`
      const reply = await ask('/api/uploads', { method: 'POST', headers: { 'Upload-Length': String(this.file.size), 'Upload-Metadata': metadata } }, this.signal)
      if (!(reply instanceof Response)) return this.recover(reply)
      const path = uploadPath(reply.headers.get('Location'))
      if (path === null) throw new UploadError({ kind: 'broken', status: reply.status })
      this.path = path
      this.failures = 0
      await this.memory.save(path)
      return 'going'
    }

    // Asks how far the server is.
    private async locate(path: string): Promise<Outcome> {
      const reply = await ask(path, { method: 'HEAD' }, this.signal)
      if (!(reply instanceof Response)) return this.recover(reply)
      const length = Number(reply.headers.get('Upload-Length'))
      if (length !== this.file.size) return this.restart()
      return this.moveTo(reply)
    }

    private async advance(path: string): Promise<Outcome> {
      if (this.offset === this.file.size) return 'done'
      this.report('sending')
      const body = this.file.slice(this.offset, this.offset + this.piece)
      const began = now()
      const headers = { 'Upload-Offset': String(this.offset), 'Content-Type': 'application/offset+octet-stream' }
      const reply = await ask(path, { method: 'PATCH', headers, body }, this.signal)
      if (!(reply instanceof Response)) {
        // A proxy may take less at once than we do.
        if (reply.kind === 'oversized' && this.piece > SMALLEST) {
          this.piece = Math.max(SMALLEST, this.piece / 4)
          return 'lost'
        }
        this.piece = Math.max(SMALLEST, this.piece / 2)
        return this.recover(reply)
      }
      const fitting = (body.size / Math.max(1, now() - began)) * PIECE_MS
      this.piece = Math.round(Math.min(LARGEST, Math.max(SMALLEST, Math.min(fitting, 2 * this.piece))))
      return this.moveTo(reply)
    }

    private moveTo(reply: Response): Outcome {
      const offset = Number(reply.headers.get('Upload-Offset') ?? Number.NaN)
      if (!Number.isInteger(offset) || offset < 0 || offset > this.file.size) throw new UploadError({ kind: 'broken', status: reply.status })
      if (offset > this.offset) this.failures = 0
      this.offset = offset
      this.report('sending')
      return offset === this.file.size ? 'done' : 'going'
    }

    private async finish(path: string): Promise<Attachment | null> {
      this.report('processing')
      const reply = await ask(path, { method: 'GET', headers: { Accept: 'application/json' } }, this.signal)
      if (!(reply instanceof Response)) {
        await this.recover(reply)
        return null
      }
      const attachment = parseAttachment(await reply.json().catch(() => null))
      if (!attachment) throw new UploadError({ kind: 'broken', status: reply.status })
      await this.memory.forget()
      return attachment
    }

    private async recover(problem: Problem): Promise<Outcome> {
      switch (problem.kind) {
        case 'gone':
          return this.restart()
        case 'moved':
          return 'lost'
        case 'passing':
          this.report('waiting')
          await this.wait(Math.max(problem.afterMs, Math.min(LONGEST_WAIT_MS, WAIT_MS * 2 ** this.failures++)))
          return 'lost'
        case 'oversized':
        case 'final':
          throw new UploadError(problem.failure)
      }
    }

    // The server has it no more. Twice in a row is no accident.
    private async restart(): Promise<Outcome> {
      if (this.restarts++ > 1) throw new UploadError({ kind: 'refused', status: 404, code: 'not_found', message: m('The server lost this upload. Try again.') })
      this.path = undefined
      await this.memory.forget()
      return 'lost'
    }

    private wait(ms: number): Promise<void> {
      if (this.back) return Promise.resolve()
      return new Promise((resolve, reject) => {
        const stop = () => {
          clearTimeout(timer)
          this.goOn = undefined
          this.signal.removeEventListener('abort', abort)
        }
        const go = () => {
          stop()
          resolve()
        }
        const abort = () => {
          stop()
          reject(this.signal.reason)
        }
        const timer = setTimeout(go, ms)
        this.goOn = go
        this.signal.addEventListener('abort', abort)
      })
    }
  }

  function remove(path: string) {
    fetch(path, { method: 'DELETE', credentials: 'same-origin', headers: TUS, keepalive: true }).catch(() => {})
  }

  return { upload, discard: (id) => remove(`/api/uploads/${encodeURIComponent(id)}`) }
}

/** Going: the offset is the server's word. Lost: it has to be asked. Done: all is there. */
type Outcome = 'going' | 'lost' | 'done'

type Problem =
  | { kind: 'passing'; afterMs: number }
  | { kind: 'gone' }
  | { kind: 'moved' }
  | { kind: 'oversized'; failure: Failure }
  | { kind: 'final'; failure: Failure }

function problemOf(status: number, failure: Failure): Problem {
  switch (status) {
    case 404:
    case 410:
      return { kind: 'gone' }
    case 409: // the server is elsewhere in the file
    case 423: // another request still has it
      return failure.kind === 'refused' && failure.code === 'conflict' ? { kind: 'moved' } : { kind: 'passing', afterMs: 0 }
    case 413:
      return { kind: 'oversized', failure }
    case 507: // a disk that is full stays so for long
      return { kind: 'final', failure }
  }
  // The line stood still for so long that the server gave the request up.
  if (failure.kind === 'refused' && failure.code === 'incomplete') return { kind: 'passing', afterMs: 0 }
  if (failure.kind === 'limited') return { kind: 'passing', afterMs: failure.retryAfterSeconds * 1000 }
  return status >= 500 ? { kind: 'passing', afterMs: 0 } : { kind: 'final', failure }
}

interface Memory {
  load(): Promise<string | undefined>
  save(path: string): Promise<void>
  forget(): Promise<void>
}

const forgetful: Memory = { load: async () => undefined, save: async () => {}, forget: async () => {} }

/** Tells a file from others without reading it: a page can't know where it lies. */
export function fingerprint(file: File): string {
  return JSON.stringify([file.name, file.type, file.size, file.lastModified])
}

function uploadPath(location: string | null): string | null {
  const path = location?.replace(/^https?:\/\/[^/]+/, '')
  return path && /^\/api\/uploads\/[\w-]+$/.test(path) ? path : null
}

function base64(text: string): string {
  let binary = ''
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte)
  return btoa(binary)
}
