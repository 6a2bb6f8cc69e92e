// @vitest-environment node
import 'fake-indexeddb/auto'
import { IDBFactory } from 'fake-indexeddb'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { AT_ONCE, makeUploads, UploadError, type UploadProgress, type Uploads } from './upload'
import { makeFileStore, makeUploadDatabase, makeUploadStore, type UploadStore } from './upload-store'

interface Asked {
  method: string
  path: string
  headers: Headers
  body: string
}

// A server of tus, as far as the client goes, that can be made to fail.
class Tus {
  readonly uploads = new Map<string, { length: number; content: string; metadata: string }>()
  readonly requests: string[] = []
  /** Answers a request in the server's place, if it wants to. */
  intercept: (asked: Asked) => Response | undefined = () => undefined
  /** There is no network. */
  cut = false
  mostAtOnce = 0
  private atOnce = 0
  private next = 0

  readonly fetch = async (path: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
    if (this.cut) throw new TypeError('fetch failed')
    const body = init.body instanceof Blob ? await init.body.text() : ''
    init.signal?.throwIfAborted()
    const asked: Asked = { method: init.method ?? 'GET', path: String(path), headers: new Headers(init.headers), body }
    this.requests.push(`${asked.method} ${asked.path}`)
    if (asked.method !== 'GET') expect(asked.headers.get('Tus-Resumable')).toBe('1.0.0')
    return this.intercept(asked) ?? this.answer(asked)
  }

  private answer({ method, path, headers, body }: Asked): Response {
    if (method === 'POST') {
      const id = `u${++this.next}`
      this.uploads.set(id, { length: Number(headers.get('Upload-Length')), content: '', metadata: headers.get('Upload-Metadata') ?? '' })
      this.mostAtOnce = Math.max(this.mostAtOnce, ++this.atOnce)
      return new Response(null, { status: 201, headers: { Location: `/api/uploads/${id}`, 'Upload-Offset': '0' } })
    }
    const id = path.slice('/api/uploads/'.length)
    const upload = this.uploads.get(id)
    if (!upload) return refusal(404, 'not_found', 'There is no such file.')
    switch (method) {
      case 'HEAD':
        return new Response(null, { status: 200, headers: { 'Upload-Offset': String(upload.content.length), 'Upload-Length': String(upload.length) } })
      case 'PATCH':
        if (Number(headers.get('Upload-Offset')) !== upload.content.length) return refusal(409, 'conflict', 'It is elsewhere.')
        upload.content += body
        return new Response(null, { status: 204, headers: { 'Upload-Offset': String(upload.content.length) } })
      case 'DELETE':
        this.uploads.delete(id)
        return new Response(null, { status: 204 })
    }
    if (upload.content.length < upload.length) return refusal(409, 'conflict', 'It is not whole.')
    this.atOnce--
    return Response.json({ id, name: 'n', mime: 'text/plain', size: upload.length, width: 0, height: 0, url: `/api/files/${id}/n` })
  }
}

function refusal(status: number, code: string, message: string, headers: Record<string, string> = {}): Response {
  return Response.json({ code, message }, { status, headers })
}

/** A promise, and how to keep it. */
function deferred(): { promise: Promise<void>; resolve(): void } {
  const event = new EventTarget()
  const promise = new Promise<void>((resolve) => {
    event.addEventListener('kept', () => resolve())
  })
  return { promise, resolve: () => void event.dispatchEvent(new Event('kept')) }
}

const text = (n: number) => Array.from({ length: n }, (_, i) => String(i % 10)).join('')
const fileOf = (content: string, name = 'a.txt') => new File([content], name, { type: 'text/plain', lastModified: 1 })

let tus: Tus
let store: UploadStore
let online: EventTarget

function make(over: { store?: UploadStore; fetch?: typeof fetch } = {}): Uploads {
  return makeUploads({ userId: 'u', store, network: online, fetch: tus.fetch, ...over })
}

beforeEach(() => {
  tus = new Tus()
  store = makeUploadStore(makeUploadDatabase(new IDBFactory()))
  online = new EventTarget()
})

const count = (what: string) => tus.requests.filter((r) => r.startsWith(what)).length

describe('a file', () => {
  it('goes in pieces, with progress, and comes back as an attachment', async () => {
    const content = text(1_500_000)
    const progress: UploadProgress[] = []
    const attachment = await make().upload(fileOf(content, 'übersicht.txt'), { onProgress: (p) => progress.push(p) })
    expect(attachment).toMatchObject({ id: 'u1', mime: 'text/plain', size: content.length, url: '/api/files/u1/n' })
    expect(tus.uploads.get('u1')?.content).toBe(content)
    const name = /filename (\S+),filetype (\S+)/.exec(tus.uploads.get('u1')?.metadata ?? '')
    expect(new TextDecoder().decode(Uint8Array.from(atob(name?.[1] ?? ''), (c) => c.charCodeAt(0)))).toBe('übersicht.txt')
    expect(progress.at(0)?.state).toBe('queued')
    expect(progress.at(-1)).toEqual({ state: 'processing', sent: content.length, total: content.length })
    const sent = progress.map((p) => p.sent)
    expect(sent).toEqual([...sent].sort((a, b) => a - b))
    expect(new Set(sent).size).toBeGreaterThan(2)
  })

  it('that the server refuses fails with its words, and is not tried again', async () => {
    tus.intercept = () => refusal(413, 'too_long', 'The file is too large: the limit is 100 MiB.')
    await expect(make().upload(fileOf('x'))).rejects.toThrow('The file is too large: the limit is 100 MiB.')
    await expect(make().upload(fileOf('x'))).rejects.toBeInstanceOf(UploadError)
    expect(tus.requests).toHaveLength(2)
  })

  it('goes in smaller pieces where a proxy takes no large ones', async () => {
    const content = text(700_000)
    tus.intercept = ({ method, body }) => (method === 'PATCH' && body.length > 200_000 ? new Response('<html>too large</html>', { status: 413 }) : undefined)
    await make().upload(fileOf(content))
    expect(tus.uploads.get('u1')?.content).toBe(content)
  })

  it('waits while the server has too much to do', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    let times = 0
    tus.intercept = ({ method }) => (method === 'POST' && ++times <= 2 ? refusal(429, 'rate_limited', 'Wait.', { 'Retry-After': '7' }) : undefined)
    const states: string[] = []
    const done = make().upload(fileOf('x'), { onProgress: (p) => {
      states.push(p.state)
      if (p.state === 'waiting') queueMicrotask(() => vi.advanceTimersByTime(7_000))
    } })
    await done
    vi.useRealTimers()
    expect(states.filter((s) => s === 'waiting')).toHaveLength(2)
  })
})

describe('a cut', () => {
  it('of the network is waited out, and the upload goes on from what has come', async () => {
    const content = text(2_000_000)
    const whenWaiting = deferred()
    let once = true
    const done = make().upload(fileOf(content), {
      onProgress: ({ state, sent }) => {
        if (sent > 0 && once) {
          once = false
          tus.cut = true
        }
        if (state === 'waiting') whenWaiting.resolve()
      },
    })
    await whenWaiting.promise
    const before = tus.uploads.get('u1')?.content.length ?? 0
    expect(before).toBeGreaterThan(0)
    tus.cut = false
    online.dispatchEvent(new Event('online'))
    await done
    expect(tus.uploads.get('u1')?.content).toBe(content)
    expect(count('POST')).toBe(1)
  })

  it('that ends during a try which still fails is not waited out', async () => {
    // Only the network's return lets it go on: no time passes.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    let tries = 0
    tus.intercept = ({ method }) => {
      if (method !== 'PATCH' || ++tries > 1) return undefined
      online.dispatchEvent(new Event('online'))
      throw new TypeError('fetch failed')
    }
    await make().upload(fileOf('abc'))
    vi.useRealTimers()
    expect(tus.uploads.get('u1')?.content).toBe('abc')
    expect(tries).toBe(2)
  })

  it('in the midst of an answer repeats no bytes', async () => {
    const content = text(1_200_000)
    let lost = false
    tus.intercept = ({ method, body }) => {
      const upload = tus.uploads.get('u1')
      if (method !== 'PATCH' || lost || !upload) return undefined
      lost = true
      upload.content = body // it has come, and the answer doesn't
      throw new TypeError('fetch failed')
    }
    await make().upload(fileOf(content), {
      onProgress: ({ state }) => {
        if (state === 'waiting') setTimeout(() => online.dispatchEvent(new Event('online')))
      },
    })
    expect(tus.uploads.get('u1')?.content).toBe(content)
    expect(count('HEAD')).toBe(1)
  })

  it('so long that the server gave the request up is waited out', async () => {
    const content = text(1_000_000)
    let stood = false
    tus.intercept = ({ method, body }) => {
      const upload = tus.uploads.get('u1')
      if (method !== 'PATCH' || stood || !upload) return undefined
      stood = true
      upload.content = body.slice(0, 1_000)
      return refusal(400, 'incomplete', 'The upload was cut off. What has come is kept.')
    }
    await make().upload(fileOf(content), {
      onProgress: ({ state }) => {
        if (state === 'waiting') setTimeout(() => online.dispatchEvent(new Event('online')))
      },
    })
    expect(tus.uploads.get('u1')?.content).toBe(content)
    expect(count('POST')).toBe(1)
  })

  it('by a reload: the same file goes on where it stopped', async () => {
    const content = text(1_000_000)
    const stopped = deferred()
    // The page goes away: none of its requests ends.
    let dead = false
    const gone = make({ fetch: (path, init) => (dead ? new Promise(() => {}) : tus.fetch(path, init)) })
    void gone.upload(fileOf(content), {
      onProgress: ({ sent }) => {
        if (sent === 0) return
        dead = true
        stopped.resolve()
      },
    })
    await stopped.promise
    const had = tus.uploads.get('u1')?.content.length
    expect(had).toBeGreaterThan(0)
    const sent: number[] = []
    await make().upload(fileOf(content), { onProgress: (p) => sent.push(p.sent) })
    expect(count('POST')).toBe(1)
    expect(sent.find((n) => n > 0)).toBe(had)
    expect(tus.uploads.get('u1')?.content).toBe(content)
    // Once it is done, the same file is a new one.
    await make().upload(fileOf(content))
    expect(count('POST')).toBe(2)
  })

  it('so long that the server has deleted it begins anew', async () => {
    await store.put({ userId: 'u', fingerprint: JSON.stringify(['a.txt', 'text/plain', 3, 1]), path: '/api/uploads/gone', createdAt: Date.now() })
    await make().upload(fileOf('abc'))
    expect(tus.requests[0]).toBe('HEAD /api/uploads/gone')
    expect(tus.uploads.get('u1')?.content).toBe('abc')
  })

  it('of more than a day is forgotten', async () => {
    await store.put({ userId: 'u', fingerprint: JSON.stringify(['a.txt', 'text/plain', 3, 1]), path: '/api/uploads/old', createdAt: Date.now() - 25 * 3600_000 })
    await make().upload(fileOf('abc'))
    expect(count('HEAD')).toBe(0)
  })

  it('of another person is left alone', async () => {
    await store.put({ userId: 'somebody else', fingerprint: JSON.stringify(['a.txt', 'text/plain', 3, 1]), path: '/api/uploads/theirs', createdAt: Date.now() })
    await make().upload(fileOf('abc'))
    expect(count('HEAD')).toBe(0)
  })

  it('is no matter where the browser refuses to store', async () => {
    const refusing: UploadStore = {
      find: () => Promise.reject(new Error('no')), put: () => Promise.reject(new Error('no')), remove: () => Promise.reject(new Error('no')), prune: () => Promise.reject(new Error('no')),
    }
    await make({ store: refusing }).upload(fileOf('abc'))
    expect(tus.uploads.get('u1')?.content).toBe('abc')
  })
})

describe('what a browser keeps of files', () => {
  it('is one person\'s, and gone when it is old', async () => {
    const database = makeUploadDatabase(new IDBFactory())
    const files = makeFileStore(database, 'u', () => 1_000)
    await files.put('k', fileOf('abc'))
    await makeFileStore(database, 'somebody else', () => 2_000).put('k', fileOf('theirs'))
    expect(await (await files.find('k'))?.text()).toBe('abc')
    expect(await files.find('other')).toBeUndefined()
    await files.prune(1_500)
    expect(await files.find('k')).toBeUndefined()
    const theirs = makeFileStore(database, 'somebody else')
    expect(await (await theirs.find('k'))?.text()).toBe('theirs')
    await theirs.remove('k')
    expect(await theirs.find('k')).toBeUndefined()
  })

  it('is kept by an earlier version of the page, too', async () => {
    const factory = new IDBFactory()
    await new Promise<void>((resolve, reject) => {
      const request = factory.open('snug-uploads', 1)
      request.addEventListener('upgradeneeded', () => request.result.createObjectStore('uploads', { keyPath: ['userId', 'fingerprint'] }).createIndex('createdAt', 'createdAt'))
      request.addEventListener('error', () => reject(request.error))
      request.addEventListener('success', () => {
        request.result.close()
        resolve()
      })
    })
    const database = makeUploadDatabase(factory)
    await makeUploadStore(database).put({ userId: 'u', fingerprint: 'f', path: '/p', createdAt: 1 })
    await makeFileStore(database, 'u').put('k', fileOf('abc'))
    expect(await makeUploadStore(database).find('u', 'f')).toMatchObject({ path: '/p' })
  })
})

describe('cancelling', () => {
  it('stops the upload and deletes what has come', async () => {
    const controller = new AbortController()
    const deleted = deferred()
    tus.intercept = ({ method }) => {
      if (method === 'DELETE') deleted.resolve()
      return undefined
    }
    const done = make().upload(fileOf(text(3_000_000)), {
      signal: controller.signal,
      onProgress: ({ sent }) => {
        if (sent > 0) controller.abort()
      },
    })
    await expect(done).rejects.toThrow('aborted')
    await deleted.promise
    expect(await store.find('u', JSON.stringify(['a.txt', 'text/plain', 3_000_000, 1]))).toBeUndefined()
  })

  it('works while it waits for its turn, or for the network', async () => {
    const uploads = make()
    tus.cut = true
    const controllers = Array.from({ length: AT_ONCE + 1 }, () => new AbortController())
    const waiting = deferred()
    const all = controllers.map(({ signal }, i) => uploads.upload(fileOf('x', `${i}`), { signal, onProgress: (p) => p.state === 'waiting' && waiting.resolve() }))
    const settled = Promise.allSettled(all)
    await waiting.promise
    for (const controller of controllers.toReversed()) controller.abort()
    expect((await settled).map((r) => r.status)).toEqual(controllers.map(() => 'rejected'))
    tus.cut = false
    await uploads.upload(fileOf('y')) // and the turns are free again
    await expect(uploads.upload(fileOf('z'), { signal: AbortSignal.abort() })).rejects.toThrow()
  })

  it('a finished one deletes it', async () => {
    const uploads = make()
    const { id } = await uploads.upload(fileOf('x'))
    const deleted = deferred()
    tus.intercept = ({ method, path }) => {
      if (method === 'DELETE' && path === `/api/uploads/${id}`) deleted.resolve()
      return undefined
    }
    uploads.discard(id)
    await deleted.promise
  })
})

describe('many', () => {
  it('go three at once, the others after them', async () => {
    const uploads = make()
    await Promise.all(Array.from({ length: 8 }, (_, i) => uploads.upload(fileOf(text(1000 + i), `${i}`))))
    expect(tus.mostAtOnce).toBe(AT_ONCE)
    expect(tus.uploads.size).toBe(8)
  })

  it('of the same file are each their own', async () => {
    const uploads = make()
    const [a, b] = await Promise.all([uploads.upload(fileOf('same')), uploads.upload(fileOf('same'))])
    expect(a?.id).not.toBe(b?.id)
    expect([...tus.uploads.values()].map((u) => u.content)).toEqual(['same', 'same'])
  })
})
