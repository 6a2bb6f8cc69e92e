import { createRoot } from 'solid-js'
import { describe, expect, it } from 'vitest'
import type { Result } from '~/http'
import { emptyRoom } from '~/realtime/reduce'
import type { Message, ThreadPage } from '~/realtime/wire.gen'
import type { RoomEvent } from '~/room/session'
import { createThread, type Thread } from './thread'

const reply = (seq: number, more: Partial<Message> = {}): Message => ({
  id: `m${seq}`, seq, userId: 'u1', userName: 'Ada', content: `reply ${seq}`, timestamp: seq, type: 'text', thread: 'root', ...more,
})
const root: Message = { id: 'root', seq: 1, userId: 'u1', userName: 'Ada', content: 'root', timestamp: 1, type: 'text' }
const page = (messages: Message[], more: Partial<ThreadPage> = {}): Result<ThreadPage> => ({
  ok: true, value: { root, messages, hasOlder: false, hasNewer: false, following: true, read: 3, ...more },
})

function rig() {
  let listener: ((event: RoomEvent) => void) | undefined
  const asked: { before: number | undefined; answer(result: Result<ThreadPage>): Promise<void> }[] = []
  const session = { slug: 'general', room: () => emptyRoom, listen: (l: (event: RoomEvent) => void) => ((listener = l), () => (listener = undefined)) }
  const fetchPage = (_: string, __: string, before?: number) =>
    new Promise<Result<ThreadPage>>((resolve) => {
      asked.push({
        before,
        answer: async (result) => {
          resolve(result)
          for (let i = 0; i < 5; i++) await Promise.resolve()
        },
      })
    })
  let thread!: Thread
  const dispose = createRoot((end) => {
    thread = createThread(session, 'me', 'root', fetchPage)
    return end
  })
  return { thread, asked, dispose, tell: (event: RoomEvent) => listener?.(event), words: () => thread.replies().map((m) => m.content) }
}

describe('a thread', () => {
  it('takes what comes while it loads, once', async () => {
    const { thread, asked, tell, words } = rig()
    tell({ kind: 'posted', seq: 5, message: reply(5) })
    tell({ kind: 'posted', seq: 6, message: reply(6, { thread: 'another' }) })
    tell({ kind: 'changed', seq: 7, message: reply(4, { content: 'edited' }) })
    await asked[0]?.answer(page([reply(3), reply(4), reply(5)]))
    expect(words()).toEqual(['reply 3', 'edited', 'reply 5'])
    expect(thread.status().status).toBe('ready')
    expect(thread.following()).toBe(true)
    expect(thread.readBefore()).toBe(3)
    tell({ kind: 'posted', seq: 8, message: reply(8) })
    tell({ kind: 'changed', seq: 9, message: { ...root, content: 'changed' } })
    expect(words()).toEqual(['reply 3', 'edited', 'reply 5', 'reply 8'])
    expect(thread.root()?.content).toBe('changed')
  })

  it('goes back page by page to its beginning', async () => {
    const { asked, words } = rig()
    await asked[0]?.answer(page([reply(8), reply(9)], { hasOlder: true }))
    expect(asked[1]?.before).toBe(8)
    await asked[1]?.answer(page([reply(6), reply(7)]))
    expect(words()).toEqual(['reply 6', 'reply 7', 'reply 8', 'reply 9'])
  })

  it('is fetched again after events were missed, and an older answer does not count', async () => {
    const { asked, tell, words } = rig()
    tell({ kind: 'missed' })
    await asked[1]?.answer(page([reply(3), reply(4)]))
    await asked[0]?.answer(page([reply(3)]))
    expect(words()).toEqual(['reply 3', 'reply 4'])
  })

  it('says what went wrong, and no more once it is closed', async () => {
    const { thread, asked, dispose } = rig()
    await asked[0]?.answer({ ok: false, failure: { kind: 'refused', status: 404, code: 'not_found', message: 'no such thread' } })
    expect(thread.status()).toMatchObject({ status: 'failed', failure: { code: 'not_found' } })
    thread.reload()
    dispose()
    await asked[1]?.answer(page([reply(3)]))
    expect(thread.replies()).toEqual([])
  })
})
