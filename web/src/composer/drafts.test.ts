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

test('what there is no place for any more counts before what was stored of it', async () => {
  const server = serve()
  const drafts = open()
  const sync = makeSync(drafts, () => clock)
  drafts.of('general').writing.setText('half a thought')
  await sync.push()
  vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
    throw new DOMException('full', 'QuotaExceededError')
  })
  drafts.of('general').writing.setText('half a thought, and the rest')
  expect(drafts.read('general').text).toBe('half a thought, and the rest')
  await sync.push()
  expect(server.content('general')).toBe('half a thought, and the rest')
  vi.restoreAllMocks()
  drafts.of('general').writing.setText('whole')
  expect(open().of('general').writing.text()).toBe('whole')
  sync.dispose()
})

test('what stands in storage and is no draft is left out', () => {
  for (const value of ['{', '"text"', '{"text":1,"mentions":[]}', 'null']) {
    localStorage.setItem('snug:draft:u1:general', value)
    expect(open().of('general').writing.text()).toBe('')
  }
})

interface Stored {
  content: string
  updatedAt: number
  replyTo?: string
}

const refusal = (status: number) => Response.json({ error: 'No.', code: 'refused' }, { status })

// The rule of the server: the newest wins, and of an empty one there is since when. `out` are
// the rooms that this person isn't in, and `status` is how it refuses, 200: not at all.
function serve() {
  const stored = new Map<string, Stored>()
  const server = { out: new Set<string>(), status: 200, content: (name: string) => stored.get(name)?.content || undefined, set: stored.set.bind(stored), puts: 0 }
  vi.stubGlobal('fetch', async (path: string, init: RequestInit) => {
    if (path.startsWith('/api/rooms/general/messages/')) return Response.json({ id: 'm1', userId: 'u2', userName: 'Bob', content: 'well?', timestamp: 1, type: 'text', seq: 1 })
    if (init.method !== 'PUT') {
      const all = [...stored].map(([name, d]) => ({ room: name.split('/')[0] ?? '', thread: name.split('/')[1] ?? '', ...d })).filter((d) => !server.out.has(d.room))
      return Response.json({ drafts: all.filter((d) => d.content !== ''), deleted: all.filter((d) => d.content === '').map(({ room, thread, updatedAt }) => ({ room, thread, updatedAt })) })
    }
    server.puts++
    if (server.status !== 200) return refusal(server.status)
    const { room, thread, ...draft } = JSON.parse(String(init.body))
    if (server.out.has(room)) return refusal(404)
    const name = thread ? `${room}/${thread}` : room
    const known = stored.get(name)
    if (draft.updatedAt >= (known?.updatedAt ?? 0) && (known || draft.content !== '')) stored.set(name, draft)
    return Response.json({ room, thread, ...(stored.get(name) ?? draft) })
  })
  return server
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
  const server = serve()
  const first = await device((d) => {
    d.of('general').writing.setText('hi @Bob')
    d.of('general').writing.setMentions([{ userId: 'u2', userName: 'Bob', at: 3 }])
    d.of('general').reply(quoted)
  })
  expect(server.content('general')).toBe('hi @[Bob](user:u2)')

  const kept = Object.entries(localStorage)
  await device(async (d) => {
    expect(d.of('general').writing.text()).toBe('hi @Bob')
    expect(d.of('general').replyTo()).toEqual(quoted)
    await d.of('general').post()
  })
  expect(server.content('general')).toBeUndefined()

  localStorage.clear()
  for (const [key, value] of kept) localStorage.setItem(key, value)
  const sync = makeSync(first, () => clock)
  await sync.pull()
  expect(first.of('general').writing.text()).toBe('')
  sync.dispose()
})

test('what another tab posted is not brought back by an answer from before', async () => {
  const server = serve()
  const [here, there] = [open(), open()]
  const [sync, other] = [makeSync(here, () => clock), makeSync(there, () => clock)]
  here.of('general').writing.setText('on my way')
  await sync.push()
  const { fetch } = globalThis
  const late: (() => void)[] = []
  vi.stubGlobal('fetch', async (path: string, init: RequestInit) => {
    const answer = await fetch(path, init)
    if (init.method !== 'PUT') await new Promise<void>((resolve) => late.push(resolve))
    return answer
  })
  const pulled = sync.pull()
  await vi.waitFor(() => expect(late).toHaveLength(1))
  there.refresh('snug:draft:u1:general')
  expect(there.of('general').writing.text()).toBe('on my way')
  await there.of('general').post()
  dispatchEvent(new StorageEvent('storage', { key: 'snug:draft:u1:general' }))
  await other.push()
  expect(server.content('general')).toBeUndefined()
  for (const answer of late) answer()
  await pulled
  expect(here.of('general').writing.text()).toBe('')
  expect(here.read('general').text).toBe('')
  sync.dispose()
  other.dispose()
})

test('two texts written at once are both kept', async () => {
  const server = serve()
  const drafts = open()
  drafts.of('general').writing.setText('from the train')
  server.set('general', { content: 'from the desk', updatedAt: clock + 1_000 })
  clock += 2_000
  const sync = makeSync(drafts, () => clock)
  await sync.pull()
  expect(drafts.of('general').writing.text()).toBe('from the train')
  expect(drafts.of('general').elsewhere()).toBe('from the desk')
  drafts.of('general').setElsewhere(undefined)
  await sync.push()
  expect(server.content('general')).toBe('from the train')
  sync.dispose()
})

/** As after a reload: all that this page knows is what it kept. */
function reload(drafts: Drafts): Drafts {
  drafts.dispose()
  return open()
}

test('a draft that the server refused stays through pulls and reloads, and goes once one is in the room again', async () => {
  const server = serve()
  let drafts = open()
  let sync = makeSync(drafts, () => clock)
  drafts.of('secret').writing.setText('half a thought')
  drafts.of('secret', 't1').writing.setText('and one in a thread')
  server.out.add('secret')
  await sync.push()
  await sync.pull()
  // Asked again and again it would say the same.
  await sync.push()
  expect(server.puts).toBe(2)
  await sync.again(['general'])
  expect(server.puts).toBe(2)
  expect(drafts.of('secret').writing.text()).toBe('half a thought')

  server.out.clear()
  sync.dispose()
  drafts = reload(drafts)
  sync = makeSync(drafts, () => clock)
  await sync.pull()
  expect(drafts.of('secret').writing.text()).toBe('half a thought')
  expect(drafts.of('secret', 't1').writing.text()).toBe('and one in a thread')

  server.out.add('secret')
  await sync.push()
  server.out.clear()
  await sync.again(['secret'])
  expect(server.content('secret')).toBe('half a thought')
  expect(server.content('secret/t1')).toBe('and one in a thread')
  expect(drafts.of('secret').writing.text()).toBe('half a thought')
  sync.dispose()
})

test('what is refused, for now or for good, is never taken for posted elsewhere', async () => {
  for (const status of [400, 401, 403, 404, 413, 429, 500, 503]) {
    localStorage.clear()
    const server = serve()
    let drafts = open()
    let sync = makeSync(drafts, () => clock)
    drafts.of('general').writing.setText('one')
    await sync.push()
    expect(server.content('general'), `${status}`).toBe('one')
    drafts.of('general').writing.setText('one and two')
    server.status = status
    await sync.push()
    await sync.pull()
    sync.dispose()
    drafts = reload(drafts)
    sync = makeSync(drafts, () => clock)
    await sync.pull()
    expect(drafts.of('general').writing.text(), `${status}`).toBe('one and two')
    server.status = 200
    await sync.push()
    expect(server.content('general'), `${status}`).toBe('one and two')
    sync.dispose()
  }
})

test('a draft that the server has stays here when one is taken out of its room, before anything is known of that', async () => {
  const server = serve()
  const drafts = open()
  const sync = makeSync(drafts, () => clock)
  drafts.of('secret').writing.setText('to be copied')
  await sync.push()
  server.out.add('secret')
  await sync.pull()
  expect(drafts.of('secret').writing.text()).toBe('to be copied')
  sync.dispose()
})

test('what is posted in a room that one is taken out of comes back as no draft', async () => {
  const server = serve()
  let drafts = open()
  let sync = makeSync(drafts, () => clock)
  drafts.of('secret').writing.setText('said in time')
  await sync.push()
  await drafts.of('secret').post()
  server.out.add('secret')
  await sync.push()
  server.out.clear()
  sync.dispose()
  drafts = reload(drafts)
  sync = makeSync(drafts, () => clock)
  await sync.pull()
  await sync.push()
  expect(drafts.of('secret').writing.text()).toBe('')
  expect(server.content('secret')).toBeUndefined()
  sync.dispose()
})

test('what goes on being written here outlives its post on another device', async () => {
  const server = serve()
  const drafts = open()
  const sync = makeSync(drafts, () => clock)
  drafts.of('general').writing.setText('one')
  await sync.push()
  drafts.of('general').writing.setText('one and two')
  server.set('general', { content: '', updatedAt: clock + 1_000 })
  await sync.pull()
  expect(drafts.of('general').writing.text()).toBe('one and two')
  expect(drafts.of('general').elsewhere()).toBeUndefined()
  await sync.push()
  expect(server.content('general')).toBe('one and two')

  // Files are here alone.
  drafts.of('general').setFiles([done])
  await sync.push()
  server.set('general', { content: '', updatedAt: clock + 2_000 })
  await sync.pull()
  expect(drafts.of('general').files()).toEqual([done])
  sync.dispose()
})

test('a clock that is behind or ahead makes nothing come back, and keeps nothing away', async () => {
  for (const skew of [-3_600_000, 3_600_000]) {
    localStorage.clear()
    const server = serve()
    const { fetch } = globalThis
    // A time that is still to come is now, at the server.
    vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
      const body = init.body === undefined ? undefined : JSON.parse(String(init.body))
      return fetch(path, body ? { ...init, body: JSON.stringify({ ...body, updatedAt: Math.min(body.updatedAt, clock) }) } : init)
    })
    server.set('general', { content: 'from the desk', updatedAt: clock })
    const drafts = makeDrafts({ userId: 'u1', now: () => clock + skew, post: () => true })
    opened.push(drafts)
    const sync = makeSync(drafts, () => clock + skew)
    await sync.pull()
    expect(drafts.of('general').writing.text()).toBe('from the desk')
    clock += 10
    drafts.of('general').writing.setText('from the desk, and here')
    await sync.push()
    expect(server.content('general')).toBe('from the desk, and here')
    clock += 10
    server.set('general', { content: 'and at the desk', updatedAt: clock })
    await sync.pull()
    expect(drafts.of('general').writing.text()).toBe('and at the desk')
    clock += 10
    await drafts.of('general').post()
    await sync.push()
    await sync.pull()
    expect(server.content('general')).toBeUndefined()
    expect(drafts.of('general').writing.text()).toBe('')
    sync.dispose()
  }
})

test('what changed while another draft was on its way is sent after it', async () => {
  const server = serve()
  const drafts = open()
  const sync = makeSync(drafts, () => clock)
  const { fetch } = globalThis
  const late: (() => void)[] = []
  vi.stubGlobal('fetch', async (path: string, init: RequestInit) => {
    await new Promise<void>((resolve) => late.push(resolve))
    return fetch(path, init)
  })
  drafts.of('a').writing.setText('first')
  drafts.of('b').writing.setText('second')
  const pushed = sync.push()
  await vi.waitFor(() => expect(late).toHaveLength(1))
  late[0]?.()
  await vi.waitFor(() => expect(late).toHaveLength(2))
  vi.stubGlobal('fetch', fetch)
  drafts.of('a').writing.setText('first and more')
  void sync.push()
  late[1]?.()
  await pushed
  await vi.waitFor(() => expect(server.content('a')).toBe('first and more'))
  expect(server.content('b')).toBe('second')
  sync.dispose()
})

test('a session that is over is not asked of again and again', async () => {
  vi.useFakeTimers()
  try {
    const server = serve()
    const drafts = open()
    const sync = makeSync(drafts, () => clock)
    server.status = 401
    drafts.of('general').writing.setText('half a thought')
    await sync.push()
    await vi.advanceTimersByTimeAsync(600_000)
    expect(server.puts).toBeLessThanOrEqual(2)
    // Nor is anything, once it is over with this page.
    server.status = 500
    drafts.of('general').writing.setText('half a thought more')
    const pushed = sync.push()
    sync.dispose()
    await pushed
    const { puts } = server
    await vi.advanceTimersByTimeAsync(600_000)
    expect(server.puts).toBe(puts)
  } finally {
    vi.useRealTimers()
  }
})

test('what a session that is over could not bring is there for who signs in again', async () => {
  const server = serve()
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
  expect(server.content('general')).toBe('half a thought')
  sync.dispose()
})

test('what was posted is not brought back by an answer from before', async () => {
  const server = serve()
  const drafts = open()
  const sync = makeSync(drafts, () => clock)
  const draft = drafts.of('general')
  draft.writing.setText('on my way')
  await sync.push()
  expect(server.content('general')).toBe('on my way')
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
  expect(server.content('general')).toBeUndefined()
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
  const server = serve()
  await sync.push()
  expect(server.content('general')).toBe('in a tunnel')
  sync.dispose()
})
