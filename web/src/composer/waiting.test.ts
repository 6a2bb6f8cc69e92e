import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { DraftFile } from './drafts'
import { makeWaiting, WAITING_LIMIT, type WaitingPost } from './waiting'

const attachment = { id: 'f1', name: 'a.png', mime: 'image/png', size: 10, width: 1, height: 1, url: '/api/files/f1/a.png' }
const begun: DraftFile = { key: 'k1', name: 'a.png', mime: 'image/png', size: 10, state: { status: 'uploading', sent: 0, waiting: false } }
const done: DraftFile = { ...begun, state: { status: 'done', attachment } }

let posted: unknown[][] = []
let clock = 0
// A tab of one browser; it hears of the others when the test says so.
const tab = () => makeWaiting({ userId: 'u1', post: (...args) => posted.push(args) > 0, now: () => ++clock })
const add = (waiting: ReturnType<typeof tab>, files: readonly DraftFile[] = [begun], text = 'look'): WaitingPost => {
  const post = waiting.add('general', '', { text, mentions: [], files })
  if (!post) throw new Error('it was not taken')
  return post
}
const keyOf = (post: WaitingPost) => `snug:waiting:u1:${post.id}`
const other = (waiting: ReturnType<typeof tab>) => {
  const [post] = waiting.posts()
  if (!post) throw new Error('nothing waits')
  return post
}

beforeEach(() => {
  localStorage.clear()
  posted = []
})
afterEach(() => {
  vi.restoreAllMocks()
})

test('posts of a thread keep what they answer, and their order over a reload', async () => {
  const before = tab()
  before.add('general', 't1', { text: 'hi @Bob', mentions: [{ userId: 'u2', userName: 'Bob', at: 3 }], replyTo: { id: 'm1', userId: 'u2', userName: 'Bob', content: 'well?' }, files: [begun] })
  for (const text of ['b', 'c', 'd']) add(before, [begun], text)
  const here = tab()
  expect(here.posts().map((p) => p.text)).toEqual(['hi @Bob', 'b', 'c', 'd'])
  other(here).setFiles([done])
  await other(here).settle()
  expect(posted).toEqual([['general', 'hi @[Bob](user:u2)', { clientId: before.posts()[0]?.id, replyTo: 'm1', thread: 't1', attachments: [attachment] }]])
  expect(tab().posts().map((p) => p.text)).toEqual(['b', 'c', 'd'])
  expect(makeWaiting({ userId: 'u2', post: () => true, now: () => 1 }).posts()).toEqual([])
})

test('so many wait, and no more', () => {
  const waiting = tab()
  for (let i = 0; i < WAITING_LIMIT; i++) add(waiting)
  expect(waiting.add('general', '', { text: 'one more', mentions: [], files: [begun] })).toBeUndefined()
  waiting.remove(other(waiting))
  add(waiting)
})

test('what one tab has ended does not come back by another that has not heard of it', async () => {
  const here = tab()
  const post = add(here)
  const there = tab()
  here.remove(post)
  const stale = other(there)
  stale.setFiles([{ ...begun, state: { status: 'uploading', sent: 5, waiting: false } }])
  expect(there.posts()).toEqual([stale])
  stale.setFiles([done])
  expect(there.posts()).toEqual([])
  await stale.settle()
  expect(posted).toEqual([])
  expect(localStorage).toHaveLength(0)
})

test('two tabs that bring a file each know of both', async () => {
  const here = tab()
  const second = { ...begun, key: 'k2' }
  const post = add(here, [begun, second])
  const there = tab()
  post.setFiles([done, second])
  other(there).setFiles([begun, { ...done, key: 'k2' }])
  await other(there).settle()
  expect(posted).toHaveLength(1)
  here.refresh(keyOf(post))
  expect(here.posts()).toEqual([])
  await post.settle()
  expect(posted).toHaveLength(1)
})

test('where the browser refuses to store, they last as long as the page', async () => {
  vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
    throw new DOMException('full', 'QuotaExceededError')
  })
  const post = add(tab())
  post.setFiles([done])
  await post.settle()
  expect(posted).toHaveLength(1)
  expect(post.files()).toEqual([])
})

test('one of nothing but files is a message', async () => {
  const waiting = tab()
  const post = add(waiting, [done], ' ')
  await post.settle()
  expect(posted).toEqual([['general', '', { clientId: post.id, attachments: [attachment] }]])
})
