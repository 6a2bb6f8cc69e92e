import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Browser, BrowserContextOptions, Page } from '@playwright/test'
import { BACK, expect, opener, outage, signUpBy, test, Watch } from './kit'
import { noLimits, Server } from './server'

// A server that stops says so to whom it can't answer any more.
const provoked = [...outage, /status of (404|503)/]

test.use({ serviceWorkers: 'allow', provoked: { errors: provoked } })

/** Until the worker has all of the page. */
async function installed(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready
    if (!navigator.serviceWorker.controller) await new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true }))
  })
}

/** What the browser keeps of the rooms: some seconds after it came. */
async function keptMessages(page: Page): Promise<string[]> {
  return await page.evaluate(async () => {
    const db = await new Promise<IDBDatabase>((resolve, reject) => {
      const request = indexedDB.open('snug')
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })
    const windows = await new Promise<{ messages: { content: string }[] }[]>((resolve) => {
      const request = db.transaction('windows').objectStore('windows').getAll()
      request.onsuccess = () => resolve(request.result)
    })
    db.close()
    return windows.flatMap((w) => w.messages.map((m) => m.content))
  })
}

test('it starts without a server, with what was read before, and sends what was written meanwhile', async ({ enter, server }) => {
  const bob = await enter('Bob')
  await bob.post('said before the outage')
  const ada = await enter('Ada')
  await expect(ada.posted('said before the outage')).toBeVisible()
  await installed(ada.page)
  await expect.poll(() => keptMessages(ada.page)).toContain('said before the outage')

  await server.stop()
  await ada.page.goto('/rooms/global')
  await expect(ada.posted('said before the outage')).toBeVisible()
  await expect(ada.status(/Can't reach the server|Reconnecting…/)).toBeVisible()
  await ada.post('written in the dark')
  await expect(ada.row('written in the dark').getByText('Waiting to be sent')).toBeVisible()
  await ada.keepsPosts(1)
  // Every address of the page is there; what the server makes is not.
  await ada.page.goto('/account/profile')
  await expect(ada.page.getByRole('heading', { level: 1, name: 'Profile' })).toBeVisible()
  expect(await ada.page.evaluate(async () => (await caches.keys()).length)).toBe(1)
  expect(await ada.page.evaluate(async () => {
    const cache = await caches.open((await caches.keys())[0] ?? '')
    return (await cache.keys()).map((request) => new URL(request.url).pathname).filter((p) => p.startsWith('/api'))
  })).toEqual([])
  await ada.page.goto('/rooms/global')
  await expect(ada.row('written in the dark')).toBeVisible()

  await server.start()
  for (const person of [ada, bob]) await expect(person.posted('written in the dark')).toHaveCount(1, BACK)
})

test('without a session nothing of anybody is shown, and without a network that is said', async ({ enter, server }) => {
  const ada = await enter('Ada')
  await ada.post('mine alone')
  await installed(ada.page)
  await ada.openAccountMenu()
  await ada.page.getByRole('menuitem', { name: 'Sign out' }).click()
  await expect(ada.page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  await server.stop()
  await ada.page.goto('/rooms/global')
  await expect(ada.page.getByRole('heading', { name: 'No way through' })).toBeVisible()
  await expect(ada.page.getByText('mine alone')).toHaveCount(0)
})

test.describe('a newer version', () => {
  let folder = ''
  test.beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'snug-client-'))
    await cp(path.join(import.meta.dirname, '../../web/dist'), folder, { recursive: true })
  })
  test.afterEach(async () => await rm(folder, { recursive: true, force: true }))

  test('is told of, and a press brings it; nobody stays with the old one', async ({ browser }) => {
    await serving(browser, folder, {}, async (page, server) => {
      await installed(page)
      const before = await entryOf(page)
      await server.stop()
      await asNewVersion(folder)
      await server.start()
      // What a reconnect does by itself, some seconds later.
      await page.evaluate(async () => void (await (await navigator.serviceWorker.ready).update()))
      await expect(page.getByText('There is a newer Snug')).toBeVisible()
      expect(await entryOf(page)).toBe(before)
      await page.getByRole('button', { name: 'Reload' }).click()
      // A page that is on its way out can't be asked.
      await expect.poll(() => entryOf(page).catch(() => before)).not.toBe(before)
      await expect(page.getByRole('textbox', { name: 'Message #global' })).toBeVisible()
      await expect(page.getByText('There is a newer Snug')).toHaveCount(0)
      // And it is what starts without a server.
      const now = await entryOf(page)
      await server.stop()
      await page.reload()
      await expect(page.getByRole('textbox', { name: 'Message #global' })).toBeVisible()
      expect(await entryOf(page)).toBe(now)
    })
  })

  test('comes by itself where a part of the old one is asked for and gone, without a worker; what was written stays', async ({ browser }) => {
    await serving(browser, folder, { serviceWorkers: 'block' }, async (page, server) => {
      const before = await entryOf(page)
      const field = page.getByRole('textbox', { name: 'Message #global' })
      await field.fill('half a thought')
      await server.stop()
      await asNewVersion(folder)
      for (const name of await readdir(path.join(folder, 'assets'))) if (name.startsWith('asked-')) await rm(path.join(folder, 'assets', name))
      await server.start()
      await page.getByRole('button', { name: 'Add', exact: true }).click()
      await expect.poll(() => entryOf(page).catch(() => before)).not.toBe(before)
      await expect(field).toHaveValue('half a thought')
    })
  })

  test('is not thought of where a part just doesn’t come', async ({ browser }) => {
    await serving(browser, folder, { serviceWorkers: 'block' }, async (page) => {
      await page.evaluate(() => Reflect.set(globalThis, 'stayed', true))
      await page.route('**/assets/asked-*.js', (route) => route.abort())
      const asked = page.waitForResponse((reply) => new URL(reply.url()).pathname === '/')
      await page.getByRole('button', { name: 'Add', exact: true }).click()
      await (await asked).finished()
      // What it would do next.
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve)))
      expect(await page.evaluate(() => Reflect.get(globalThis, 'stayed'))).toBe(true)
    })
  })
})

// The setting of a fixture is made before the folder is: these tests start their own server.
async function serving(browser: Browser, folder: string, options: BrowserContextOptions, run: (page: Page, server: Server) => Promise<void>) {
  const server = await Server.start({ ...noLimits, SNUG_WEB_DIR: folder })
  const watch = new Watch([...provoked, /ERR_FAILED.*asked-/])
  const open = opener(browser, server, watch, options)
  try {
    const page = await open.visit()
    await signUpBy(page, 'Ada')
    await page.goto('/')
    await expect(page.getByRole('textbox', { name: 'Message #global' })).toBeVisible()
    await run(page, server)
  } finally {
    await open.closeAll()
    await server.dispose()
  }
  expect(watch.faults.filter((fault) => !/dynamically imported module/.test(fault))).toEqual([])
}

async function entryOf(page: Page): Promise<string> {
  return await page.evaluate(() => document.querySelector('script[type=module][src]')?.getAttribute('src') ?? '')
}

// The same client, begun by another script that does nothing but load it.
async function asNewVersion(folder: string): Promise<void> {
  const html = await readFile(path.join(folder, 'index.html'), 'utf8')
  const entry = /src="\/assets\/(index-[^"]+)\.js"/.exec(html)?.[1]
  if (!entry) throw new Error('no entry in index.html')
  const worker = await readFile(path.join(folder, 'sw.js'), 'utf8')
  const old = `/assets/${entry}.js`
  const fresh = `/assets/${entry}2.js`
  const version = /snug-([0-9a-f]{16})/.exec(worker)?.[1]
  // In lists of files, and last by itself.
  const parts = worker.split(old)
  const last = parts.pop() ?? ''
  if (version === undefined || parts.length < 2 || !/^["'`]\}/.test(last)) throw new Error('the worker is built otherwise than this test thinks')
  await writeFile(path.join(folder, 'assets', `${entry}2.js`), `import './${entry}.js'\n`)
  await writeFile(path.join(folder, 'index.html'), html.replace(old, fresh))
  await writeFile(path.join(folder, 'sw.js'), `${parts.join(`${old},${fresh}`)}${fresh}${last}`.replace(version, [...version].toReversed().join('')))
  for (const name of ['sw.js', 'index.html']) for (const more of ['.br', '.gz']) await rm(path.join(folder, name + more), { force: true })
}
