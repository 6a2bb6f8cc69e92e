import { QueryClient } from '@tanstack/solid-query'
import { expect, it } from 'vitest'
import { forgetSession, sessionQuery, setSession } from './session'

const ada = { id: 'a', name: 'Ada', email: 'ada@example.org', image: null, guest: false }
const bob = { ...ada, id: 'b', name: 'Bob' }

function setUp(account: typeof ada) {
  const client = new QueryClient()
  setSession(client, account)
  client.setQueryData(['account', 'tokens'], ['hers'])
  client.setQueryData(['sign-in-options'], 'of the server')
  return { client, known: () => client.getQueryData(['account', 'tokens']) }
}

it('whoever comes next sees nothing of the one before', () => {
  const next = setUp(ada)
  setSession(next.client, bob)
  expect(next.known()).toBeUndefined()

  const nobody = setUp(ada)
  setSession(nobody.client, null)
  expect(nobody.known()).toBeUndefined()
  expect(nobody.client.getQueryData(['sign-in-options'])).toBe('of the server')

  const unknown = setUp(ada)
  forgetSession(unknown.client)
  expect(unknown.known()).toBeUndefined()
  expect(unknown.client.getQueryData(sessionQuery.queryKey)).toBeUndefined()
})

it('who was a guest until now has an account that is asked for anew', () => {
  const { client, known } = setUp({ ...ada, guest: true })
  setSession(client, ada)
  expect(known()).toBeUndefined()
})

it('the same person with another name keeps what is known', () => {
  const { client, known } = setUp(ada)
  setSession(client, { ...ada, name: 'Ada L.' })
  expect(known()).toEqual(['hers'])
})
