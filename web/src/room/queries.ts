import { queryOptions } from '@tanstack/solid-query'
import { call, RequestError } from '~/http'
import { parsePage } from '~/realtime/frames'

/** Where a page lies; neither: the newest. */
export type Position = { before: number } | { after: number } | 'newest'

/** Messages of one page: a few screens of them. */
const PAGE_LIMIT = 80
/** Filling a gap is a hurry and needs fewer round trips. */
const GAP_LIMIT = 200

// A page is only as good as the moment it was read, since messages are edited;
// what keeps it is the room's window. Queries give it one request at a time,
// retries and cancelling.
export const roomQueries = {
  page: (slug: string, position: Position) =>
    queryOptions({
      queryKey: ['rooms', slug, 'messages', position],
      queryFn: async ({ signal }) => {
        const result = await call(pagePath(slug, position), { signal }, parsePage)
        if (!result.ok) throw new RequestError(result.failure)
        return result.value
      },
      staleTime: 0,
      gcTime: 0,
      networkMode: 'always',
      retry: (failures, error) => failures < 2 && error instanceof RequestError && passing(error),
      retryDelay: (failures) => 500 * 2 ** failures,
    }),
}

function pagePath(slug: string, position: Position): string {
  const query = new URLSearchParams()
  if (position !== 'newest') {
    for (const [key, value] of Object.entries(position)) query.set(key, String(value))
  }
  query.set('limit', String(position !== 'newest' && 'after' in position ? GAP_LIMIT : PAGE_LIMIT))
  return `/api/rooms/${encodeURIComponent(slug)}/messages?${query}`
}

function passing({ failure }: RequestError): boolean {
  return failure.kind === 'unreachable' || (failure.kind !== 'limited' && failure.status >= 500)
}
