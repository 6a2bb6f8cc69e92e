import type { Attachment, Code, Message, Page, Preview, Replies, ServerFrame, User } from './wire.gen'

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

type Fields = Record<string, unknown>

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
      // What can't be read still takes its place in the order.
      return message ? { type: 'update', room, seq, message } : { type: 'skipped', room, seq }
    }
    case 'read': {
      const { userId, seq } = f
      if (!isText(room) || !isText(userId) || !isCount(seq)) return null
      return { type: 'read', room, userId, seq }
    }
    case 'activity': {
      const { seq } = f
      if (!isText(room) || !isCount(seq)) return null
      return { type: 'activity', room, seq, mention: f['mention'] === true }
    }
    case 'ack': {
      const { id, seq, timestamp } = f
      if (!isText(room) || !isText(clientId) || !isText(id) || !isCount(seq) || !isCount(timestamp)) return null
      return { type: 'ack', room, clientId, id, seq, timestamp, ...optional('ref', ref) }
    }
    case 'presence': {
      const { count } = f
      const joined = list(f['joined'] ?? [], parseUser)
      const left = list(f['left'] ?? [], text)
      if (!isText(room) || !isCount(count) || !joined || !left) return null
      return { type: 'presence', room, count, joined, left }
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
    default: {
      const { seq } = f
      return isText(room) && isCount(seq) && seq > 0 ? { type: 'skipped', room, seq } : null
    }
  }
}

function parseUser(value: unknown): User | null {
  if (!isFields(value)) return null
  const { userId, userName, userImage } = value
  if (!isText(userId) || !isText(userName)) return null
  return { userId, userName, ...optional('userImage', userImage) }
}

/** Parses one message. Null: not a message. */
export function parseMessage(value: unknown): Message | null {
  if (!isFields(value)) return null
  const { id, userId, userName, userImage, content, timestamp, type, seq, clientId, editedAt, deletedAt, replyTo, thread } = value
  if (!isText(id) || !isText(userId) || !isCount(timestamp)) return null
  const message: Message = {
    id, userId, timestamp,
    userName: isText(userName) ? userName : '',
    content: isText(content) ? content : '',
    type: type === 'system' ? 'system' : 'text',
    ...optional('userImage', userImage),
    ...positive('seq', seq),
    ...optional('clientId', clientId),
    ...positive('editedAt', editedAt),
    ...positive('deletedAt', deletedAt),
    ...optional('replyTo', replyTo),
    ...optional('thread', thread),
  }
  // What most messages don't have, and what can't be read isn't had.
  const reactions = value['reactions'] === undefined ? null : parseReactions(value['reactions'])
  if (reactions) message.reactions = reactions
  if (value['pinned'] === true) message.pinned = true
  const attachments = list(value['attachments'], parseAttachment)
  if (attachments?.length) message.attachments = attachments
  const replies = parseReplies(value['replies'])
  if (replies) message.replies = replies
  const previews = list(value['previews'], parsePreview)
  if (previews?.length) message.previews = previews
  return message
}

function parseReactions(value: unknown): { [emoji: string]: string[] } | null {
  if (!isFields(value)) return null
  const out: [string, string[]][] = []
  for (const [emoji, who] of Object.entries(value)) {
    const users = list(who, text)
    if (users?.length) out.push([emoji, users])
  }
  return out.length > 0 ? Object.fromEntries(out) : null
}

/** Parses a file of a message. Null: not one. */
export function parseAttachment(value: unknown): Attachment | null {
  if (!isFields(value)) return null
  const { id, name, mime, size, width, height, url, thumbnail, blurhash, duration } = value
  if (!isText(id) || !isText(name) || !isCount(size)) return null
  return {
    id, name, size,
    mime: isText(mime) ? mime : 'application/octet-stream',
    url: isText(url) ? url : '',
    width: isCount(width) ? width : 0,
    height: isCount(height) ? height : 0,
    ...optional('thumbnail', thumbnail),
    ...optional('blurhash', blurhash),
    ...(typeof duration === 'number' && duration > 0 ? { duration } : {}),
  }
}

function parseReplies(value: unknown): Replies | null {
  if (!isFields(value)) return null
  const { count, lastSeq, lastAt } = value
  if (!isCount(count) || !isCount(lastSeq) || !isCount(lastAt)) return null
  return { count, lastSeq, lastAt, users: list(value['users'], text) ?? [] }
}

function parsePreview(value: unknown): Preview | null {
  if (!isFields(value)) return null
  const { url, title, description, site, image, width, height } = value
  if (!isText(url)) return null
  return {
    url,
    title: isText(title) ? title : '',
    ...optional('description', description),
    ...optional('site', site),
    ...optional('image', image),
    ...positive('width', width),
    ...positive('height', height),
  }
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function text(value: unknown): string | null {
  return isText(value) ? value : null
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}

// One bad element spoils the list: half a page would look like a whole one.
function list<T>(value: unknown, parse: (v: unknown) => T | null): T[] | null {
  if (!Array.isArray(value)) return null
  const out: T[] = []
  for (const v of value) {
    const parsed = parse(v)
    if (parsed === null) return null
    out.push(parsed)
  }
  return out
}

function optional<K extends string>(key: K, value: unknown): { [P in K]?: string } {
  const out: { [P in K]?: string } = {}
  if (typeof value === 'string' && value !== '') out[key] = value
  return out
}

function positive<K extends string>(key: K, value: unknown): { [P in K]?: number } {
  const out: { [P in K]?: number } = {}
  if (isCount(value) && value > 0) out[key] = value
  return out
}
