import { QueryClient } from '@tanstack/solid-query'
import { createRoot } from 'solid-js'
import { expect, it } from 'vitest'
import type { ConnectionListener } from '~/realtime/connection'
import { meQuery, type Me } from './me'
import { followRole } from './role'

const me: Me = { id: 'a', name: 'Ada', email: 'a@example.com', image: null, guest: false, emailVerified: true, emailMissing: false, role: 'member', twoFactor: false, hasPassword: true, fresh: true }

it('asks for the account anew when the role may be another', () => {
  const client = new QueryClient()
  const listeners = new Set<ConnectionListener>()
  const stale = () => client.getQueryState(meQuery.queryKey)?.isInvalidated
  const end = createRoot((dispose) => {
    followRole({ subscribe: (listener) => (listeners.add(listener), () => listeners.delete(listener)) }, client)
    return dispose
  })
  client.setQueryData(meQuery.queryKey, me)
  for (const { onFrame } of listeners) onFrame?.({ type: 'reports' })
  expect(stale()).toBe(false)
  for (const { onFrame } of listeners) onFrame?.({ type: 'rooms' })
  expect(stale()).toBe(true)
  end()
  expect(listeners.size).toBe(0)
})
