// What one is told of, away from where it was said. The page and the service worker
// read it alike, so nothing here needs a window.

import { m, t } from '../i18n/i18n'
import type { Notice, NoticeKind, RoomKind } from '../realtime/wire.gen'

const kinds: readonly NoticeKind[] = ['mention', 'reply', 'thread', 'call', 'room']
const roomKinds: readonly RoomKind[] = ['public', 'private', 'direct', 'group']

export function asKind(value: unknown): NoticeKind {
  return kinds.find((kind) => kind === value) ?? 'room'
}

/** The kind of a room that is called something; a push that waited may come from before they told it. */
export function asRoomKind(value: unknown, roomName: string, userName: string): RoomKind {
  return roomKinds.find((kind) => kind === value) ?? (roomName === userName ? 'direct' : 'public')
}

/** Parses a notice that came over the socket or by push. Null: not one. */
export function parseNotice(value: unknown): Notice | null {
  if (typeof value !== 'object' || value === null) return null
  const get = (name: string): unknown => Reflect.get(value, name)
  const word = (name: string) => {
    const v = get(name)
    return typeof v === 'string' ? v : ''
  }
  const count = (name: string) => {
    const v = get(name)
    return typeof v === 'number' && Number.isFinite(v) ? v : 0
  }
  const room = word('room')
  const roomName = word('roomName') || room
  const messageId = word('messageId')
  if (room === '' || messageId === '') return null
  return {
    id: count('id'),
    kind: asKind(get('kind')),
    room,
    roomName,
    roomKind: asRoomKind(get('roomKind'), roomName, word('userName')),
    seq: count('seq'),
    messageId,
    ...(word('thread') !== '' && { thread: word('thread') }),
    userId: word('userId'),
    userName: word('userName') || t('Somebody'),
    ...(word('userImage') !== '' && { userImage: word('userImage') }),
    text: word('text'),
    at: count('at'),
    quiet: get('quiet') === true,
  }
}

/** What happened, between two people and in a room. */
const titles: Readonly<Record<NoticeKind, readonly [direct: string, room: string]>> = {
  mention: [m('{who} mentioned you'), m('{who} mentioned you in {room}')],
  reply: [m('{who} answered you'), m('{who} answered you in {room}')],
  thread: [m('{who} in a thread'), m('{who} in a thread of {room}')],
  call: [m('{who} called everybody'), m('{who} called everybody in {room}')],
  room: ['{who}', m('{who} in {room}')],
}

/** What happened, in one line. A direct needs no name beside that of who wrote. */
export function titleOf(notice: Pick<Notice, 'kind' | 'roomName' | 'roomKind' | 'userName'>): string {
  return t(titles[notice.kind][notice.roomKind === 'direct' ? 0 : 1], { who: notice.userName, room: roomLabel(notice) })
}

/** What a room is called: "#Tea", and by its name alone where it isn't for everybody. */
export function roomLabel({ roomName, roomKind }: Pick<Notice, 'roomName' | 'roomKind'>): string {
  return roomKind === 'public' ? `#${roomName}` : roomName
}

/** The address of what it is about. */
export function pathOf({ room, messageId }: Pick<Notice, 'room' | 'messageId'>): string {
  return `/rooms/${encodeURIComponent(room)}?message=${encodeURIComponent(messageId)}`
}

/** Whether the page at an address shows where it was said: a room doesn't show what is in its threads. */
export function shows(address: string, { room, thread }: Pick<Notice, 'room' | 'thread'>): boolean {
  const url = new URL(address)
  return url.pathname === `/rooms/${encodeURIComponent(room)}` && (thread === undefined || url.searchParams.get('thread') === thread)
}

/** Of one room, and of one thread, one notification stands: the newest. Threads are read for themselves. */
export function tagOf({ room, thread }: Pick<Notice, 'room' | 'thread'>): string {
  return thread === undefined ? `room:${room}` : `thread:${thread}`
}

/** What a notification carries with it. */
export interface NoticeData {
  /** Of the entry of the inbox; 0: it has none. */
  id: number
  messageId: string
  room: string
  /** The root of the thread that it is in. */
  thread?: string
  seq: number
  path: string
}

export function noticeData(value: unknown): NoticeData | null {
  if (typeof value !== 'object' || value === null) return null
  const [id, messageId, room, thread, seq, path]: unknown[] = ['id', 'messageId', 'room', 'thread', 'seq', 'path'].map((name): unknown => Reflect.get(value, name))
  if (typeof messageId !== 'string' || typeof room !== 'string' || typeof seq !== 'number' || typeof path !== 'string' || !path.startsWith('/rooms/')) return null
  return { id: typeof id === 'number' ? id : 0, messageId, room, ...(typeof thread === 'string' && { thread }), seq, path }
}

/** How it is shown by the system. The sound is the page's, where there is one. */
export function notificationOf(notice: Notice, silent: boolean): [title: string, options: NotificationOptions & { data: NoticeData }] {
  return [
    titleOf(notice),
    {
      body: notice.text,
      tag: tagOf(notice),
      icon: '/icons/icon-192.png',
      badge: '/icons/badge-96.png',
      silent,
      data: {
        id: notice.id, messageId: notice.messageId, room: notice.room, ...(notice.thread !== undefined && { thread: notice.thread }), seq: notice.seq, path: pathOf(notice),
      },
    },
  ]
}
