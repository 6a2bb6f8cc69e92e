import { queryOptions } from '@tanstack/solid-query'
import { number, parseRoom } from '~/app/parse-room'
import { call, RequestError, type Result } from '~/http'
import { isFields, isText } from '~/realtime/frames'
import type { RoomFrame, RoomInfo } from '~/realtime/wire.gen'
import { passing } from '~/room/queries'

// What is known of the room that is looked at, beside its messages.

export function roomPath(slug: string): string {
  return `/api/rooms/${encodeURIComponent(slug)}`
}

export const infoQuery = (slug: string) =>
  queryOptions({
    queryKey: ['rooms', slug, 'info'],
    queryFn: async ({ signal }) => {
      const result = await getInfo(slug, signal)
      if (!result.ok) throw new RequestError(result.failure)
      return result.value
    },
    staleTime: 30_000,
    retry: (failures, error) => failures < 2 && error instanceof RequestError && passing(error.failure),
    retryDelay: (failures) => 500 * 2 ** failures,
  })

export function getInfo(slug: string, signal?: AbortSignal): Promise<Result<RoomInfo>> {
  return call(roomPath(slug), signal ? { signal } : {}, parseInfo)
}

export function parseInfo(value: unknown): RoomInfo | null {
  if (!isFields(value)) return null
  const room = parseRoom(value)
  if (!room) return null
  const { stream, createdBy, joined } = value
  return {
    ...room,
    stream: isText(stream) ? stream : '',
    joined: joined === true,
    members: number(value['members']),
    online: number(value['online']),
    createdBy: isText(createdBy) ? createdBy : '',
    createdAt: number(value['createdAt']),
    slowModeSeconds: number(value['slowModeSeconds']),
    mutedUntil: number(value['mutedUntil']),
  }
}

/** The room after something happened to it; null: what it is now the server knows. */
export function changedInfo(info: RoomInfo, frame: RoomFrame): RoomInfo | null {
  switch (frame.event) {
    case 'renamed':
      return { ...info, name: frame.name ?? info.name }
    case 'topic_changed':
      return { ...info, topic: frame.topic ?? '' }
    case 'archived':
      return { ...info, archivedAt: frame.at }
    case 'unarchived':
      return { ...info, archivedAt: 0 }
    case 'slow_mode':
      return { ...info, slowModeSeconds: frame.seconds ?? 0 }
    case 'kind_changed':
    case 'member_added':
    case 'member_removed':
    case 'role_changed':
      return null
  }
}
