import { createSignal } from 'solid-js'
import { render } from 'solid-js/web'
import { expect, it } from 'vitest'
import { MomentField } from './moment-field'

it('writes nothing back while somebody erases a part of it', () => {
  const root = document.body.appendChild(document.createElement('div'))
  const [value, setValue] = createSignal('2026-03-04T18:30')
  const end = render(() => <MomentField label="Until" value={value()} faulty={false} onChange={setValue} />, root)
  const field = root.querySelector('input')
  if (!field) throw new Error('no field')
  expect(field.value).toBe('2026-03-04T18:30')
  const written: string[] = []
  // What a browser says of it, whose other parts are still there.
  Object.defineProperty(field, 'value', { get: () => '', set(text: string) { written.push(text) } })
  field.dispatchEvent(new InputEvent('input', { bubbles: true }))
  expect(value()).toBe('')
  expect(written).toEqual([])
  end()
  root.remove()
})
