import { ErrorBoundary } from 'solid-js'
import { render } from 'solid-js/web'
import { expect, it, vi } from 'vitest'
import { AuthPage } from './form'

vi.mock('./language-choice', () => {
  throw new Error('no network')
})

it('is there where the choice of a language doesn’t come', async () => {
  const root = document.body.appendChild(document.createElement('div'))
  const end = render(() => <ErrorBoundary fallback="broken"><AuthPage title="Sign in">the form</AuthPage></ErrorBoundary>, root)
  await vi.dynamicImportSettled()
  expect(root.querySelector('h1')?.textContent).toBe('Sign in')
  expect(root.textContent).toContain('the form')
  expect(root.querySelector('select')).toBeNull()
  end()
  root.remove()
})
