import { QueryObserver, useQueryClient, type DefaultError, type QueryKey, type QueryObserverOptions, type QueryObserverResult } from '@tanstack/solid-query'
import { createComputed, createSignal, on, onCleanup } from 'solid-js'

/** How a query stands; each part is read as it changes. */
export interface Query<T> {
  /** What it brought last; undefined while it has brought nothing. */
  readonly data: T | undefined
  readonly error: Error | null
  /** Nothing has come yet, good or bad. */
  readonly isPending: boolean
  readonly isSuccess: boolean
  readonly isError: boolean
  /** It failed, and there is nothing to show. */
  readonly isLoadingError: boolean
  /** It failed, and what is shown is from before. */
  readonly isRefetchError: boolean
  readonly isFetching: boolean
  refetch(): Promise<QueryObserverResult<T>>
}

/**
 * A query of TanStack Query in a component. It suspends nothing, so `data` may be
 * read while there is none. It stands in place of the library's own useQuery, which
 * brings a second kind of store into all that the sign-in page loads.
 */
export function useQuery<T, K extends QueryKey>(options: () => QueryObserverOptions<T, DefaultError, T, T, K>): Query<T> {
  const client = useQueryClient()
  const observer = new QueryObserver(client, client.defaultQueryOptions(options()))
  const [result, setResult] = createSignal(observer.getCurrentResult())
  createComputed(on(options, (next) => observer.setOptions(client.defaultQueryOptions(next)), { defer: true }))
  onCleanup(observer.subscribe((next) => setResult(next)))
  setResult(observer.getCurrentResult())
  return {
    get data() {
      return result().data
    },
    get error() {
      return result().error
    },
    get isPending() {
      return result().isPending
    },
    get isSuccess() {
      return result().isSuccess
    },
    get isError() {
      return result().isError
    },
    get isLoadingError() {
      return result().isLoadingError
    },
    get isRefetchError() {
      return result().isRefetchError
    },
    get isFetching() {
      return result().isFetching
    },
    refetch: () => observer.refetch(),
  }
}
