import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { FileStore } from '~/files/upload-store'
import { defaultSettings } from '~/settings'
import { makeDesk, type Desk } from './desk'
import { makeDrafts, type Draft } from './drafts'
import type { Holder, WaitingPost } from './waiting'

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

// What a browser keeps over a reload.
function makeFiles(): FileStore & { kept: Map<string, File> } {
  const kept = new Map<string, File>()
  return {
    kept,
    find: async (key) => kept.get(key),
    put: async (key, file) => void kept.set(key, file),
    remove: async (key) => void kept.delete(key),
    prune: async () => {},
  }
}

// A page of this browser, with a server of its own: what an earlier one asked never ends.
function page(files: FileStore) {
  const onServer = serve()
  const all = makeDrafts({ userId: 'u1', post: (...args) => posted.push(args) > 0 })
  const at = makeDesk({ userId: 'u1', newKey: () => `k${++keys}`, store: files })
  desks.push(at)
  return { drafts: all, draft: all.of('general'), desk: all.desk(() => at), server: onServer }
}

const file = (name: string, size = 5) => new File(['x'.repeat(size)], name, { type: 'text/plain' })
const states = (holder: Holder) => holder.files().map((f) => `${f.name} ${f.state.status}`)

function first(of: Draft): WaitingPost {
  const [post] = of.waiting()
  if (!post) throw new Error('nothing waits')
  return post
}

// A machine that runs tests is busy.
const until = (check: () => void) => vi.waitFor(check, { timeout: 15_000 })

let posted: unknown[][] = []
let draft: Draft
let desk: Desk
let server: ReturnType<typeof serve>
let desks: Desk[] = []
let keys = 0
let full = false

beforeEach(() => {
  localStorage.clear()
  posted = []
  keys = 0
  const drafts = makeDrafts({ userId: 'u1', post: (...args) => !full && posted.push(args) > 0 })
  full = false
  draft = drafts.of('general')
  server = serve()
  desk = drafts.desk(() => makeDesk({ userId: 'u1', newKey: () => `k${++keys}` }))
  desks = [desk]
})
afterEach(() => {
  for (const one of desks) one.dispose()
  vi.unstubAllGlobals()
})

test('a post goes once its files are there, and what is written after it goes at once', async () => {
  server.hold()
  desk.add(draft, [file('a.txt'), file('b.txt')], defaultSettings)
  draft.writing.setText('look at these')
  expect(states(draft)).toEqual(['a.txt uploading', 'b.txt uploading'])
  expect(await draft.post()).toBe(true)
  expect([draft.writing.text(), draft.files()]).toEqual(['', []])
  expect(draft.waiting().map((p) => [p.text, ...states(p)])).toEqual([['look at these', 'a.txt uploading', 'b.txt uploading']])
  draft.writing.setText('meanwhile')
  await draft.post()
  expect(posted).toEqual([['general', 'meanwhile', {}]])
  const id = draft.waiting()[0]?.id
  server.let()
  await until(() => expect(posted).toHaveLength(2))
  expect(posted[1]).toMatchObject(['general', 'look at these', { clientId: id, attachments: [{ name: 'a.txt' }, { name: 'b.txt' }] }])
  expect(draft.waiting()).toEqual([])
})

test('it waits where a file was refused, and can be taken back, changed and sent', async () => {
  server.hold()
  desk.add(draft, [file('a.txt'), file('b.exe')], defaultSettings)
  draft.writing.setText('look')
  await draft.post()
  const post = first(draft)
  await until(() => expect(states(post)).toEqual(['a.txt uploading', 'b.exe failed']))
  server.let()
  await until(() => expect(states(post)).toEqual(['a.txt done', 'b.exe failed']))
  expect(post.files()[1]?.state).toEqual({ status: 'failed', reason: 'Programs are not taken here.' })
  desk.retry(post, 'k2')
  expect(states(post)).toEqual(['a.txt done', 'b.exe uploading'])
  await until(() => expect(states(post)).toEqual(['a.txt done', 'b.exe failed']))
  draft.takeBack(post)
  expect(draft.waiting()).toEqual([])
  expect(draft.writing.text()).toBe('look')
  expect(states(draft)).toEqual(['a.txt done', 'b.exe failed'])
  desk.remove(draft, 'k2')
  expect(states(draft)).toEqual(['a.txt done'])
  await draft.post()
  expect(posted).toMatchObject([['general', 'look', { attachments: [{ name: 'a.txt' }] }]])
})

test('taken back in the midst of it, a file goes on, before what was written since', async () => {
  server.hold()
  desk.add(draft, [file('a.txt')], defaultSettings)
  draft.writing.setText('look')
  await draft.post()
  await until(() => expect(server.requests).toContain('PATCH /api/uploads/u1'))
  desk.add(draft, [file('b.txt')], defaultSettings)
  draft.writing.setText('and @Bob')
  draft.writing.setMentions([{ userId: 'u2', userName: 'Bob', at: 4 }])
  draft.takeBack(first(draft))
  expect(draft.writing.text()).toBe('look\nand @Bob')
  expect(draft.writing.mentions()).toEqual([{ userId: 'u2', userName: 'Bob', at: 9 }])
  expect(states(draft)).toEqual(['a.txt uploading', 'b.txt uploading'])
  server.let()
  await until(() => expect(states(draft)).toEqual(['a.txt done', 'b.txt done']))
  expect(server.requests.filter((r) => r.startsWith('DELETE'))).toEqual([])
  expect(server.requests.filter((r) => r.startsWith('POST'))).toHaveLength(2)
  expect(posted).toEqual([])
})

test('given up, its files are stopped, and no longer at the server', async () => {
  desk.add(draft, [file('a.txt')], defaultSettings)
  await until(() => expect(states(draft)).toEqual(['a.txt done']))
  server.hold()
  desk.add(draft, [file('b.txt')], defaultSettings)
  await draft.post()
  await until(() => expect(server.requests).toContain('PATCH /api/uploads/u2'))
  draft.giveUp(first(draft))
  expect(draft.waiting()).toEqual([])
  await until(() => expect(server.requests.filter((r) => r.startsWith('DELETE')).sort()).toEqual(['DELETE /api/uploads/u1', 'DELETE /api/uploads/u2']))
  expect(localStorage).toHaveLength(0)
})

test('one that the outbox has no place for waits on, and goes when it is tried again', async () => {
  server.hold()
  desk.add(draft, [file('a.txt')], defaultSettings)
  await draft.post()
  full = true
  server.let()
  await until(() => expect(first(draft).refused()).toBe(true))
  full = false
  desk.resume(first(draft))
  await until(() => expect(posted).toHaveLength(1))
  expect(draft.waiting()).toEqual([])
})

test('what is taken off is stopped, and no longer at the server', async () => {
  server.hold()
  desk.add(draft, [file('a.txt')], defaultSettings)
  await until(() => expect(server.requests).toContain('PATCH /api/uploads/u1'))
  desk.remove(draft, 'k1')
  expect(draft.files()).toEqual([])
  await until(() => expect(server.requests).toContain('DELETE /api/uploads/u1'))
  server.let()
  desk.add(draft, [file('b.txt')], defaultSettings)
  await until(() => expect(states(draft)).toEqual(['b.txt done']))
  desk.remove(draft, 'k2')
  await until(() => expect(server.requests).toContain('DELETE /api/uploads/u2'))
})

test('what can not be taken is said in words, and the rest is', () => {
  const settings = { ...defaultSettings, maxFiles: 3, maxFileBytes: 10 }
  expect(desk.add(draft, [file('a'), file('big', 11), file('empty', 0), file('b')], settings)).toEqual([
    'big is larger than 10 bytes, the most that this server takes.',
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
  await until(() => expect(ask()).toBe(false))
})

test('it does not where a reload costs nothing, unless a message waits for the file', async () => {
  const here = page(makeFiles())
  here.server.hold()
  here.desk.add(here.draft, [file('a.txt')], defaultSettings)
  await until(() => expect(ask()).toBe(false))
  await here.draft.post()
  expect(ask()).toBe(true)
  here.draft.takeBack(first(here.draft))
  expect(ask()).toBe(false)
})

test('files that were under way are there after a reload, in their order, and go on', async () => {
  const files = makeFiles()
  const before = page(files)
  before.server.hold()
  before.desk.add(before.draft, [file('a.txt'), file('b.txt')], defaultSettings)
  before.draft.writing.setText('look')
  before.draft.setFiles(before.draft.files().toReversed())
  await until(() => expect([...files.kept.keys()]).toEqual(['k1', 'k2']))

  const here = page(files)
  // Before anything of them was looked for: a message that is sent now waits for them.
  expect(states(here.draft)).toEqual(['b.txt uploading', 'a.txt uploading'])
  here.desk.resume(here.draft)
  await here.draft.post()
  here.desk.resume(here.draft)
  await until(() => expect(posted).toHaveLength(1))
  expect(posted[0]).toMatchObject(['general', 'look', { attachments: [{ name: 'b.txt' }, { name: 'a.txt' }] }])
  expect(files.kept.size).toBe(0)
  expect(page(files).draft.files()).toEqual([])
})

test('one that was done is so after a reload, one that the browser did not keep is to be chosen again', async () => {
  const files = makeFiles()
  const before = page(files)
  before.desk.add(before.draft, [file('a.txt')], defaultSettings)
  await until(() => expect(states(before.draft)).toEqual(['a.txt done']))
  before.server.hold()
  before.desk.add(before.draft, [file('b.txt')], defaultSettings)
  await until(() => expect(files.kept.size).toBe(1))
  files.kept.clear()

  const here = page(files)
  here.desk.resume(here.draft)
  await until(() => expect(states(here.draft)).toEqual(['a.txt done', 'b.txt failed']))
  expect(here.draft.files()[1]?.state).toEqual({ status: 'failed', reason: "Your browser didn't keep it. Choose it again.", lost: true })
  here.desk.remove(here.draft, 'k2')
  expect(states(here.draft)).toEqual(['a.txt done'])
})

test('what is taken off is kept no longer', async () => {
  const files = makeFiles()
  const here = page(files)
  here.server.hold()
  here.desk.add(here.draft, [file('a.txt')], defaultSettings)
  await until(() => expect(files.kept.size).toBe(1))
  here.desk.remove(here.draft, 'k1')
  await until(() => expect(files.kept.size).toBe(0))
  expect(page(files).draft.files()).toEqual([])
})

test('what waits goes on after a reload, in whatever room, and in two tabs makes one message', async () => {
  const files = makeFiles()
  const before = page(files)
  before.server.hold()
  before.desk.add(before.draft, [file('a.txt')], defaultSettings)
  before.draft.writing.setText('look')
  await before.draft.post()
  await until(() => expect(files.kept.size).toBe(1))
  const { id } = first(before.draft)

  const here = page(files)
  expect(here.drafts.waiting('general')).toHaveLength(1)
  expect(here.drafts.waiting('random')).toHaveLength(0)
  await until(() => expect(posted).toHaveLength(1))
  expect(posted[0]).toMatchObject(['general', 'look', { clientId: id, attachments: [{ name: 'a.txt' }] }])
  expect(here.drafts.waiting('general')).toHaveLength(0)

  // The other tab is told, or asks before it does anything.
  before.server.let()
  await until(() => expect(before.draft.waiting()).toEqual([]))
  expect(posted).toHaveLength(1)
  expect(localStorage).toHaveLength(0)
})

test('a tab that comes to a file after another gave it up leaves it alone', async () => {
  const files = makeFiles()
  const before = page(files)
  before.server.hold()
  before.desk.add(before.draft, [file('a.txt')], defaultSettings)
  await before.draft.post()
  await until(() => expect(files.kept.size).toBe(1))
  const here = page(files)
  expect(here.draft.waiting()).toHaveLength(1)
  before.draft.giveUp(first(before.draft))
  await until(() => expect(here.draft.waiting()).toEqual([]))
  expect(here.server.requests).toEqual([])
  expect(localStorage).toHaveLength(0)
})

test('another tab shows what waits, and what was taken back waits in none', async () => {
  const files = makeFiles()
  const [here, there] = [page(files), page(files)]
  there.server.hold()
  here.desk.add(here.draft, [file('a.txt')], defaultSettings)
  here.draft.writing.setText('look')
  await here.draft.post()
  const key = `snug:waiting:u1:${first(here.draft).id}`
  there.drafts.refresh(key)
  expect(first(there.draft).text).toBe('look')
  there.draft.takeBack(first(there.draft))
  here.drafts.refresh(key)
  expect(here.draft.waiting()).toEqual([])
  expect(there.draft.writing.text()).toBe('look')
})
