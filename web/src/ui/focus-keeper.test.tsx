import { createSignal, Show } from 'solid-js'
import { render } from 'solid-js/web'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Dialog, DialogContent, DialogTitle } from './dialog'
import { handFocusOn, rememberFocus, takeFocus } from './focus-keeper'

let end = () => {}
beforeEach(() => {
  document.body.innerHTML = '<main id="main" tabindex="-1"><section><h2 tabindex="-1">Block</h2><div id="app"></div></section><textarea></textarea></main>'
})
afterEach(async () => {
  end()
  document.body.replaceChildren()
  // A dialog gives the focus back once it is gone: the document has to be there for that.
  for (let i = 0; i < 2; i++) await new Promise((resolve) => setTimeout(() => requestAnimationFrame(resolve)))
})

function at<T extends HTMLElement = HTMLElement>(selector: string): T {
  const element = document.querySelector<T>(selector)
  if (!element) throw new Error(`no ${selector}`)
  return element
}

/** A button in a row, and a dialog that is there only while it is open. */
function dialogs() {
  const [open, setOpen] = createSignal(false)
  const [rows, setRows] = createSignal(true)
  end = render(
    () => (
      <>
        <Show when={rows()}>
          <div id="row" tabindex="-1">
            <button type="button" id="opener">Open</button>
          </div>
        </Show>
        <Show when={open()}>
          <Dialog open onOpenChange={setOpen}>
            <DialogContent>
              <DialogTitle>A question</DialogTitle>
              <input id="field" />
            </DialogContent>
          </Dialog>
        </Show>
      </>
    ),
    at('#app'),
  )
  at('#opener').focus()
  return { setOpen, setRows }
}

const escape = (more: KeyboardEventInit = {}) => at('#field').dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, cancelable: true, ...more }))

it('gives the focus back to where it was before a dialog', async () => {
  const { setOpen } = dialogs()
  setOpen(true)
  await vi.waitFor(() => expect(document.activeElement?.closest('[role=dialog]')).not.toBeNull())
  at('#field').focus()
  escape()
  await vi.waitFor(() => expect(document.activeElement).toBe(at('#opener')))
})

it('gives it to the nearest thing around where that is gone, of a section its heading', async () => {
  const { setOpen, setRows } = dialogs()
  setOpen(true)
  await vi.waitFor(() => expect(document.activeElement?.closest('[role=dialog]')).not.toBeNull())
  setRows(false)
  at('#field').focus()
  escape()
  await vi.waitFor(() => expect(document.activeElement).toBe(at('h2')))
})

it('takes it from nobody who writes elsewhere by then', async () => {
  const { setOpen } = dialogs()
  setOpen(true)
  await vi.waitFor(() => expect(document.activeElement?.closest('[role=dialog]')).not.toBeNull())
  setOpen(false)
  at('textarea').focus()
  for (let i = 0; i < 2; i++) await new Promise((resolve) => setTimeout(() => requestAnimationFrame(resolve)))
  expect(document.activeElement).toBe(at('textarea'))
})

it('leaves a dialog open for keys of a composition, also where only their code tells', async () => {
  const { setOpen } = dialogs()
  setOpen(true)
  await vi.waitFor(() => expect(document.activeElement?.closest('[role=dialog]')).not.toBeNull())
  at('#field').focus()
  escape({ isComposing: true })
  escape({ keyCode: 229 })
  expect(at('[role=dialog]').isConnected).toBe(true)
  escape()
  await vi.waitFor(() => expect(document.querySelector('[role=dialog]')).toBeNull())
})

function Goes() {
  let button!: HTMLButtonElement
  handFocusOn(() => button, () => document.querySelector('#next'))
  return <button ref={button} type="button" id="goes">Goes</button>
}

it('hands the focus on from what goes, and only from that', async () => {
  const [there, setThere] = createSignal(true)
  end = render(() => <><Show when={there()}><Goes /></Show><button type="button" id="next">Next</button></>, at('#app'))
  at('textarea').focus()
  setThere(false)
  await Promise.resolve()
  expect(document.activeElement).toBe(at('textarea'))
  setThere(true)
  at('#goes').focus()
  setThere(false)
  await Promise.resolve()
  expect(document.activeElement).toBe(at('#next'))
})

it('takes the focus where it is nowhere, or on the page for want of better', () => {
  at('textarea').focus()
  takeFocus(at('h2'))
  expect(document.activeElement).toBe(at('textarea'))
  at('main').focus()
  takeFocus(at('h2'))
  expect(document.activeElement).toBe(at('h2'))
})

it('has nothing to give back where nothing had the focus', () => {
  const giveBack = rememberFocus()
  giveBack()
  expect(document.activeElement).toBe(document.body)
})
