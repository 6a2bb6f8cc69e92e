import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { PostMore } from '~/room/outbox-store'
import { makeDrafts, type Drafts } from './drafts'
import { makeSync } from './sync'

const attachment = { id: 'f1', name: 'a.png', mime: 'image/png', size: 10, width: 1, height: 1, url: '/api/files/f1/a.png' }
const done = { key: 'f1', name: 'a.png', mime: 'image/png', size: 10, state: { status: 'done', attachment } } as const
const quoted = { id: 'm1', userId: 'u2', userName: 'Bob', content: 'well?' }

let clock = 1_000
let posted: { room: string; content: string; more: PostMore }[] = []
let full = false
let opened: Drafts[] = []

function open(userId = 'u1'): Drafts {
  const drafts = makeDrafts({
    userId,
    now: () => ++clock,
    post(room, content, more) {
      if (!full) posted.push({ room, content, more })
      return !full
    },
  })
  opened.push(drafts)
  return drafts
}

beforeEach(() => {
  localStorage.clear()
  posted = []
  full = false
  opened = []
})
afterEach(() => {
  for (const drafts of opened) drafts.dispose()
  vi.restoreAllMocks()
})

test('what was written is there after a reload, for that person, room and thread', () => {
  const draft = open().of('general')
  draft.writing.setText('half a thought of @Bob')
  draft.writing.setMentions([{ userId: 'u2', userName: 'Bob', at: 18 }])
  draft.reply(quoted)
  draft.setFiles([done, { ...done, key: 'x', state: { status: 'uploading', sent: 1, waiting: false } }])
  open().of('general', 't1').writing.setText('in the thread')

  const again = open()
  expect(again.of('general').writing.text()).toBe('half a thought of @Bob')
  expect(again.of('general').writing.mentions()).toHaveLength(1)
  expect(again.of('general').replyTo()).toEqual(quoted)
  // How far a file was that wasn't there yet is found out anew.
  expect(again.of('general').files()).toEqual([done, { ...done, key: 'x', state: { status: 'uploading', sent: 0, waiting: false } }])
  expect(again.of('general', 't1').writing.text()).toBe('in the thread')
  expect(again.of('random').writing.text()).toBe('')
  expect([...again.marked()].sort()).toEqual(['general', 'general/t1'])
  expect(open('u2').of('general').writing.text()).toBe('')
})

test('a post takes all with it and leaves nothing', async () => {
  const drafts = open()
  const draft = drafts.of('general', 't1')
  draft.writing.setText(' hi @Bob ')
  draft.writing.setMentions([{ userId: 'u2', userName: 'Bob', at: 4 }])
  draft.setFiles([done])
  draft.reply(quoted)
  expect(await draft.post()).toBe(true)
  expect(posted).toEqual([{ room: 'general', content: 'hi @[Bob](user:u2)', more: { replyTo: 'm1', thread: 't1', attachments: [attachment] } }])
  expect([draft.writing.text(), draft.writing.mentions(), draft.files(), draft.replyTo()]).toEqual(['', [], [], undefined])
  expect(drafts.marked().size).toBe(0)
  expect(open().of('general', 't1').writing.text()).toBe('')
})

test('what the outbox has no room for stays', async () => {
  const draft = open().of('general')
  draft.writing.setText('one more')
  full = true
  expect(await draft.post()).toBe(false)
  expect(draft.writing.text()).toBe('one more')
  expect(open().of('general').writing.text()).toBe('one more')
})

test('another tab takes over what changed, and keeps what it knows of files on their way', () => {
  const [one, two] = [open(), open()]
  const there = one.of('general')
  const here = two.of('general')
  const begun = { ...done, key: 'x', state: { status: 'uploading', sent: 0, waiting: false } } as const
  there.setFiles([begun, done])
  two.refresh('snug:draft:u1:general')
  expect(here.files()).toEqual([begun, done])
  here.setFiles([{ ...begun, state: { ...begun.state, sent: 5 } }, done])
  there.writing.setText('with these')
  two.refresh('snug:draft:u1:general')
  expect(here.writing.text()).toBe('with these')
  expect(here.files()[0]?.state).toMatchObject({ sent: 5 })
  there.setFiles([{ ...begun, state: done.state }, done])
  two.refresh('snug:draft:u1:general')
  expect(here.files()[0]?.state).toEqual(done.state)
  there.setFiles([])
  two.refresh('snug:draft:u1:general')
  expect(here.files()).toEqual([])
})

test('a browser that refuses to store keeps drafts as long as the page', () => {
  vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
    throw new DOMException('full', 'QuotaExceededError')
  })
  const drafts = open()
  drafts.of('general').writing.setText('still here')
  expect(drafts.read('general').text).toBe('still here')
  expect([...drafts.marked()]).toEqual(['general'])
})

test('what stands in storage and is no draft is left out', () => {
  for (const value of ['{', '"text"', '{"text":1,"mentions":[]}', 'null']) {
    localStorage.setItem('snug:draft:u1:general', value)
    expect(open().of('general').writing.text()).toBe('')
  }
})

// The rule of the server: the newest wins, and an empty one deletes.
function serve(): Map<string, { content: string; updatedAt: number; replyTo?: string }> {
  const stored = new Map<string, { content: string; updatedAt: number; replyTo?: string }>()
  vi.stubGlobal('fetch', async (path: string, init: RequestInit) => {
    if (path.startsWith('/api/rooms/general/messages/')) return Response.json({ id: 'm1', userId: 'u2', userName: 'Bob', content: 'well?', timestamp: 1, type: 'text', seq: 1 })
    if (init.method !== 'PUT') {
      return Response.json({ drafts: [...stored].map(([name, d]) => ({ room: name.split('/')[0], thread: name.split('/')[1] ?? '', ...d })) })
    }
    const { room, thread, ...draft } = JSON.parse(String(init.body))
    const name = thread ? `${room}/${thread}` : room
    if (draft.updatedAt > (stored.get(name)?.updatedAt ?? 0)) {
      if (draft.content === '') stored.delete(name)
      else stored.set(name, draft)
    }
    return Response.json({ room, thread, content: '', ...(stored.get(name) ?? draft) })
  })
  return stored
}

async function device(act: (drafts: Drafts) => unknown): Promise<Drafts> {
  localStorage.clear()
  const drafts = open()
  const sync = makeSync(drafts, () => clock)
  await sync.pull()
  await act(drafts)
  await sync.push()
  sync.dispose()
  return drafts
}

test('what was begun on one device is finished on another, and gone from both when it is posted', async () => {
  const stored = serve()
  const first = await device((d) => {
    d.of('general').writing.setText('hi @Bob')
    d.of('general').writing.setMentions([{ userId: 'u2', userName: 'Bob', at: 3 }])
    d.of('general').reply(quoted)
  })
  expect(stored.get('general')).toMatchObject({ content: 'hi @[Bob](user:u2)', replyTo: 'm1' })

  const kept = Object.entries(localStorage)
  await device(async (d) => {
    expect(d.of('general').writing.text()).toBe('hi @Bob')
    expect(d.of('general').replyTo()).toEqual(quoted)
    await d.of('general').post()
  })
  expect(stored.size).toBe(0)

  localStorage.clear()
  for (const [key, value] of kept) localStorage.setItem(key, value)
  const sync = makeSync(first, () => clock)
  await sync.pull()
  expect(first.of('general').writing.text()).toBe('')
  sync.dispose()
})

test('two texts written at once are both kept', async () => {
  const stored = serve()
  const drafts = open()
  drafts.of('general').writing.setText('from the train')
  stored.set('general', { content: 'from the desk', updatedAt: clock + 1_000 })
  clock += 2_000
  const sync = makeSync(drafts, () => clock)
  await sync.pull()
  expect(drafts.of('general').writing.text()).toBe('from the train')
  expect(drafts.of('general').elsewhere()).toBe('from the desk')
  drafts.of('general').setElsewhere(undefined)
  await sync.push()
  expect(stored.get('general')?.content).toBe('from the train')
  sync.dispose()
})

test('what a session that is over could not bring is there for who signs in again', async () => {
  const stored = serve()
  const drafts = open()
  drafts.of('general').writing.setText('half a thought')
  const sync = makeSync(drafts, () => clock)
  const { fetch } = globalThis
  vi.stubGlobal('fetch', async () => new Response('{"error":"Sign in first."}', { status: 401 }))
  await sync.push()
  vi.stubGlobal('fetch', fetch)
  await sync.pull()
  expect(drafts.of('general').writing.text()).toBe('half a thought')
  await sync.push()
  expect(stored.get('general')?.content).toBe('half a thought')
  sync.dispose()
})

test('what was posted is not brought back by an answer from before', async () => {
  const stored = serve()
  const drafts = open()
  const sync = makeSync(drafts, () => clock)
  const draft = drafts.of('general')
  draft.writing.setText('on my way')
  await sync.push()
  expect(stored.get('general')?.content).toBe('on my way')
  // The answer to the list of drafts is slower than the post and its trace at the server.
  const { fetch } = globalThis
  const late: (() => void)[] = []
  vi.stubGlobal('fetch', async (path: string, init: RequestInit) => {
    const answer = await fetch(path, init)
    if (init.method !== 'PUT') await new Promise<void>((resolve) => late.push(resolve))
    return answer
  })
  const pulled = sync.pull()
  await vi.waitFor(() => expect(late).toHaveLength(1))
  await draft.post()
  await sync.push()
  expect(stored.size).toBe(0)
  for (const answer of late) answer()
  await pulled
  expect(draft.writing.text()).toBe('')
  expect(drafts.read('general').text).toBe('')
  sync.dispose()
})

test('a server that lets nobody in is not asked again and again', async () => {
  vi.useFakeTimers()
  let asked = 0
  vi.stubGlobal('fetch', async () => {
    asked++
    return new Response('{"error":"Sign in first."}', { status: 401 })
  })
  const drafts = open()
  drafts.of('general').writing.setText('half a thought')
  drafts.sync()
  await vi.dynamicImportSettled()
  await vi.advanceTimersByTimeAsync(60_000)
  // Whether the session is over isn't known yet.
  expect(asked).toBeGreaterThan(1)
  drafts.endSync()
  await vi.advanceTimersByTimeAsync(0)
  asked = 0
  drafts.of('general').writing.setText('half a thought, and more')
  await vi.advanceTimersByTimeAsync(3_600_000)
  expect(asked).toBe(0)
  expect(drafts.read('general').text).toBe('half a thought, and more')
  vi.useRealTimers()
})

test('without a server nothing is lost, and it is sent later', async () => {
  const drafts = open()
  const sync = makeSync(drafts, () => clock)
  vi.stubGlobal('fetch', async () => {
    throw new TypeError('offline')
  })
  drafts.of('general').writing.setText('in a tunnel')
  await sync.push()
  await sync.pull()
  expect(drafts.of('general').writing.text()).toBe('in a tunnel')
  const stored = serve()
  await sync.push()
  expect(stored.get('general')?.content).toBe('in a tunnel')
  sync.dispose()
})
