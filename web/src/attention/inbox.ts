import { call, member, type Result } from '~/http'
import { parseMessage } from '~/realtime/frames'
import type { Message, NoticeKind, RoomKind } from '~/realtime/wire.gen'
import { asKind, asRoomKind } from './notice'

// What one was called by, and has answered to or not: mentions, replies, news of threads.

export interface InboxItem {
  /** Rises with the time at which it came in. */
  id: number
  kind: NoticeKind
  room: string
  roomName: string
  roomKind: RoomKind
  message: Message
  /** Unix ms */
  at: number
  read: boolean
}

export interface InboxPage {
  /** The newest first. */
  items: readonly InboxItem[]
  /** Of all that there is. */
  unread: number
  hasOlder: boolean
}

/** No more can be asked for, or ticked off by name, at once. */
export const MOST = 100
export const PAGE = 50

export function loadInbox(limit: number, before?: number): Promise<Result<InboxPage>> {
  return call(`/api/inbox?${new URLSearchParams({ limit: String(limit), ...(before !== undefined && { before: String(before) }) })}`, {}, parseInbox)
}

/** Everything up to an entry, or some entries. */
export function readInbox(what: { through: number } | { ids: readonly number[] }): Promise<Result<true>> {
  return call('/api/inbox/read', { method: 'PUT', body: what }, () => true as const)
}

export function parseInbox(value: unknown): InboxPage | null {
  const items = member(value, 'items')
  const unread = member(value, 'unread')
  if (!Array.isArray(items)) return null
  return {
    items: items.flatMap((item: unknown) => {
      const parsed = parseItem(item)
      return parsed ? [parsed] : []
    }),
    unread: typeof unread === 'number' ? unread : 0,
    hasOlder: member(value, 'hasOlder') === true,
  }
}

function parseItem(value: unknown): InboxItem | null {
  const [id, kind, room, name, roomKind, at, read] = ['id', 'kind', 'room', 'roomName', 'roomKind', 'at', 'read'].map((field) => member(value, field))
  const message = parseMessage(member(value, 'message'))
  if (typeof id !== 'number' || typeof room !== 'string' || !message) return null
  const roomName = typeof name === 'string' && name !== '' ? name : room
  return {
    id,
    kind: asKind(kind),
    room,
    roomName,
    roomKind: asRoomKind(roomKind, roomName, message.userName),
    message,
    at: typeof at === 'number' ? at : message.timestamp,
    read: read === true,
  }
}
