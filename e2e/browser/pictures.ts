import { deflateSync } from 'node:zlib'
import type { Locator } from '@playwright/test'

// Pictures to upload, and what became of them.

/** A PNG whose left half is red and whose right half is blue. */
export function halves(width: number, height: number): Buffer {
  const line = Buffer.alloc(1 + width * 3)
  for (let x = 0; x < width; x++) line.set(x < width / 2 ? [220, 40, 40] : [40, 60, 220], 1 + x * 3)
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2], 8) // eight bits each of red, green and blue
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.concat(Array.from({ length: height }, () => line)))), chunk('IEND', Buffer.alloc(0)),
  ])
}

/** A Windows bitmap, all blue. Its lines of 3 bytes a pixel need a side that 4 divides. */
export function blueBitmap(side: number): Buffer {
  const head = Buffer.alloc(54)
  head.write('BM')
  head.writeUInt32LE(54 + side * side * 3, 2)
  head.writeUInt32LE(54, 10) // where the pixels begin
  head.writeUInt32LE(40, 14)
  head.writeInt32LE(side, 18)
  head.writeInt32LE(side, 22)
  head.writeUInt16LE(1, 26)
  head.writeUInt16LE(24, 28)
  return Buffer.concat([head, ...Array.from({ length: side * side }, () => Buffer.from([220, 60, 40]))])
}

function chunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const body = Buffer.concat([Buffer.from(type), data])
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, sum])
}

function crc32(data: Buffer): number {
  let crc = ~0
  for (const byte of data) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  return ~crc >>> 0
}

/** Of which of the two colours a picture is in its middle. */
export function middleOf(picture: Locator): Promise<string> {
  return picture.evaluate(async (image) => {
    if (!(image instanceof HTMLImageElement)) throw new Error('no picture')
    await image.decode()
    const canvas = document.createElement('canvas').getContext('2d')
    if (!canvas) throw new Error('no canvas')
    canvas.drawImage(image, 0, 0, image.naturalWidth, image.naturalHeight, 0, 0, 1, 1)
    const [red = 0, , blue = 0] = canvas.getImageData(0, 0, 1, 1).data
    return blue > 150 && red < 100 ? 'blue' : red > 150 && blue < 100 ? 'red' : 'both'
  })
}
