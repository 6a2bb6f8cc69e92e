import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server as Listener, type Socket } from 'node:net'

/** The network between browsers and a server, both of this machine: it can be cut. */
export class Line {
  private readonly open = new Set<Socket>()
  private readonly listener: Listener
  private refuses = false
  /** Bytes to the browsers until it is cut. */
  private left = Infinity
  private cutNow: (() => void) | undefined

  private constructor(
    /** Of the server. */
    readonly port: number,
  ) {
    this.listener = createServer((near) => this.join(near))
  }

  /** One that leads to a port. */
  static async to(port: number): Promise<Line> {
    const line = new Line(port)
    line.listener.listen(0, '127.0.0.1')
    await once(line.listener, 'listening')
    return line
  }

  get url(): string {
    const { port } = this.listener.address() as AddressInfo
    return `http://127.0.0.1:${port}`
  }

  /** Resets every connection. */
  cut(): void {
    for (const socket of this.open) socket.resetAndDestroy()
  }

  /** Cuts it after so many more bytes to the browsers, wherever that is in a frame; resolves then. */
  async cutAfter(bytes: number): Promise<void> {
    this.left = bytes
    await new Promise<void>((resolve) => (this.cutNow = resolve))
  }

  /** Whether it resets whatever is opened. */
  refuse(refuses: boolean): void {
    this.refuses = refuses
  }

  async close(): Promise<void> {
    const closed = once(this.listener, 'close')
    this.listener.close()
    this.cut()
    await closed
  }

  private join(near: Socket) {
    if (this.refuses) {
      near.resetAndDestroy()
      return
    }
    const far = connect(this.port, '127.0.0.1')
    for (const [socket, other] of [[near, far], [far, near]] as const) {
      this.open.add(socket)
      socket.setNoDelay(true)
      // A reset is what this is for.
      socket.on('error', () => other.destroy())
      socket.on('end', () => other.end())
      socket.on('close', () => {
        this.open.delete(socket)
        other.destroy()
      })
    }
    near.on('data', (bytes) => pass(bytes, near, far))
    far.on('data', (bytes) => {
      if (bytes.length < this.left) {
        this.left -= bytes.length
        pass(bytes, far, near)
        return
      }
      const last = bytes.subarray(0, this.left)
      this.left = Infinity
      near.write(last, () => {
        this.cut()
        this.cutNow?.()
      })
    })
  }
}

function pass(bytes: Buffer, from: Socket, to: Socket) {
  if (to.write(bytes)) return
  from.pause()
  to.once('drain', () => from.resume())
}
