import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { defaultSettings } from '~/settings'
import { makeDesk, sizeOf, type Desk } from './desk'
import { makeDrafts, type Draft } from './drafts'

// A server of the upload protocol that takes a file in one piece when it is let, and
// refuses what ends in .exe.
function serve() {
  let count = 0
  const names = new Map<string, { name: string; size: number }>()
  let open: (() => void) | undefined
  let gate: Promise<void> | undefined
  const requests: string[] = []
  vi.stubGlobal('fetch', async (path: string, init: RequestInit = {}) => {
    const method = init.method ?? 'GET'
    requests.push(`${method} ${path}`)
    const headers = new Headers(init.headers)
    if (method === 'POST') {
      const name = atob(/filename (\S+?)(?:,|$)/.exec(headers.get('Upload-Metadata') ?? '')?.[1] ?? '')
      if (name.endsWith('.exe')) return Response.json({ code: 'bad_request', message: 'Programs are not taken here.' }, { status: 415 })
      const id = `u${++count}`
      names.set(id, { name, size: Number(headers.get('Upload-Length')) })
      return new Response(null, { status: 201, headers: { Location: `/api/uploads/${id}`, 'Upload-Offset': '0' } })
    }
    const id = path.split('/').at(-1) ?? ''
    const file = names.get(id)
    if (method === 'DELETE') return new Response(null, { status: 204 })
    if (method === 'PATCH') {
      await Promise.race([gate, new Promise((_, reject) => init.signal?.addEventListener('abort', () => reject(init.signal?.reason)))])
      return new Response(null, { status: 204, headers: { 'Upload-Offset': String(file?.size) } })
    }
    return Response.json({ id, name: file?.name, mime: 'text/plain', size: file?.size, width: 0, height: 0, url: `/api/files/${id}/x` })
  })
  return {
    requests,
    hold() {
      gate = new Promise((resolve) => (open = resolve))
    },
    let: () => open?.(),
  }
}

const file = (name: string, size = 5) => new File(['x'.repeat(size)], name, { type: 'text/plain' })
const states = (draft: Draft) => draft.files().map((f) => `${f.name} ${f.state.status}`)

let posted: unknown[][] = []
let draft: Draft
let desk: Desk
let server: ReturnType<typeof serve>

beforeEach(() => {
  localStorage.clear()
  posted = []
  draft = makeDrafts({ userId: 'u1', post: (...args) => posted.push(args) > 0 }).of('general')
  server = serve()
  let key = 0
  desk = makeDesk({ userId: 'u1', newKey: () => `k${++key}` })
})
afterEach(() => {
  desk.dispose()
  vi.unstubAllGlobals()
})

test('a post that was asked for goes once its files are there, with the text as it is by then', async () => {
  server.hold()
  desk.add(draft, [file('a.txt'), file('b.txt')], defaultSettings)
  draft.writing.setText('look')
  expect(states(draft)).toEqual(['a.txt uploading', 'b.txt uploading'])
  draft.hold(true)
  draft.writing.setText('look at these')
  server.let()
  await vi.waitFor(() => expect(posted).toHaveLength(1))
  expect(posted[0]).toMatchObject(['general', 'look at these', { attachments: [{ name: 'a.txt' }, { name: 'b.txt' }] }])
  expect(draft.files()).toEqual([])
  expect(draft.held()).toBe(false)
})

test('it stays where a file was refused, and goes without it', async () => {
  server.hold()
  desk.add(draft, [file('a.txt'), file('b.exe')], defaultSettings)
  draft.hold(true)
  await vi.waitFor(() => expect(states(draft)).toEqual(['a.txt uploading', 'b.exe failed']))
  server.let()
  await vi.waitFor(() => expect(draft.held()).toBe(false))
  expect(posted).toEqual([])
  expect(draft.files()[1]?.state).toEqual({ status: 'failed', reason: 'Programs are not taken here.' })
  desk.retry(draft, 'k2')
  expect(states(draft)).toEqual(['a.txt done', 'b.exe uploading'])
  await vi.waitFor(() => expect(states(draft)).toEqual(['a.txt done', 'b.exe failed']))
  desk.remove(draft, 'k2')
  expect(states(draft)).toEqual(['a.txt done'])
  await draft.post()
  expect(posted).toHaveLength(1)
})

test('what is taken off is stopped, and no longer at the server', async () => {
  server.hold()
  desk.add(draft, [file('a.txt')], defaultSettings)
  await vi.waitFor(() => expect(server.requests).toContain('PATCH /api/uploads/u1'))
  desk.remove(draft, 'k1')
  expect(draft.files()).toEqual([])
  await vi.waitFor(() => expect(server.requests).toContain('DELETE /api/uploads/u1'))
  server.let()
  desk.add(draft, [file('b.txt')], defaultSettings)
  await vi.waitFor(() => expect(states(draft)).toEqual(['b.txt done']))
  desk.remove(draft, 'k2')
  await vi.waitFor(() => expect(server.requests).toContain('DELETE /api/uploads/u2'))
})

test('what can not be taken is said in words, and the rest is', () => {
  const settings = { ...defaultSettings, maxFiles: 3, maxFileBytes: 10 }
  expect(desk.add(draft, [file('a'), file('big', 11), file('empty', 0), file('b')], settings)).toEqual([
    'big is larger than 10 B, the most that this server takes.',
    'empty is empty, or a folder.',
  ])
  expect(desk.add(draft, [file('c'), file('d'), file('e')], settings)).toEqual(['A message takes 3 files; the others were left out.'])
  expect(draft.files().map((f) => f.name)).toEqual(['a', 'b', 'c'])
  expect(desk.add(draft, [file('f')], { ...settings, maxFiles: 0 })).toEqual(['This server takes no files.'])
})

function ask(): boolean {
  const event = new Event('beforeunload', { cancelable: true })
  dispatchEvent(event)
  return event.defaultPrevented
}

test('the page asks before it is closed on a file that is under way', async () => {
  expect(ask()).toBe(false)
  server.hold()
  desk.add(draft, [file('a.txt')], defaultSettings)
  expect(ask()).toBe(true)
  server.let()
  await vi.waitFor(() => expect(ask()).toBe(false))
})

test.each([[0, '0 B'], [999, '999 B'], [1_000, '1 kB'], [1_400_000, '1.4 MB'], [9_960_000, '10 MB'], [999_600, '1 MB'], [100_000_000, '100 MB'], [2.5e12, '2.5 TB']])('%d bytes are %s', (bytes, words) => {
  expect(sizeOf(bytes)).toBe(words)
})
