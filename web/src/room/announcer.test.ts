import { createRoot, createSignal } from 'solid-js'
import { afterEach, expect, it, vi } from 'vitest'
import { attached, emptyRoom, newestSeq, reduce, replaceWindow, type RoomState } from '~/realtime/reduce'
import type { Message } from '~/realtime/wire.gen'
import { Announcer } from './announcer'

const message = (seq: number, content: string, userId = 'b'): Message => ({ id: `m${seq}`, userId, userName: 'Bob', content, timestamp: seq, type: 'text', seq })

function listen() {
  const joined = reduce(
    replaceWindow(emptyRoom, { stream: 's', head: 1, hasOlder: false, hasNewer: false, messages: [message(1, 'said before')] }),
    { type: 'joined', room: 'r', stream: 's', head: 1, role: 'member', resumed: true, count: 0, users: [] },
    0,
  )
  const [room, setRoom] = createSignal<RoomState>(joined)
  const { log, dispose } = createRoot((end) => ({
    log: Announcer({
      label: 'New messages',
      get messages() {
        return room().messages
      },
      get through() {
        return attached(room()) && newestSeq(room())
      },
      me: 'a',
    }),
    dispose: end,
  }))
  if (!(log instanceof HTMLElement)) throw new Error('no element')
  return { log, dispose, hear: (m: Message) => setRoom((r) => reduce(r, { type: 'message', room: 'r', message: m }, 0)) }
}

afterEach(() => {
  vi.useRealTimers()
})

it('says in plain words what others post, and nothing that was there', () => {
  vi.useFakeTimers()
  const { log, dispose, hear } = listen()
  vi.advanceTimersByTime(1_000)
  expect(log.textContent).toBe('')
  hear(message(2, 'ask @[Ada \\[B\\]](user:a) **now**, see [the rules](https://a.example)\n> `x`'))
  hear(message(3, 'my own', 'a'))
  vi.advanceTimersByTime(1_000)
  expect(log.textContent).toBe('Bob: ask @Ada [B] now, see the rules x')
  for (let seq = 4; seq < 8; seq++) hear(message(seq, `${seq}`))
  vi.advanceTimersByTime(1_000)
  expect(log.textContent).toBe('4 new messages')
  dispose()
})

it('says a second time what is posted a second time', () => {
  vi.useFakeTimers()
  const { log, dispose, hear } = listen()
  hear(message(2, 'ping'))
  vi.advanceTimersByTime(1_000)
  const first = log.firstElementChild
  expect(first?.textContent).toBe('Bob: ping')
  hear(message(3, 'ping'))
  vi.advanceTimersByTime(1_000)
  expect(log.textContent).toBe('Bob: ping')
  expect(log.firstElementChild).not.toBe(first)
  dispose()
})
