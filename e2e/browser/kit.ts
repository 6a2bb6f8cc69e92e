import { test as base, expect, type APIRequestContext, type Browser, type BrowserContextOptions, type Locator, type Page } from '@playwright/test'
import { noLimits, Server } from './server'

export { expect }

export const PASSWORD = 'correct horse battery'

/**
 * For what a page shows once it is connected again: from one attempt to the next it may
 * wait 30 s, and one may take 10 s.
 */
export const BACK = { timeout: 45_000 } as const

/** What a page must never do, gathered over a test. */
export class Watch {
  readonly faults: string[] = []
  private readonly others = new Set<string>()

  /** With `allowed`, console errors that match it are the test's own doing. */
  constructor(private readonly allowed: readonly RegExp[]) {}

  /** Pages may go to another origin, too. */
  allow(origin: string): void {
    this.others.add(origin)
  }

  async page(page: Page, origin: string): Promise<void> {
    // A session may end at any moment, here, in another tab or by others: what was asked
    // for just before is answered after. Only who is signed in has a socket.
    let wasIn = false
    page.on('console', (message) => {
      if (message.type() !== 'error' && message.type() !== 'warning') return
      const text = `${message.text()} (${message.location().url})`
      if (wasIn && /status of 401|Unexpected response code: 401/.test(text)) return
      if (text.includes('Service Worker registration blocked')) return // by the tests themselves
      // A font is wanted with the first words, which a busy machine may draw later than that.
      if (text.includes('was preloaded using link preload but not used')) return
      if (!this.allowed.some((pattern) => pattern.test(text))) this.faults.push(`console ${message.type()}: ${text}`)
    })
    page.on('pageerror', (error) => this.faults.push(`uncaught: ${error.message}\n${error.stack ?? ''}`))
    page.on('request', (request) => {
      const url = new URL(request.url())
      if (url.protocol !== 'data:' && url.protocol !== 'blob:' && url.origin !== origin && !this.others.has(url.origin)) this.faults.push(`request to ${request.url()}`)
    })
    page.on('websocket', (socket) => {
      wasIn = true
      if (new URL(socket.url()).host !== new URL(origin).host) this.faults.push(`socket to ${socket.url()}`)
    })
    page.on('dialog', (dialog) => {
      this.faults.push(`dialog: ${dialog.message()}`)
      void dialog.dismiss()
    })
    await page.exposeFunction('reportViolation', (text: string) => void this.faults.push(`content security policy: ${text}`))
    await page.addInitScript(() => {
      addEventListener('securitypolicyviolation', (event) => {
        const report: unknown = Reflect.get(globalThis, 'reportViolation')
        if (typeof report === 'function') report(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`)
      })
    })
  }
}

/** Someone in front of a browser of their own. */
export class Person {
  constructor(
    readonly name: string,
    readonly page: Page,
    readonly server: Server,
  ) {}

  get email(): string {
    return emailOf(this.name)
  }

  /** Who they are to the server. */
  async id(): Promise<string> {
    const session: unknown = await (await this.page.context().request.get('/api/auth/get-session')).json()
    const user: unknown = typeof session === 'object' && session !== null ? Reflect.get(session, 'user') : null
    return typeof user === 'object' && user !== null ? String(Reflect.get(user, 'id')) : ''
  }

  get composer(): Locator {
    return this.page.getByRole('textbox', { name: 'Message #global' })
  }

  get timeline(): Locator {
    return this.page.getByTestId('timeline')
  }

  /** The rows that are drawn now; not all that were ever said. */
  get rows(): Locator {
    return this.timeline.getByRole('article')
  }

  row(text: string | RegExp): Locator {
    return this.rows.filter({ hasText: text })
  }

  /** A row of a message that the server has. */
  posted(text: string | RegExp): Locator {
    return this.timeline.locator('[role=article][data-seq]').filter({ hasText: text })
  }

  get people(): Locator {
    return this.page.getByRole('button', { name: /^\d+ (person|people) here$/ })
  }

  /** The line that says what is wrong with the connection. */
  status(text: string | RegExp): Locator {
    return this.page.getByRole('status').filter({ hasText: text })
  }

  async post(text: string): Promise<void> {
    await this.composer.fill(text)
    await this.composer.press('Enter')
    await expect(this.composer).toHaveValue('')
  }

  /** Opens the room and waits until it is live. */
  async open(): Promise<void> {
    await this.page.goto('/')
    await this.inRoom()
  }

  async inRoom(): Promise<void> {
    await expect(this.composer).toBeVisible()
    await expect(this.people).toBeVisible()
  }

  /** Makes them a member of a room, and comes back to a page that knows it. */
  async becomeMember(slug: string): Promise<void> {
    const reply = await this.page.request.put(`/api/rooms/${slug}/membership`)
    expect(reply.ok(), await reply.text()).toBe(true)
    await this.page.reload()
    await this.inRoom()
  }

  /** Waits until this browser keeps so many posts that aren't sent: a page that is left before loses them. */
  async keepsPosts(count: number): Promise<void> {
    await expect.poll(() => this.page.evaluate(async () => {
      const db = await new Promise<IDBDatabase>((resolve, reject) => {
        const request = indexedDB.open('snug')
        request.onsuccess = () => resolve(request.result)
        request.onerror = () => reject(request.error)
      })
      const posts = await new Promise<number>((resolve) => {
        const request = db.transaction('outbox').objectStore('outbox').count()
        request.onsuccess = () => resolve(request.result)
      })
      db.close()
      return posts
    })).toBe(count)
  }

  /** On a phone it stands below the list of rooms. */
  async openAccountMenu(): Promise<void> {
    const rooms = this.page.getByRole('link', { name: 'All rooms' })
    if (await rooms.isVisible()) await rooms.click()
    await this.page.getByRole('button', { name: `Account: ${this.name}` }).filter({ visible: true }).click()
  }
}

export function emailOf(name: string): string {
  return `${name.toLowerCase().replace(/[^a-z0-9]+/g, '.')}@example.org`
}

interface Fixtures {
  /** Settings of this test's server. */
  settings: Readonly<Record<string, string>>
  /** Console errors that this test provokes. Not a bare list, which Playwright takes for a fixture with its options. */
  provoked: { errors: readonly RegExp[] }
  server: Server
  watch: Watch
  /** A page of a new browser profile that nobody is signed in with. */
  visit(options?: BrowserContextOptions): Promise<Page>
  /** Makes an account and opens the room in a browser of its own. */
  enter(name: string, options?: BrowserContextOptions): Promise<Person>
}

/** What Chromium prints when the network or the server is away. */
export const outage: readonly RegExp[] = [
  /net::ERR_(INTERNET_DISCONNECTED|CONNECTION_REFUSED|CONNECTION_RESET|EMPTY_RESPONSE|CONNECTION_CLOSED|CONNECTION_ABORTED|SOCKET_NOT_CONNECTED|NETWORK_CHANGED|CONTENT_LENGTH_MISMATCH|INCOMPLETE_CHUNKED_ENCODING)/,
  /WebSocket connection to .* failed/,
  /An unknown error occurred when fetching the script/, // that of the worker
]

export const test = base.extend<Fixtures>({
  settings: [noLimits, { option: true }],
  provoked: [{ errors: [] }, { option: true }],

  server: async ({ settings }, use, info) => {
    const server = await Server.start(settings)
    await use(server)
    if (info.status !== info.expectedStatus) await info.attach('server log', { body: server.printed(), contentType: 'text/plain' })
    await server.dispose()
  },

  watch: async ({ provoked }, use) => {
    const watch = new Watch(provoked.errors)
    await use(watch)
    expect(watch.faults, 'what pages must never do').toEqual([])
  },

  visit: async ({ browser, server, watch, contextOptions, viewport, locale, timezoneId }, use) => {
    const open = opener(browser, server, watch, { ...contextOptions, viewport, ...(locale && { locale }), ...(timezoneId && { timezoneId }) })
    await use(open.visit)
    await open.closeAll()
  },

  enter: async ({ visit, server }, use) => {
    await use(async (name, options) => {
      const page = await visit(options)
      await signUpBy(page, name)
      const person = new Person(name, page, server)
      await person.open()
      return person
    })
  },
})

/** Opens browser profiles whose pages are watched. */
export function opener(browser: Browser, server: Server, watch: Watch, defaults: BrowserContextOptions) {
  const closers: (() => Promise<void>)[] = []
  return {
    async visit(options: BrowserContextOptions = {}): Promise<Page> {
      const context = await browser.newContext({ ...defaults, baseURL: server.url, ...options })
      closers.push(() => context.close())
      const page = await context.newPage()
      await watch.page(page, server.url)
      return page
    },
    async closeAll() {
      // A page that stays in front would slow those of the next test.
      await Promise.all(closers.map((close) => close()))
    },
  }
}

/** Makes an account for a page's profile, without the form. */
export async function signUpBy(page: Page, name: string, email = emailOf(name)): Promise<void> {
  const { request } = page.context()
  const reply = await request.post('/api/auth/sign-up/email', { data: { name, email, password: PASSWORD } })
  expect(reply.ok(), await reply.text()).toBe(true)
  await settleIn(request)
}

/** Leaves somebody who has just come in no need of a greeting, which is first-minutes.spec.ts's. */
export async function settleIn(request: APIRequestContext): Promise<void> {
  const greeting: unknown = await (await request.get('/api/greeting')).json()
  const is = (name: string) => (typeof greeting === 'object' && greeting !== null ? Reflect.get(greeting, name) : undefined)
  if (is('newcomer') === true) await request.delete('/api/greeting')
  if (is('setup') !== 'done') await request.put('/api/greeting/setup', { data: { setup: 'done' } })
}
