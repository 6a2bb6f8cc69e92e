import { queryOptions } from '@tanstack/solid-query'
import type { Bodies } from '~/api.gen'
import { call, member, RequestError, type Request, type Result } from '~/http'
import { parseMessage } from '~/realtime/frames'
import type { Message, ThreadList, ThreadPage, VersionList } from '~/realtime/wire.gen'

// What the server is asked for about messages, over HTTP.

function pathOf(room: string, id: string, rest = ''): string {
  return `/api/rooms/${encodeURIComponent(room)}/messages/${encodeURIComponent(id)}${rest}`
}

async function get<T>(path: string, signal: AbortSignal, parse: (value: unknown) => T | null): Promise<T> {
  const result = await call(path, { signal }, parse)
  if (!result.ok) throw new RequestError(result.failure)
  return result.value
}

const patient = {
  networkMode: 'always',
  retry: (failures: number, error: Error) => failures < 2 && error instanceof RequestError && error.failure.kind !== 'refused',
} as const

export const messageQueries = {
  message: (room: string, id: string) =>
    queryOptions({
      ...patient,
      queryKey: ['rooms', room, 'message', id],
      queryFn: ({ signal }) => get(pathOf(room, id), signal, parseMessage),
      staleTime: 60_000,
    }),
  versions: (room: string, id: string) =>
    queryOptions({
      ...patient,
      queryKey: ['rooms', room, 'versions', id],
      queryFn: ({ signal }) => get(pathOf(room, id, '/versions'), signal, parseVersions),
      staleTime: 0,
      gcTime: 0,
    }),
  threads: () =>
    queryOptions({
      ...patient,
      queryKey: ['threads'],
      queryFn: ({ signal }) => get('/api/threads', signal, parseThreads),
      staleTime: 30_000,
    }),
  pins: (room: string) =>
    queryOptions({
      ...patient,
      queryKey: ['rooms', room, 'pins'],
      queryFn: ({ signal }) => get(`/api/rooms/${encodeURIComponent(room)}/pins`, signal, parseMessages),
      staleTime: 0,
    }),
}

/** Newest replies, or those before one. */
export function threadPage(room: string, root: string, before?: number): Promise<Result<ThreadPage>> {
  return call(pathOf(room, root, `/thread?limit=100${before === undefined ? '' : `&before=${before}`}`), {}, parseThread)
}

export function followThread(room: string, root: string, on: boolean): Promise<Result<true>> {
  return act(pathOf(room, root, '/follow'), { method: on ? 'PUT' : 'DELETE' })
}

export function readThread(room: string, root: string, seq: number): Promise<Result<true>> {
  return act(pathOf(room, root, '/thread/read'), { method: 'PUT', body: { seq } satisfies Bodies['PUT /api/rooms/{slug}/messages/{id}/thread/read'] })
}

export function removePreview(room: string, id: string, url: string): Promise<Result<true>> {
  return act(pathOf(room, id, `/previews?url=${encodeURIComponent(url)}`), { method: 'DELETE' })
}

/** Deletes a message even as the page goes away. */
export function deleteAtLast(room: string, id: string): void {
  void fetch(pathOf(room, id), { method: 'DELETE', keepalive: true, credentials: 'same-origin' }).catch(() => {})
}

function act(path: string, request: Request): Promise<Result<true>> {
  return call(path, request, () => true)
}

function parseMessages(value: unknown): Message[] | null {
  return list(member(value, 'messages'), parseMessage)
}

function parseThread(value: unknown): ThreadPage | null {
  const root = parseMessage(member(value, 'root'))
  const messages = parseMessages(value)
  if (!root || !messages) return null
  return {
    root, messages,
    hasOlder: member(value, 'hasOlder') === true,
    hasNewer: member(value, 'hasNewer') === true,
    following: member(value, 'following') === true,
    read: number(member(value, 'read')),
  }
}

function parseThreads(value: unknown): ThreadList | null {
  const threads = list(member(value, 'threads'), (v) => {
    const room = member(v, 'room')
    const root = parseMessage(member(v, 'root'))
    if (typeof room !== 'string' || !root) return null
    return { room, root, unread: number(member(v, 'unread')), following: member(v, 'following') === true, read: number(member(v, 'read')) }
  })
  return threads && { threads }
}

function parseVersions(value: unknown): VersionList | null {
  const versions = list(member(value, 'versions'), (v) => {
    const content = member(v, 'content')
    return typeof content === 'string' ? { content, until: number(member(v, 'until')) } : null
  })
  return versions && { versions }
}

function list<T>(value: unknown, parse: (value: unknown) => T | null): T[] | null {
  if (!Array.isArray(value)) return null
  const out: T[] = []
  for (const v of value) {
    const parsed = parse(v)
    if (parsed === null) return null
    out.push(parsed)
  }
  return out
}

function number(value: unknown): number {
  return typeof value === 'number' && Number.isFinite(value) ? value : 0
}
