import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

type Answer = { type: string; body: string | Buffer }

/** A web of pages on this machine, which notes who comes. */
export class Web {
  /** The path and the User-Agent of each request. */
  readonly visits: { path: string; agent: string }[] = []
  private readonly answers = new Map<string, () => Promise<Answer>>()
  private readonly server: Server
  private readonly waiting: { path: string; come: () => void }[] = []

  private constructor() {
    this.server = createServer((request, response) => void this.answer(request, response))
  }

  static async open(): Promise<Web> {
    const web = new Web()
    web.server.listen(0, '127.0.0.1')
    await once(web.server, 'listening')
    return web
  }

  /** Its host and port. */
  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  get url(): string {
    return `http://${this.address}`
  }

  /** Puts something at a path. It is held back from whoever asks until the returned function is called. */
  put(path: string, answer: Answer): () => void {
    let release = () => {}
    const released = new Promise<void>((resolve) => (release = resolve))
    this.answers.set(path, async () => {
      await released
      return answer
    })
    return release
  }

  /** Resolves once somebody has asked for a path. */
  async asked(path: string): Promise<void> {
    if (this.visits.some((v) => v.path === path)) return
    await new Promise<void>((come) => this.waiting.push({ path, come }))
  }

  async close(): Promise<void> {
    this.server.closeAllConnections()
    this.server.close()
    await once(this.server, 'close')
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? ''
    this.visits.push({ path, agent: request.headers['user-agent'] ?? '' })
    for (const w of this.waiting) if (w.path === path) w.come()
    const answer = await this.answers.get(path)?.()
    if (!answer) {
      response.writeHead(404).end()
      return
    }
    response.writeHead(200, { 'Content-Type': answer.type }).end(answer.body)
  }
}

/** A page that says what it is about, as most do. */
export function story(title: string, picture: string): Answer {
  const head = `<meta property="og:title" content="${title}"><meta property="og:description" content="What is said of it."><meta property="og:site_name" content="The Gazette"><meta property="og:image" content="${picture}">`
  return { type: 'text/html; charset=utf-8', body: `<!doctype html><html><head>${head}</head><body>${title}</body></html>` }
}
