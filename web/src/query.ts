import { QueryObserver, useQueryClient, type DefaultError, type QueryKey, type QueryObserverOptions, type QueryObserverResult } from '@tanstack/solid-query'
import { createComputed, createSignal, on, onCleanup } from 'solid-js'

/** How a query stands; each part is read as it changes. */
export type Query<T> = Pick<QueryObserverResult<T>, 'data' | 'error' | 'isError' | 'isFetching' | 'isPending' | 'isSuccess' | 'refetch'>

/**
 * A query of TanStack Query in a component. It suspends nothing, so a page may
 * read `data` while there is none. It stands in place of the library's own useQuery,
 * which would bring a second kind of store into what the sign-in page loads.
 */
export function useQuery<T>(options: () => QueryObserverOptions<T, DefaultError, T, T, QueryKey>): Query<T> {
  const client = useQueryClient()
  const observer = new QueryObserver(client, client.defaultQueryOptions(options()))
  const [result, setResult] = createSignal(observer.getCurrentResult())
  createComputed(on(options, (next) => observer.setOptions(client.defaultQueryOptions(next)), { defer: true }))
  onCleanup(observer.subscribe((next) => setResult(next)))
  setResult(observer.getCurrentResult())
  return {
    get data() { return result().data },
    get error() { return result().error },
    get isError() { return result().isError },
    get isFetching() { return result().isFetching },
    get isPending() { return result().isPending },
    get isSuccess() { return result().isSuccess },
    refetch: (how) => observer.refetch(how),
  }
}
