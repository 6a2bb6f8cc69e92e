import { interpret, type Result } from '~/http'
import type { Fractions } from './crop'
import { text } from './parse'

// A picture on its way to the server, which makes what is shown of it.

/** What people choose is at most this, in bytes. */
export const MAX_FILE = 40 << 20
/** Beyond these bytes and pixels it isn't sent whole: the part that is kept is drawn here first. */
const WHOLE_BYTES = 4 << 20
const WHOLE_PIXELS = 30e6
/** The side in px of what is drawn here. */
const DRAWN = 1024

const takenByServer = ['image/jpeg', 'image/png', 'image/gif', 'image/webp']

/** What is sent: the file with its crop, or the square that was drawn of it. */
export async function prepare(file: Blob, picture: ImageBitmap, crop: Fractions): Promise<{ body: Blob; crop?: Fractions }> {
  const small = file.size <= WHOLE_BYTES && picture.width * picture.height <= WHOLE_PIXELS
  if (small && takenByServer.includes(file.type)) return { body: file, crop }
  const side = crop.size * Math.min(picture.width, picture.height)
  const drawn = Math.min(DRAWN, Math.round(side))
  const canvas = document.createElement('canvas')
  canvas.width = drawn
  canvas.height = drawn
  const context = canvas.getContext('2d')
  if (context) {
    context.imageSmoothingQuality = 'high'
    context.drawImage(picture, crop.x * picture.width, crop.y * picture.height, side, side, 0, 0, drawn, drawn)
  }
  const body = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'))
  // The server says then what is wrong with it.
  return body ? { body } : { body: file, crop }
}

/** Uploads; `progress` hears the part that is sent, 0 to 1. The value is the picture's new address. */
export function upload(body: Blob, crop: Fractions | undefined, progress: (part: number) => void, signal: AbortSignal): Promise<Result<string>> {
  const query = crop ? `?${new URLSearchParams({ x: crop.x.toFixed(5), y: crop.y.toFixed(5), size: crop.size.toFixed(5) }).toString()}` : ''
  return new Promise((resolve) => {
    // fetch doesn't tell how far an upload came.
    const request = new XMLHttpRequest()
    request.open('POST', `/api/account/avatar${query}`)
    request.setRequestHeader('Content-Type', body.type)
    request.setRequestHeader('Accept', 'application/json')
    request.upload.addEventListener('progress', (event) => {
      if (event.lengthComputable) progress(event.loaded / event.total)
    })
    request.addEventListener('load', () =>
      resolve(interpret(request.status, (name) => request.getResponseHeader(name), request.responseText, (value) => text(value, 'image') || null)),
    )
    for (const end of ['error', 'abort', 'timeout']) request.addEventListener(end, () => resolve({ ok: false, failure: { kind: 'unreachable' } }))
    signal.addEventListener('abort', () => request.abort())
    request.send(body)
  })
}
