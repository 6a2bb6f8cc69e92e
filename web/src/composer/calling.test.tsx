import { QueryClient, QueryClientProvider } from '@tanstack/solid-query'
import { render } from 'solid-js/web'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { READ_MS } from './call-dialog'
import { makeCalling, type Calling } from './calling'
import { collapse } from './mentions'
import { makeWriting, type Writing } from './writing'

vi.mock('~/app/live', () => ({ useLive: () => ({ rooms: { label: () => 'Tea' } }) }))

let tell: (members: number) => void
let calling: Calling
let writing: Writing
let leave: () => void

beforeEach(() => {
  const room = new Promise<Response>((resolve) => {
    tell = (members) => resolve(Response.json({ slug: 'tea', head: 0, newest: 0, kind: 'public', members, joined: true }))
  })
  vi.stubGlobal('fetch', () => room)
  const { text, mentions } = collapse('@[room](room:all) come')
  leave = render(
    () => (
      <QueryClientProvider client={new QueryClient()}>
        {(() => {
          writing = makeWriting(text, mentions, () => {})
          calling = makeCalling('tea')
          return <calling.Question />
        })()}
      </QueryClientProvider>
    ),
    document.body,
  )
})
afterEach(async () => {
  leave()
  document.body.replaceChildren()
  vi.unstubAllGlobals()
  // A dialog gives the focus back once it is gone: the document has to be there for that.
  for (let i = 0; i < 2; i++) await new Promise((resolve) => setTimeout(() => requestAnimationFrame(resolve)))
})

const button = () => [...document.querySelectorAll<HTMLElement>('[role=alertdialog] button')].find((b) => b.textContent === 'Send')

function press(at: number) {
  const event = new MouseEvent('click', { bubbles: true, detail: 0 })
  Object.defineProperty(event, 'timeStamp', { value: at })
  button()?.dispatchEvent(event)
}

test('a second press of the key that asked is no answer', async () => {
  const asked = calling.ask(writing)
  tell(20)
  await vi.waitFor(() => expect(button()).toBe(document.activeElement), { timeout: 10_000 })
  expect(document.body.textContent).toContain('Notify 19 people?')
  press(0)
  expect(button()).toBeDefined()
  press(performance.now() + READ_MS)
  expect(await asked).toBe(true)
})

test('a room that is left meanwhile asks nobody, and nothing waits for an answer', async () => {
  const asked = calling.ask(writing)
  leave()
  tell(20)
  expect(await asked).toBe(false)
  expect(button()).toBeUndefined()
})

test('few are called without a question', async () => {
  const asked = calling.ask(writing)
  tell(3)
  expect(await asked).toBe(true)
})
