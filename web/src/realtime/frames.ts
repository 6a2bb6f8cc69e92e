import { parseNotice } from '~/attention/notice'
import type { Attachment, Code, Message, Page, PersonState, Preview, Replies, Role, RoomEvent, RoomFrame, RoomKind, ServerFrame, State, Status, User } from './wire.gen'

// Frames are checked here, at the edge: behind this file their types hold.
// Fields this client doesn't know are dropped, as the protocol asks.

/**
 * A durable event of a kind this client doesn't know. It takes its place in
 * the room's order, so that what follows it isn't mistaken for a gap.
 */
export interface SkippedFrame {
  type: 'skipped'
  room: string
  seq: number
}

export type Fields = Record<string, unknown>

/** Parses one text frame. Null: not a frame, or of no interest to us. */
export function parseServerFrame(text: string): ServerFrame | SkippedFrame | null {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return null
  }
  return isFields(value) ? frame(value) : null
}

/** Parses a page of history. Null: not a page. */
export function parsePage(value: unknown): Page | null {
  if (!isFields(value)) return null
  const { stream, head, hasOlder, hasNewer } = value
  const messages = list(value['messages'], parseMessage)
  if (!isText(stream) || !isCount(head) || typeof hasOlder !== 'boolean' || typeof hasNewer !== 'boolean' || !messages) {
    return null
  }
  return { stream, head, hasOlder, hasNewer, messages }
}

function frame(f: Fields): ServerFrame | SkippedFrame | null {
  const { room, ref, clientId } = f
  switch (f['type']) {
    case 'pong':
      return { type: 'pong' }
    case 'hello': {
      const you = parseUser(f['you'])
      const { protocol, heartbeatMs } = f
      if (!you || !isCount(protocol) || !isCount(heartbeatMs) || heartbeatMs === 0) return null
      return { type: 'hello', protocol, you, heartbeatMs }
    }
    case 'joined': {
      const users = list(f['users'], parseUser)
      const { stream, head, role, resumed, count } = f
      if (!isText(room) || !isText(stream) || !isCount(head) || !isCount(count) || !users) return null
      return {
        type: 'joined', room, stream, head, count, users,
        role: isText(role) ? role : '',
        resumed: resumed === true,
        ...optional('ref', ref),
      }
    }
    case 'reset': {
      const { stream, head } = f
      if (!isText(room) || !isText(stream) || !isCount(head)) return null
      return { type: 'reset', room, stream, head, ...optional('ref', ref) }
    }
    case 'message': {
      const message = parseMessage(f['message'])
      if (!isText(room) || !message) return null
      return { type: 'message', room, message }
    }
    case 'update': {
      const message = parseMessage(f['message'])
      const { seq } = f
      if (!isText(room) || !isCount(seq) || seq === 0) return null
      // The event keeps its place in the room's order, whatever it says.
      return message ? { type: 'update', room, seq, message } : { type: 'skipped', room, seq }
    }
    case 'room':
      return parseRoomFrame(f) ?? skipped(f)
    case 'rooms':
    case 'reports':
    case 'attention':
      return { type: f['type'] }
    case 'read': {
      const { userId, seq } = f
      return isText(room) && isText(userId) && isCount(seq) ? { type: 'read', room, userId, seq } : null
    }
    case 'activity': {
      const { seq } = f
      return isText(room) && isCount(seq) ? { type: 'activity', room, seq, mention: f['mention'] === true } : null
    }
    case 'notice': {
      const notice = parseNotice(f['notice'])
      return notice && { type: 'notice', notice }
    }
    case 'ack': {
      const { id, seq, timestamp } = f
      if (!isText(room) || !isText(clientId) || !isText(id) || !isCount(seq) || !isCount(timestamp)) return null
      return { type: 'ack', room, clientId, id, seq, timestamp, ...optional('ref', ref) }
    }
    case 'presence': {
      const { count } = f
      const joined = list(f['joined'] ?? [], parseUser)
      const left = list(f['left'] ?? [], (v) => (isText(v) ? v : null))
      if (!isText(room) || !isCount(count) || !joined || !left) return null
      return { type: 'presence', room, count, joined, left }
    }
    case 'people': {
      const people = some(f['people'], parsePersonState)
      return people && { type: 'people', people, ...optional('ref', ref) }
    }
    case 'typing': {
      const { userId, userName } = f
      if (!isText(room) || !isText(userId) || !isText(userName)) return null
      return { type: 'typing', room, userId, userName }
    }
    case 'rateLimit': {
      const { retryAfterMs, limit, windowMs } = f
      if (!isCount(retryAfterMs) || !isCount(limit) || !isCount(windowMs)) return null
      return {
        type: 'rateLimit', retryAfterMs, limit, windowMs,
        ...optional('ref', ref), ...optional('room', room), ...optional('clientId', clientId),
      }
    }
    case 'ok':
      return isText(ref) ? { type: 'ok', ref } : null
    case 'error': {
      const { code, message } = f
      if (!isText(code) || !isText(message)) return null
      return {
        // A code that is newer than this client is still shown by its message.
        type: 'error', code: code as Code, message,
        ...optional('ref', ref), ...optional('room', room), ...optional('clientId', clientId),
      }
    }
    default:
      return skipped(f)
  }
}

function skipped({ room, seq }: Fields): SkippedFrame | null {
  return isText(room) && isCount(seq) && seq > 0 ? { type: 'skipped', room, seq } : null
}

const roomEvents: Readonly<Record<RoomEvent, true>> = {
  member_added: true, member_removed: true, role_changed: true, renamed: true, topic_changed: true, archived: true, unarchived: true,
  kind_changed: true, slow_mode: true,
}
const roomKinds: Readonly<Record<RoomKind, true>> = { public: true, private: true, direct: true, group: true }
const roles: Readonly<Record<Role, true>> = { owner: true, admin: true, moderator: true, member: true, guest: true, bot: true }

function isKey<K extends string>(of: Readonly<Record<K, true>>, value: unknown): value is K {
  return isText(value) && Object.hasOwn(of, value)
}

export const isRoomKind = (value: unknown): value is RoomKind => isKey(roomKinds, value)
export const isRole = (value: unknown): value is Role => isKey(roles, value)

// Null: of a kind that this client has no words for.
function parseRoomFrame(f: Fields): RoomFrame | null {
  const { room, seq, event, by, byName, role, kind, seconds, at, topic } = f
  if (!isText(room) || !isCount(seq) || seq === 0 || !isKey(roomEvents, event) || !isCount(at)) return null
  const user = parseUser(f['user'])
  return {
    type: 'room', room, seq, event, at,
    by: isText(by) ? by : '',
    byName: isText(byName) ? byName : '',
    ...(user && { user }),
    ...(isRole(role) && { role }),
    ...(f['invited'] === true && { invited: true }),
    ...optional('name', f['name']),
    ...(isText(topic) && { topic }),
    ...(isRoomKind(kind) && { kind }),
    ...(isCount(seconds) && { seconds }),
  }
}

export function parseUser(value: unknown): User | null {
  if (!isFields(value)) return null
  const { userId, userName, userImage } = value
  if (!isText(userId) || !isText(userName)) return null
  return { userId, userName, ...optional('userImage', userImage), ...parseState(value) }
}

const states: Readonly<Record<State, true>> = { online: true, away: true, dnd: true, offline: true }

// How somebody is and what they say of themselves, as far as it can be read.
function parseState({ state, status }: Fields): Pick<User, 'state' | 'status'> {
  const said = parseStatus(status)
  return { ...(isKey(states, state) && { state }), ...(said && { status: said }) }
}

function parsePersonState(value: unknown): PersonState | null {
  if (!isFields(value) || !isText(value['userId'])) return null
  const { state, ...status } = parseState(value)
  return state ? { userId: value['userId'], state, ...status } : null
}

function parseStatus(value: unknown): Status | null {
  if (!isFields(value)) return null
  const { emoji, text, until } = value
  const said = { emoji: isText(emoji) ? emoji : '', text: isText(text) ? text : '', until: isCount(until) ? until : 0 }
  return said.emoji === '' && said.text === '' ? null : said
}

/**
 * Parses a message. Null: not one. What only adds to it (reactions, files) and isn't
 * as it should be is left out: the text is still to be read.
 */
export function parseMessage(value: unknown): Message | null {
  if (!isFields(value)) return null
  const { id, userId, userName, userImage, content, timestamp, type, seq, clientId } = value
  if (!isText(id) || !isText(userId) || !isCount(timestamp)) return null
  const reactions = parseReactions(value['reactions'])
  const attachments = some(value['attachments'], parseAttachment)
  const replies = parseReplies(value['replies'])
  const previews = some(value['previews'], parsePreview)
  return {
    id, userId, timestamp,
    userName: isText(userName) ? userName : '',
    content: isText(content) ? content : '',
    type: type === 'system' ? 'system' : 'text',
    ...optional('userImage', userImage),
    ...positive('seq', seq),
    ...optional('clientId', clientId),
    ...positive('editedAt', value['editedAt']),
    ...positive('deletedAt', value['deletedAt']),
    ...optional('replyTo', value['replyTo']),
    ...optional('thread', value['thread']),
    ...(reactions && { reactions }),
    ...(value['pinned'] === true && { pinned: true }),
    ...(attachments && { attachments }),
    ...(replies && { replies }),
    ...(previews && { previews }),
  }
}

function parseReactions(value: unknown): Record<string, string[]> | null {
  if (!isFields(value)) return null
  const entries = Object.entries(value).flatMap(([emoji, users]) => {
    const known = some(users, word)
    return known ? [[emoji, known] as const] : []
  })
  return entries.length > 0 ? Object.fromEntries(entries) : null
}

export function parseAttachment(value: unknown): Attachment | null {
  if (!isFields(value)) return null
  const { id, name, mime, size, width, height, url } = value
  if (!isText(id) || !isText(url)) return null
  return {
    id, url,
    name: isText(name) ? name : '',
    mime: isText(mime) ? mime : '',
    size: isCount(size) ? size : 0,
    width: isCount(width) ? width : 0,
    height: isCount(height) ? height : 0,
    ...optional('thumbnail', value['thumbnail']),
    ...optional('blurhash', value['blurhash']),
    ...positive('duration', value['duration']),
  }
}

function parseReplies(value: unknown): Replies | null {
  if (!isFields(value)) return null
  const { count, lastSeq, lastAt } = value
  if (!isCount(count) || !isCount(lastSeq) || !isCount(lastAt)) return null
  return { count, lastSeq, lastAt, users: some(value['users'], word) ?? [] }
}

function parsePreview(value: unknown): Preview | null {
  if (!isFields(value) || !isText(value['url'])) return null
  return {
    url: value['url'],
    ...optional('title', value['title']),
    ...optional('description', value['description']),
    ...optional('site', value['site']),
    ...optional('image', value['image']),
    ...positive('width', value['width']),
    ...positive('height', value['height']),
  }
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isText(value: unknown): value is string {
  return typeof value === 'string'
}

export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

// One bad element spoils the list: half a page would look like a whole one.
export function list<T>(value: unknown, parse: (v: unknown) => T | null): T[] | null {
  if (!Array.isArray(value)) return null
  const out: T[] = []
  for (const v of value) {
    const parsed = parse(v)
    if (parsed === null) return null
    out.push(parsed)
  }
  return out
}

// The elements that can be read. Null: none.
function some<T>(value: unknown, parse: (v: unknown) => T | null): T[] | null {
  if (!Array.isArray(value)) return null
  const out = value.map(parse).filter((v) => v !== null)
  return out.length > 0 ? out : null
}

function word(value: unknown): string | null {
  return isText(value) ? value : null
}

function positive<K extends string>(key: K, value: unknown): { [P in K]?: number } {
  const out: { [P in K]?: number } = {}
  if (isCount(value) && value > 0) out[key] = value
  return out
}

function optional<K extends string>(key: K, value: unknown): { [P in K]?: string } {
  const out: { [P in K]?: string } = {}
  if (typeof value === 'string' && value !== '') out[key] = value
  return out
}
