import { member } from '~/http'

/** A file that was uploaded, as messages carry it. */
export interface Attachment {
  id: string
  name: string
  /** Told from the content by the server. */
  mime: string
  /** Bytes. */
  size: number
  /** Of pictures and films whose size is known, in px as they are seen. */
  width?: number
  height?: number
  /** A path on this server, as is that of the thumbnail. */
  url: string
  /** A picture of at most 840 by 640 px, where the file itself is larger or moves. */
  thumbnail?: string
  blurhash?: string
  /** Seconds, of sounds and films. */
  duration?: number
}

/** Reads what the server says of a finished upload; null if it is no attachment. */
export function parseAttachment(value: unknown): Attachment | null {
  const id = member(value, 'id')
  const name = member(value, 'name')
  const mime = member(value, 'mime')
  const size = member(value, 'size')
  const url = member(value, 'url')
  if (typeof id !== 'string' || typeof name !== 'string' || typeof mime !== 'string' || typeof size !== 'number' || !isPath(url)) return null
  const attachment: Attachment = { id, name, mime, size, url }
  const width = member(value, 'width')
  const height = member(value, 'height')
  if (isPositive(width) && isPositive(height)) Object.assign(attachment, { width, height })
  const thumbnail = member(value, 'thumbnail')
  if (isPath(thumbnail)) attachment.thumbnail = thumbnail
  const blurhash = member(value, 'blurhash')
  if (typeof blurhash === 'string' && blurhash) attachment.blurhash = blurhash
  const duration = member(value, 'duration')
  if (isPositive(duration)) attachment.duration = duration
  return attachment
}

function isPath(value: unknown): value is string {
  return typeof value === 'string' && /^\/(?!\/)/.test(value)
}

function isPositive(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0
}
