import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { request, type IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'

/**
 * A WebSocket to the server (RFC 6455) without a browser around it, of which the tests
 * would be told each frame. It speaks texts alone, in single frames.
 */
export class Socket {
  onText: (text: string) => void = () => {}
  onEnd: (why: Error) => void = () => {}
  private rest: Buffer = Buffer.alloc(0)

  private constructor(private readonly stream: Duplex) {
    stream.on('data', (bytes: Buffer) => this.read(bytes))
    stream.on('error', (error) => this.onEnd(error))
    stream.on('close', () => this.onEnd(new Error('the socket was closed')))
  }

  /** Opens one with the cookies of a browser. */
  static async open(url: string, cookie: string): Promise<Socket> {
    const opening = request(new URL('/api/socket', url), {
      headers: {
        Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': randomBytes(16).toString('base64'),
        'Sec-WebSocket-Protocol': 'chat.v1', Origin: url, Cookie: cookie,
      },
    }).end()
    const [, stream, head] = (await once(opening, 'upgrade')) as [IncomingMessage, Duplex, Buffer]
    const socket = new Socket(stream)
    stream.unshift(head)
    return socket
  }

  /** Sends texts, together. */
  send(texts: readonly string[]): void {
    this.stream.write(Buffer.concat(texts.map((text) => frame(0x1, Buffer.from(text)))))
  }

  async close(): Promise<void> {
    this.onEnd = () => {}
    // That comes after an error, too.
    const closed = new Promise<void>((resolve) => this.stream.once('close', () => resolve()))
    this.stream.end(frame(0x8, Buffer.from([1_000 >> 8, 1_000 & 255])))
    await closed
  }

  private read(bytes: Buffer) {
    let rest = Buffer.concat([this.rest, bytes])
    for (;;) {
      if (rest.length < 2) break
      const short = (rest[1] ?? 0) & 127
      const head = short < 126 ? 2 : short === 126 ? 4 : 10
      if (rest.length < head) break
      const length = short < 126 ? short : short === 126 ? rest.readUInt16BE(2) : Number(rest.readBigUInt64BE(2))
      if (rest.length < head + length) break
      if (((rest[0] ?? 0) & 15) === 1) this.onText(rest.toString('utf8', head, head + length))
      rest = rest.subarray(head + length)
    }
    this.rest = rest
  }
}

function frame(opcode: number, body: Buffer): Buffer {
  const head = body.length < 126 ? Buffer.from([0x80 | opcode, 0x80 | body.length]) : Buffer.from([0x80 | opcode, 0x80 | 126, body.length >> 8, body.length & 255])
  // A mask is for proxies, of which there is none here.
  return Buffer.concat([head, Buffer.alloc(4), body])
}
