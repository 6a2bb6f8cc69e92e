import { QueryClient, QueryClientProvider } from '@tanstack/solid-query'
import { createRoot, createSignal } from 'solid-js'
import { expect, it, vi } from 'vitest'
import { useQuery, type Query } from './query'

it('a query is read as it changes, and asked for no longer than it is looked at', async () => {
  const client = new QueryClient()
  const replies = [() => Promise.reject(new Error('down')), () => Promise.resolve('one'), () => Promise.resolve('two')]
  const [key, setKey] = createSignal('a')
  let query: Query<string> | undefined
  const end = createRoot((dispose) => {
    QueryClientProvider({
      client,
      get children() {
        query = useQuery(() => ({ queryKey: [key()], retry: false, queryFn: () => replies.shift()?.() ?? 'none' }))
        return null
      },
    })
    return dispose
  })
  const now = () => [query?.data, query?.isPending, query?.isError, query?.isSuccess]
  expect(now()).toEqual([undefined, true, false, false])
  await vi.waitFor(() => expect(now()).toEqual([undefined, false, true, false]))
  expect(query?.error?.message).toBe('down')
  await query?.refetch()
  expect(now()).toEqual(['one', false, false, true])
  setKey('b')
  expect(query?.data).toBe(undefined)
  await vi.waitFor(() => expect(query?.data).toBe('two'))
  client.setQueryData(['b'], 'three')
  await vi.waitFor(() => expect(query?.data).toBe('three'))
  end()
  expect(client.getQueryCache().find({ queryKey: ['b'] })?.getObserversCount()).toBe(0)
})
