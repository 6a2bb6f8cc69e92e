import type { BrowserContextOptions, Page } from '@playwright/test'
import { signInBy } from './account-kit'
import { expectClean } from './axe'
import { expect, outage, Person, test } from './kit'
import { delivering, PushService } from './push-service'
import { api, makeRoom, roomNamed } from './rooms-kit'
import { noLimits } from './server'

test.use({ serviceWorkers: 'allow' })

const inbox = (person: Person) => person.page.getByRole('link', { name: /^Inbox/ })

/** How a person's id is known to tests. */
async function idOf(person: Person): Promise<string> {
  const { user } = await (await person.page.request.get('/api/auth/get-session')).json()
  return user.id
}

async function mention(from: Person, whom: Person, text: string, room = 'global', thread?: string): Promise<string> {
  const reply = await from.page.request.post(`/api/rooms/${room}/messages`, {
    data: { clientId: `${text}-${Math.random()}`, content: `@[${whom.name}](user:${await idOf(whom)}) ${text}`, ...(thread !== undefined && { thread }) },
  })
  expect(reply.ok(), await reply.text()).toBe(true)
  const { id, message } = await reply.json()
  return id ?? message.id
}

/** Until the worker has all of the page, and the page what works everywhere. */
async function ready(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready
    if (!navigator.serviceWorker.controller) await new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true }))
  })
}

/** What the icon of the app was told last: a count, -1 for a dot. */
async function appBadge(page: Page): Promise<unknown> {
  return await page.evaluate((): unknown => {
    const told: unknown = Reflect.get(globalThis, 'told')
    return Array.isArray(told) ? told.at(-1) : undefined
  })
}

interface Shown {
  title: string
  body: string
  tag: string
}

async function shown(page: Page): Promise<Shown[]> {
  return await page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready
    // As the page does, or Chromium forgets one that is just being shown.
    const standing = await navigator.locks.request('notifications', () => registration.getNotifications())
    return standing.map(({ title, body, tag }) => ({ title, body, tag }))
  })
}

/** Presses a notification, as the system does: no test can reach its own surface. */
async function press(person: Person, title: string): Promise<void> {
  const worker = person.page.context().serviceWorkers()[0] ?? (await person.page.context().waitForEvent('serviceworker'))
  await worker.evaluate(async (wanted) => {
    const scope = globalThis as unknown as EventTarget & {
      registration: ServiceWorkerRegistration
      NotificationEvent: new (type: string, init: { notification: Notification }) => Event
    }
    const notification = (await scope.registration.getNotifications()).find((n) => n.title === wanted)
    if (!notification) throw new Error(`no notification ${wanted}`)
    scope.dispatchEvent(new scope.NotificationEvent('notificationclick', { notification }))
  }, title)
}

test('a mention is counted in the list, the title and the icon, shown by the system, and gone when it is read', { tag: '@system' }, async ({ enter, server }) => {
  await server.command('room', 'add', 'tea', 'Tea')
  const bob = await enter('Bob')
  await bob.post('good morning')
  const ada = await enter('Ada', { permissions: ['notifications'], reducedMotion: 'reduce' })
  await expect(ada.posted('good morning')).toBeVisible()
  await expect.poll(async () => (await (await ada.page.request.get('/api/rooms/global')).json()).read).toBe(1)
  await ready(ada.page)
  // Another tab of hers hears of everything, too.
  const other = new Person('Ada', await ada.page.context().newPage(), server)
  await other.page.goto('/rooms/tea')
  await expect(other.people).toBeVisible()
  await ada.page.bringToFront()
  // The icon of an installed app is no part of a page: what it is told is.
  await ada.page.addInitScript(() => {
    const told: (number | undefined)[] = []
    Object.assign(globalThis, { told })
    navigator.setAppBadge = async (count) => void told.push(count ?? -1)
    navigator.clearAppBadge = async () => void told.push(0)
  })
  await ada.page.goto('/rooms/tea')
  await expect(ada.page.getByRole('textbox', { name: 'Message #tea' })).toBeVisible()
  await expect(ada.people).toBeVisible()
  await expect(ada.page).toHaveTitle('#tea · Snug')

  const id = await mention(bob, ada, 'the kettle is on')
  await expect(inbox(ada)).toHaveAccessibleName('Inbox 1 unread')
  await expect(ada.page).toHaveTitle('(1) #tea · Snug')
  await expect(ada.page.locator('link[rel=icon]')).toHaveAttribute('href', '/favicon-unread.svg')
  await expect.poll(() => appBadge(ada.page)).toBe(1)
  // By one of the tabs, and once.
  await expect.poll(() => shown(ada.page)).toEqual([{ title: 'Bob mentioned you in #Global', body: '@Ada the kettle is on', tag: 'room:global' }])
  await mention(bob, ada, 'and it boils')
  await expect.poll(() => shown(ada.page)).toEqual([{ title: 'Bob mentioned you in #Global', body: '@Ada and it boils', tag: 'room:global' }])

  // It leads to the message, and reading that ends it on all her pages.
  await press(ada, 'Bob mentioned you in #Global')
  await expect.poll(async () => [ada, other].some((tab) => new URL(tab.page.url()).pathname === '/rooms/global')).toBe(true)
  const there = new URL(ada.page.url()).pathname === '/rooms/global' ? ada : other
  await there.page.bringToFront()
  await expect(there.posted('and it boils')).toBeInViewport()
  expect(id).not.toBe('')
  await expect(inbox(there)).toHaveAccessibleName('Inbox')
  await expect.poll(() => shown(there.page)).toEqual([])
  await expect(there.page.locator('link[rel=icon]')).toHaveAttribute('href', '/favicon.svg')
  await expect.poll(() => appBadge(ada.page)).toBe(0)

  // What is before her eyes is told to nobody; a tab that heard of that too late takes it back.
  await mention(bob, ada, 'you see this already')
  await expect(there.posted('you see this already')).toBeVisible()
  await mention(bob, ada, 'and this')
  await expect(there.posted('and this')).toBeVisible()
  await expect.poll(() => shown(there.page)).toEqual([])
})

test('a group without a name is called by its people, and none but public rooms have a #', { tag: '@system' }, async ({ enter }) => {
  const bob = await enter('Bob')
  const cleo = await enter('Cleo')
  const ada = await enter('Ada', { permissions: ['notifications'], reducedMotion: 'reduce' })
  await ready(ada.page)
  const people = await Promise.all([ada, cleo].map(idOf))
  const group = await api(bob, 'POST', '/api/rooms', { kind: 'group', people })
  const direct = await api(bob, 'POST', '/api/rooms', { kind: 'direct', people: people.slice(0, 1) })
  const secret = await makeRoom(bob, 'Secret', 'private', [ada])
  await ada.page.goto('/inbox')
  await expect(ada.page.getByRole('heading', { name: 'Nothing here yet' })).toBeVisible()
  const post = (slug: string, content: string) => api(bob, 'POST', `/api/rooms/${slug}/messages`, { clientId: content, content })
  await post(group.slug, 'lunch?')
  await post(direct.slug, 'just you')
  await post(secret, `@[Ada](user:${people[0]}) look`)
  const entries = ada.page.getByRole('list', { name: 'Entries' }).getByRole('link')
  // Rooms are gone through side by side: what came within moments may stand in any order.
  await expect(entries).toHaveCount(3)
  for (const text of ['Bob mentioned you in Secret', 'Bob wrote to you', 'Bob wrote in Bob, Cleo']) await expect(entries.filter({ hasText: text })).toHaveCount(1)
  await expect.poll(async () => (await shown(ada.page)).map(({ title }) => title).toSorted()).toEqual(['Bob', 'Bob in Bob, Cleo', 'Bob mentioned you in Secret'])
})

test('the inbox holds what one was called by, and is worked off by keys', async ({ enter, server }) => {
  await server.command('room', 'add', 'tea', 'Tea')
  const bob = await enter('Bob')
  const ada = await enter('Ada', { reducedMotion: 'reduce' })
  await ada.page.goto('/inbox')
  await expect(ada.page.getByRole('heading', { name: 'Nothing here yet' })).toBeVisible()
  await expectClean(ada.page)
  for (const text of ['first', 'second', 'third']) await mention(bob, ada, text)
  const entries = ada.page.getByRole('list', { name: 'Entries' }).getByRole('link')
  await expect(entries).toHaveCount(3)
  await expect(entries.first()).toContainText('third')
  await expect(inbox(ada)).toHaveAccessibleName('Inbox 3 unread')
  await expectClean(ada.page)

  await ada.page.keyboard.press('j')
  await expect(entries.first()).toBeFocused()
  await ada.page.keyboard.press('j')
  await expect(entries.nth(1)).toBeFocused()
  await ada.page.keyboard.press('k')
  await expect(entries.first()).toBeFocused()
  await ada.page.keyboard.press('e')
  await expect(inbox(ada)).toHaveAccessibleName('Inbox 2 unread')
  // It stays until the list is shown anew, so that nobody loses their place.
  await expect(entries).toHaveCount(3)
  await expect(entries.first()).toBeFocused()
  await ada.page.keyboard.press('ArrowDown')
  await expect(entries.nth(1)).toBeFocused()
  await ada.page.keyboard.press('Enter')
  await expect(ada.page).toHaveURL(/\/rooms\/global/)
  await expect(ada.posted('second')).toBeInViewport()
  // There it is read, and all that is below it on the screen.
  await expect(inbox(ada)).toHaveAccessibleName('Inbox')
  await ada.page.goto('/inbox')
  await expect(ada.page.getByRole('heading', { name: 'All read' })).toBeVisible()
  await expect(inbox(ada)).toHaveAccessibleName('Inbox')
  await ada.page.getByRole('button', { name: 'All', exact: true }).click()
  await expect(entries).toHaveCount(3)

  await mention(bob, ada, 'fourth')
  await expect(entries).toHaveCount(4)
  await ada.page.getByRole('button', { name: 'Mark all as read' }).click()
  await expect(inbox(ada)).toHaveAccessibleName('Inbox')
  await expect(entries).toHaveCount(4)
  await ada.page.reload()
  await expect(ada.page.getByRole('heading', { name: 'All read' })).toBeVisible()
})

test('what one wants to be told of is kept, and quiet is quiet', { tag: '@system' }, async ({ enter }) => {
  const bob = await enter('Bob')
  const ada = await enter('Ada', { permissions: ['notifications'], reducedMotion: 'reduce' })
  await ready(ada.page)
  await ada.page.goto('/account/notifications')
  await expect(ada.page.getByRole('heading', { name: 'What for' })).toBeVisible()
  await expectClean(ada.page)
  const tick = async (name: string) => {
    await ada.page.getByRole('checkbox', { name }).focus()
    await ada.page.keyboard.press('Space')
  }
  await tick('Quiet hours')
  // Only the page's own part of it scrolls.
  expect(await ada.page.evaluate(() => document.documentElement.scrollTop)).toBe(0)
  await expect(ada.page.getByText('By the clocks of Berlin.')).toBeVisible()
  await ada.page.getByLabel('From').fill('21:30')
  await ada.page.getByLabel('From').blur()
  await tick('Sunday')
  await tick('Sounds')
  await ada.page.getByRole('button', { name: '2 hours' }).click()
  await expect(ada.page.getByRole('status').filter({ hasText: /^Silent until / })).toBeVisible()
  await expectClean(ada.page)
  await expect.poll(async () => {
    const { quietHours, sounds, snoozedUntil } = await (await ada.page.request.get('/api/attention')).json()
    return { quietHours, sounds, snoozed: snoozedUntil > Date.now() }
  }).toEqual({ quietHours: { on: true, from: '21:30', to: '07:00', days: [1, 2, 3, 4, 5, 6], timezone: 'Europe/Berlin' }, sounds: false, snoozed: true })

  // For as long as one likes, too.
  await expect(ada.page.getByRole('button', { name: 'End the silence' })).toBeFocused()
  await ada.page.keyboard.press('Enter')
  await expect(ada.page.getByRole('button', { name: '30 minutes' })).toBeFocused()
  await ada.page.getByRole('button', { name: 'Another time…' }).click()
  const until = ada.page.getByLabel('Silent until', { exact: true })
  await expect(until).toBeFocused()
  await until.fill('2020-01-01T10:00')
  await ada.page.getByRole('button', { name: 'Be silent' }).click()
  await expect(ada.page.getByRole('alert').filter({ hasText: 'Choose a time that is still to come' })).toBeVisible()
  await expectClean(ada.page)
  const month = await ada.page.evaluate(() => {
    const day = new Date(Date.now() + 30 * 24 * 3_600_000)
    const two = (n: number) => String(n).padStart(2, '0')
    return { field: `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}T09:30`, time: day.setHours(9, 30, 0, 0) }
  })
  await until.fill(month.field)
  await ada.page.getByRole('button', { name: 'Be silent' }).click()
  await expect(ada.page.getByRole('status').filter({ hasText: /^Silent until .*9:30$/ })).toBeVisible()
  await expect.poll(async () => (await (await ada.page.request.get('/api/attention')).json()).snoozedUntil).toBe(month.time)

  await mention(bob, ada, 'while she rests')
  await expect(inbox(ada)).toHaveAccessibleName('Inbox 1 unread')
  expect(await shown(ada.page)).toEqual([])
  await ada.page.getByRole('button', { name: 'Test' }).click()
  await expect.poll(() => shown(ada.page)).toEqual([{ title: 'Snug mentioned you in #global', body: 'This is how it looks when somebody means you.', tag: 'room:global' }])
})

test.describe('two devices of one person', () => {
  /** Ada at her desk and on her phone, with a room of hers and Bob's that only the phone shows. */
  async function atTwo(enter: (name: string, options?: BrowserContextOptions) => Promise<Person>, visit: (options?: BrowserContextOptions) => Promise<Page>) {
    const options: BrowserContextOptions = { permissions: ['notifications'], reducedMotion: 'reduce' }
    const bob = await enter('Bob')
    const desk = await enter('Ada', options)
    const den = await makeRoom(bob, 'Den', 'private', [desk])
    const page = await visit(options)
    await signInBy(page, desk.email)
    await page.goto(`/rooms/${den}`)
    const phone = new Person('Ada', page, desk.server)
    await expect(phone.people).toBeVisible()
    for (const device of [desk, phone]) await ready(device.page)
    return { bob, desk, phone, den }
  }

  /** What both show, of the inbox and by the system. */
  async function both(devices: readonly Person[], unread: number, titles: readonly string[]) {
    for (const device of devices) {
      await expect(inbox(device)).toHaveAccessibleName(unread > 0 ? `Inbox ${unread} unread` : 'Inbox')
      await expect.poll(async () => (await shown(device.page)).map(({ title }) => title).toSorted()).toEqual(titles)
    }
  }

  test('are told of a thread that is on neither screen, and both hear when it is read, or ticked off', { tag: '@system' }, async ({ enter, visit }) => {
    const { bob, desk, phone, den } = await atTwo(enter, visit)
    const root = await mention(desk, bob, 'a root', den)
    await expect(phone.posted('a root')).toBeInViewport()
    await mention(bob, desk, 'in the thread', den, root)
    await both([desk, phone], 1, ['Bob mentioned you in Den'])
    // The room's mark is far beyond it.
    await mention(bob, bob, 'more', den)
    await expect.poll(async () => (await api(desk, 'GET', `/api/rooms/${den}`))['unread']).toBe(0)
    await both([desk, phone], 1, ['Bob mentioned you in Den'])

    await press(phone, 'Bob mentioned you in Den')
    await expect(phone.page.getByRole('region', { name: 'Messages in this thread' }).getByText('in the thread')).toBeInViewport()
    await both([desk, phone], 0, [])
    // What comes while it is open is before her eyes.
    await mention(bob, desk, 'and again', den, root)
    await expect(phone.page.getByRole('region', { name: 'Messages in this thread' }).getByText('and again')).toBeInViewport()
    const unreadInThreads = async () => {
      const list: unknown = (await api(desk, 'GET', '/api/threads'))['threads']
      return Array.isArray(list) ? list.map((thread: { unread: number }) => thread.unread) : list
    }
    await expect.poll(unreadInThreads).toEqual([0])
    await both([desk, phone], 0, [])

    await inbox(phone).click()
    await expect(phone.page.getByRole('heading', { level: 1, name: 'Inbox' })).toBeVisible()
    await mention(bob, desk, 'to be ticked off', den)
    await both([desk, phone], 1, ['Bob mentioned you in Den'])
    await phone.page.getByRole('list', { name: 'Entries' }).getByRole('link').first().focus()
    await phone.page.keyboard.press('e')
    await both([desk, phone], 0, [])

    // All is read: threads and the inbox, too.
    await mention(bob, desk, 'unread', den)
    await mention(bob, desk, 'unread in the thread', den, root)
    await both([desk, phone], 2, ['Bob mentioned you in Den', 'Bob mentioned you in Den'])
    await desk.page.keyboard.press('Shift+Escape')
    await desk.page.getByRole('alertdialog').getByRole('button', { name: 'Mark all as read' }).click()
    await both([desk, phone], 0, [])
    expect(await unreadInThreads()).toEqual([0])
  })

  test('keep to what is set on the other, and show nothing of what is gone', { tag: '@system' }, async ({ enter, visit, server }) => {
    await server.command('room', 'add', 'tea', 'Tea')
    const { bob, desk, phone, den } = await atTwo(enter, visit)
    await phone.page.getByRole('link', { name: 'Global' }).click()
    await expect(phone.composer).toBeVisible()
    const secret = await mention(bob, desk, 'the password is hunter2', den)
    await both([desk, phone], 1, ['Bob mentioned you in Den'])
    const listed = roomNamed(desk, /^Den/)
    await expect(listed).toHaveAccessibleName(/1 mention/)
    await api(bob, 'DELETE', `/api/rooms/${den}/messages/${secret}`)
    await both([desk, phone], 0, [])
    await expect(listed).not.toHaveAccessibleName(/mention/)

    // Of a muted room nothing is shown, and the inbox counts it on all pages.
    await api(desk, 'PUT', `/api/rooms/${den}/settings`, { notify: 'nothing' })
    await mention(bob, desk, 'quietly', den)
    await both([desk, phone], 1, [])
    await api(desk, 'PUT', `/api/rooms/${den}/settings`, { notify: '' })

    await phone.page.goto('/account/notifications')
    const taken = desk.page.waitForResponse((r) => r.request().method() === 'GET' && r.url().endsWith('/api/attention'))
    await phone.page.getByRole('checkbox', { name: 'Notifications on the desktop' }).focus()
    await phone.page.keyboard.press('Space')
    await taken
    await mention(bob, desk, 'nothing pops up', den)
    await both([desk, phone], 2, [])
    const back = desk.page.waitForResponse((r) => r.request().method() === 'GET' && r.url().endsWith('/api/attention'))
    await api(phone, 'PUT', '/api/attention', { desktop: true })
    await back
    await expect(phone.page.getByRole('checkbox', { name: 'Notifications on the desktop' })).toBeChecked()
    await mention(bob, desk, 'it does again', den)
    await both([desk, phone], 3, ['Bob mentioned you in Den'])

    // Who is taken out of a private room has no business with what was said there.
    await api(bob, 'DELETE', `/api/rooms/${den}/members/${await idOf(desk)}`)
    await both([desk, phone], 0, [])

    await mention(bob, desk, 'before she goes', 'tea')
    await both([desk, phone], 1, ['Bob mentioned you in #Tea'])
    await phone.openAccountMenu()
    await phone.page.getByRole('menuitem', { name: 'Sign out' }).click()
    await expect(phone.page).toHaveURL(/\/sign-in/)
    await expect.poll(() => shown(phone.page)).toEqual([])
    await both([desk], 1, ['Bob mentioned you in #Tea'])
  })
})

test.describe('push', () => {
  let service: PushService
  test.use({
    // eslint-disable-next-line no-empty-pattern -- Playwright wants one
    settings: async ({}, use) => {
      service = await PushService.start()
      await use({ ...noLimits, SNUG_PUSH_SERVICES: service.origin })
      await service.stop()
    },
    // A page that is only text has no icon.
    provoked: { errors: [...outage, /favicon\.ico/] },
  })

  test('tells a device while no page is open, and a press opens what it is about', { tag: '@system' }, async ({ enter }) => {
    const bob = await enter('Bob')
    const ada = await enter('Ada', { permissions: ['notifications'], reducedMotion: 'reduce' })
    await ready(ada.page)

    // Chromium's own push service is out of reach here: this stands in for it, and all
    // that comes after it is the real thing.
    await ada.page.addInitScript((given) => {
      const KEY = 'e2e:subscription'
      const made = (applicationServerKey: ArrayBuffer) => ({
        endpoint: given.endpoint, expirationTime: null, options: { userVisibleOnly: true, applicationServerKey },
        toJSON: () => given, unsubscribe: async () => (localStorage.removeItem(KEY), true),
      })
      const bytes = (text: string) => Uint8Array.from(text.split(',').map(Number)).buffer
      Object.assign(PushManager.prototype, {
        async subscribe({ applicationServerKey }: { applicationServerKey: Uint8Array }) {
          localStorage.setItem(KEY, [...applicationServerKey].join(','))
          return made(bytes([...applicationServerKey].join(',')))
        },
        async getSubscription() {
          const key = localStorage.getItem(KEY)
          return key ? made(bytes(key)) : null
        },
      })
    }, service.subscription)
    await ada.page.goto('/account/notifications')
    await ada.page.getByRole('button', { name: /^Turn on/ }).click()
    await expect(ada.page.getByRole('button', { name: /^Turn off/ })).toBeVisible()
    service.expectedKey = (await (await ada.page.request.get('/api/push/key')).json()).publicKey

    const deliver = await delivering(ada.page)
    // Nothing of Snug is open any more; only a file of the same origin, for the protocol of the tools.
    await ada.page.goto('/robots.txt')
    // As long as somebody looks they are given time to read.
    await expect.poll(async () => (await (await bob.page.request.get('/api/rooms/global')).json()).online).toBe(1)
    await mention(bob, ada, 'come back')
    const pushed = await service.next()
    expect(JSON.parse(pushed.text)).toMatchObject({ type: 'notice', notice: { kind: 'mention', room: 'global', userName: 'Bob', text: '@Ada come back' } })
    expect(pushed.urgency).toBe('high')
    expect(pushed.text).not.toContain('session')
    await deliver(pushed.text)
    await expect.poll(() => shown(ada.page)).toEqual([{ title: 'Bob mentioned you in #Global', body: '@Ada come back', tag: 'room:global' }])
    // The same once more is the same.
    await deliver(pushed.text)
    await expect.poll(() => shown(ada.page)).toHaveLength(1)
    // What can't be read says nothing.
    await deliver('{"type":"notice","notice":{"room":""}}')
    await deliver('nonsense')
    expect(await shown(ada.page)).toHaveLength(1)

    const page = await ada.page.context().newPage()
    await page.goto('/account/profile')
    await expect(page.getByRole('heading', { level: 1, name: 'Profile' })).toBeVisible()
    await ready(page)
    const again = new Person('Ada', page, ada.server)
    await expect(inbox(again)).toHaveAccessibleName('Inbox 1 unread')
    await ada.page.close()
    await press(again, 'Bob mentioned you in #Global')
    await expect(again.posted('come back')).toBeInViewport()
    await expect.poll(() => shown(page)).toEqual([])

    // Turned off, the server sends nothing any more.
    await page.goto('/account/notifications')
    await expect(page.getByRole('heading', { name: 'On this device' })).toBeVisible()
    expect(service.faults).toEqual([])
  })
})
