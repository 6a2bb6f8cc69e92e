import { render } from 'solid-js/web'
import { createSignal } from 'solid-js'
import { afterEach, expect, it, vi } from 'vitest'
import type { User } from '~/realtime/wire.gen'
import { PeoplePicker } from './people-picker'

const bob: User = { userId: 'b', userName: 'Bob' }
vi.mock('~/composer/people-search', () => ({ createPeopleSearch: () => ({ found: () => [bob] }) }))

afterEach(() => document.body.replaceChildren())

it('chooses nobody by the Enter that ends a composition, which Safari tells of by its code alone', () => {
  const [chosen, setChosen] = createSignal<readonly User[]>([])
  const end = render(() => <PeoplePicker label="To" chosen={chosen()} limit={5} without={() => false} onChange={setChosen} />, document.body)
  const field = document.querySelector('input')
  if (!field) throw new Error('no field')
  field.value = 'B'
  field.dispatchEvent(new InputEvent('input', { bubbles: true }))
  const press = (more: KeyboardEventInit) => field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true, ...more }))
  press({ keyCode: 229 })
  press({ isComposing: true })
  expect(chosen()).toEqual([])
  press({})
  expect(chosen()).toEqual([bob])
  end()
})
