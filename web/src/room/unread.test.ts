import { createRoot, createSignal } from 'solid-js'
import { expect, it } from 'vitest'
import { emptyRoom, type Posted, type RoomState } from '~/realtime/reduce'
import { createNewCount } from './unread'

const said = (from: number, to: number): Posted[] =>
  Array.from({ length: to - from + 1 }, (_, i) => {
    const seq = from + i
    return { id: `m${seq}`, userId: 'bob', userName: 'Bob', content: 'x', timestamp: seq, type: 'text', seq, asOf: seq }
  })

it('what was said before one came is nothing new, whether the page or the socket comes first', () => {
  // A window that ends at 40, of a room that has come to 100.
  const window: RoomState = { ...emptyRoom, stream: 's', loaded: true, messages: said(1, 40), start: 1, edge: 40 }
  const joined: RoomState = { ...window, joined: true, through: 100, runFrom: 100, tailFrom: 100 }
  for (const first of [window, { ...emptyRoom, stream: 's', joined: true, through: 100 }]) {
    const [room, setRoom] = createSignal<RoomState>(emptyRoom)
    const { count, dispose } = createRoot((end) => ({ count: createNewCount({ room }, 'me', () => false), dispose: end }))
    setRoom(first)
    setRoom(joined)
    expect(count()).toBe(0)
    setRoom({ ...joined, through: 102, tail: said(101, 102) })
    expect(count()).toBe(2)
    setRoom({ ...joined, through: 102, messages: said(1, 102), edge: 102 })
    expect(count()).toBe(2)
    dispose()
  }
})
