import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'

/** The binary under test. */
const binary = path.resolve(process.env.E2E_SERVER ?? path.join(import.meta.dirname, '../../bin/snug'))
const START_MS = 30_000
const MAIL_MS = 30_000

/** The same, with the way to a web on this machine that E2E_PAGES names. */
const reachingBinary = `${binary}-e2e`

/** Settings of tests that are faster than people, whose first person is in no need of help with naming the server. */
export const noLimits: Readonly<Record<string, string>> = { SNUG_AUTH_RATE: '0', SNUG_POST_RATE: '0', SNUG_SERVER_NAME: 'Snug' }

export interface ServerOptions {
  /** Where it listens; a free port if it isn't said. */
  port?: number
  /** The host and port, on this machine, of the web that it may look at for previews. */
  pages?: string
}

/** A server process with a data folder of its own. */
export class Server {
  private child: ChildProcess | undefined
  private log = ''

  private constructor(
    private readonly port: number,
    private readonly home: string,
    private readonly settings: Readonly<Record<string, string>>,
    private readonly pages: string | undefined,
  ) {}

  get url(): string {
    return this.settings['SNUG_BASE_URL'] ?? `http://127.0.0.1:${this.port}`
  }

  /** Starts one; {port} in a setting stands for its port. */
  static async start(settings: Readonly<Record<string, string>> = noLimits, options: ServerOptions = {}): Promise<Server> {
    const home = await mkdtemp(path.join(tmpdir(), 'snug-browser-'))
    const port = options.port ?? (await freePort())
    const filled = Object.entries(settings).map(([name, value]) => [name, value.replaceAll('{port}', String(port))] as const)
    const server = new Server(port, home, Object.fromEntries(filled), options.pages)
    await server.start()
    return server
  }

  /** Starts it again, on the same data and address. */
  async start(): Promise<void> {
    const child = spawn(this.pages === undefined ? binary : reachingBinary, ['serve', '--addr', `127.0.0.1:${this.port}`, '--data', this.data], {
      cwd: this.home, env: this.env, stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.child = child
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (text: Buffer) => (this.log = (this.log + text.toString()).slice(-20_000)))
    }
    let broken: Error | undefined
    child.on('error', (error) => (broken = error))
    for (const deadline = Date.now() + START_MS; ; await pause(20)) {
      if (broken) throw broken
      if (child.exitCode !== null || Date.now() > deadline) throw new Error(`the server didn't start:\n${this.log}`)
      const ready = await fetch(`${this.url}/readyz`).then((r) => r.ok, () => false)
      if (ready) return
    }
  }

  /** Runs a command of the binary beside it, with the same settings; resolves with what it prints. */
  async command(...args: string[]): Promise<string> {
    return await this.commandWith('', ...args)
  }

  /** The same, with an input of its own. */
  async commandWith(input: string, ...args: string[]): Promise<string> {
    const running = promisify(execFile)(binary, [...args, '--data', this.data], { cwd: this.home, env: this.env })
    // One that doesn't read its input may have closed it; what came of it is in its result.
    running.child.stdin?.on('error', () => {})
    if (input === '') running.child.stdin?.end()
    else running.child.stdin?.end(input)
    return (await running).stdout
  }

  private get data(): string {
    return path.join(this.home, 'data')
  }

  // Only what it is told: a setting of this shell must not change a test.
  private get env(): NodeJS.ProcessEnv {
    return { PATH: process.env.PATH ?? '', HOME: this.home, ...this.settings, ...(this.pages !== undefined && { E2E_PAGES: this.pages }) }
  }

  /** kill -9. */
  async kill(): Promise<void> {
    await this.end('SIGKILL')
  }

  /** SIGTERM; resolves with the exit code. */
  async stop(): Promise<number | null> {
    return await this.end('SIGTERM')
  }

  private async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const child = this.child
    this.child = undefined
    if (!child || child.exitCode !== null) return child?.exitCode ?? null
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
    return child.exitCode
  }

  /** Ends it and removes its data. */
  async dispose(): Promise<void> {
    await this.kill()
    await rm(this.home, { recursive: true, force: true })
  }

  /** The newest link that it would have mailed, had it a mail server. */
  async link(to: string): Promise<string> {
    for (const deadline = Date.now() + MAIL_MS; Date.now() < deadline; await pause(20)) {
      const link = [...this.log.matchAll(/ link="([^"]+)"/g)].map((m) => m[1] ?? '').findLast((l) => l.includes(to))
      if (link) return link
    }
    throw new Error(`no link to ${to} in the log:\n${this.log}`)
  }

  /** What it logged, for a test that failed. */
  printed(): string {
    return this.log
  }
}

// A port below those that systems give to outgoing connections: a browser that
// keeps trying while no server listens could be given that very port.
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = 12_000 + Math.floor(Math.random() * 18_000)
    const probe = createServer()
    const free = await new Promise<boolean>((resolve) => {
      probe.once('error', () => resolve(false))
      probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
    })
    if (free) return port
  }
  throw new Error('no free port')
}
