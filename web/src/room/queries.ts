import { queryOptions } from '@tanstack/solid-query'
import type { Bodies } from '~/api.gen'
import { call, RequestError, type Failure, type Result } from '~/http'
import { parseMessage, parsePage } from '~/realtime/frames'
import type { Message } from '~/realtime/wire.gen'

/** Where a page lies: by seq, by time (Unix ms: around the first message at or after it), or at the end. */
export type Position = { before: number } | { after: number } | { around: number } | { at: number } | 'newest'

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
      retry: (failures, error) => failures < 2 && error instanceof RequestError && passing(error.failure),
      retryDelay: (failures) => 500 * 2 ** failures,
    }),
}

/** One message, by its id. */
export function getMessage(slug: string, id: string): Promise<Result<Message>> {
  return call(`${roomPath(slug)}/messages/${encodeURIComponent(id)}`, {}, parseMessage)
}

/** Sets one's read mark back to `seq`. */
export function putUnread(slug: string, seq: number): Promise<Result<true>> {
  return call(`${roomPath(slug)}/read`, { method: 'PUT', body: { seq, unread: true } satisfies Bodies['PUT /api/rooms/{slug}/read'] }, () => true as const)
}

function roomPath(slug: string): string {
  return `/api/rooms/${encodeURIComponent(slug)}`
}

function pagePath(slug: string, position: Position): string {
  const query = new URLSearchParams()
  if (position !== 'newest') {
    for (const [key, value] of Object.entries(position)) query.set(key, String(value))
  }
  query.set('limit', String(position !== 'newest' && 'after' in position ? GAP_LIMIT : PAGE_LIMIT))
  return `${roomPath(slug)}/messages?${query}`
}

/** Whether it is worth trying again. */
export function passing(failure: Failure): boolean {
  return failure.kind === 'unreachable' || (failure.kind !== 'limited' && failure.status >= 500)
}
