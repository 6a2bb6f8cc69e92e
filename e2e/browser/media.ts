import type { Page } from '@playwright/test'

// Small films and sounds that are what they say, made without any other program.

const RATE = 48_000 // samples a second
const CHANNELS = 2

/** A tone of so many seconds as WAV: 192 kB each. */
export function tone(seconds: number): Buffer {
  const frames = seconds * RATE
  const data = Buffer.alloc(frames * CHANNELS * 2)
  for (let i = 0; i < frames; i++) {
    const sample = Math.round(3_000 * Math.sin((2 * Math.PI * 440 * i) / RATE))
    for (let c = 0; c < CHANNELS; c++) data.writeInt16LE(sample, (i * CHANNELS + c) * 2)
  }
  const head = Buffer.alloc(44)
  head.write('RIFF')
  head.writeUInt32LE(36 + data.length, 4)
  head.write('WAVEfmt ', 8)
  head.writeUInt32LE(16, 16)
  head.writeUInt16LE(1, 20) // PCM
  head.writeUInt16LE(CHANNELS, 22)
  head.writeUInt32LE(RATE, 24)
  head.writeUInt32LE(RATE * CHANNELS * 2, 28)
  head.writeUInt16LE(CHANNELS * 2, 32)
  head.writeUInt16LE(16, 34)
  head.write('data', 36)
  head.writeUInt32LE(data.length, 40)
  return Buffer.concat([head, data])
}

/**
 * A film as WebM, two frames a second, whose colour goes from red to blue. A page
 * draws its frames: a lossy WebP is one frame of VP8.
 */
export async function film(page: Page, seconds: number, width = 320, height = 180): Promise<Buffer> {
  const count = seconds * 2
  const pictures = await page.evaluate(({ count, width, height }) => {
    const canvas = document.createElement('canvas')
    canvas.width = width
    canvas.height = height
    const draw = canvas.getContext('2d', { alpha: false })
    if (!draw) throw new Error('no canvas')
    return Array.from({ length: count }, (_, i) => {
      draw.fillStyle = i < count / 2 ? '#dc2828' : '#283cdc'
      draw.fillRect(0, 0, width, height)
      return canvas.toDataURL('image/webp', 0.8).replace(/^data:image\/webp;base64,/, '')
    })
  }, { count, width, height })
  const frames = pictures.map((text) => vp8(Buffer.from(text, 'base64')))
  const info = element(0x1549a966, [
    element(0x2ad7b1, uint(1_000_000)), // a unit is a millisecond
    element(0x4489, float(seconds * 1_000)),
    element(0x4d80, 'test'), element(0x5741, 'test'), // who wrote it
  ])
  const tracks = element(0x1654ae6b, [element(0xae, [
    element(0xd7, uint(1)), element(0x73c5, uint(1)), element(0x83, uint(1)), element(0x86, 'V_VP8'),
    element(0xe0, [element(0xb0, uint(width)), element(0xba, uint(height))]),
  ])])
  const clusters = frames.map((frame, i) => element(0x1f43b675, [
    element(0xe7, uint(i * 500)),
    element(0xa3, Buffer.concat([Buffer.from([0x81, 0, 0, 0x80]), frame])), // track 1, at the cluster's time, a key frame
  ]))
  // Where each begins, counted from the segment's first byte: the index has the same
  // length whatever it says.
  const cues = (from: number) => {
    let at = from
    return element(0x1c53bb6b, clusters.map((cluster, i) => {
      const point = element(0xbb, [element(0xb3, uint(i * 500)), element(0xb7, [element(0xf7, uint(1)), element(0xf1, uint(at))])])
      at += cluster.length
      return point
    }))
  }
  const before = info.length + tracks.length
  const segment = element(0x18538067, [info, tracks, cues(before + cues(0).length), ...clusters])
  const head = element(0x1a45dfa3, [
    element(0x4286, uint(1)), element(0x42f7, uint(1)), element(0x42f2, uint(4)), element(0x42f3, uint(8)),
    element(0x4282, 'webm'), element(0x4287, uint(2)), element(0x4285, uint(2)),
  ])
  return Buffer.concat([head, segment])
}

/** The frame in a WebP. */
function vp8(webp: Buffer): Buffer {
  for (let at = 12; at + 8 <= webp.length; ) {
    const size = webp.readUInt32LE(at + 4)
    if (webp.toString('latin1', at, at + 4) === 'VP8 ') return webp.subarray(at + 8, at + 8 + size)
    at += 8 + size + (size % 2)
  }
  throw new Error('no VP8 in the WebP')
}

// EBML, as RFC 8794 has it: an id, the length in eight bytes, the content.
function element(id: number, content: string | Buffer | readonly Buffer[]): Buffer {
  const body = typeof content === 'string' ? Buffer.from(content) : Buffer.isBuffer(content) ? content : Buffer.concat(content)
  const head = Buffer.from(id.toString(16).padStart(2, '0'), 'hex')
  const length = Buffer.alloc(8)
  length.writeBigUInt64BE(BigInt(body.length) | (1n << 56n))
  return Buffer.concat([head, length, body])
}

function uint(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

function float(value: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleBE(value)
  return bytes
}
