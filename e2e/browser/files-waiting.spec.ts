import type { BrowserContext, Locator, Page } from '@playwright/test'
import { expectClean } from './axe'
import { BACK, expect, outage, Person, test } from './kit'
import { halves } from './pictures'

// Posts whose files are still on their way: what the composer hands over.

test.use({ provoked: { errors: [...outage, /status of 507/] } })

/** Holds the bytes of every file back until the returned function is called. */
async function holdFiles(context: BrowserContext): Promise<() => void> {
  let release = () => {}
  const released = new Promise<void>((resolve) => (release = resolve))
  await context.route('**/api/uploads/*', async (route) => {
    if (route.request().method() === 'PATCH') await released
    // The page that asked may be gone by then.
    await route.continue().catch(() => {})
  })
  return release
}

const waiting = (of: Page | Locator) => of.getByRole('list', { name: 'Waiting to be sent' }).getByRole('listitem')
const tray = (of: Page | Locator) => of.getByRole('list', { name: 'Files' })

async function attach(to: Page | Locator, name: string, buffer: Buffer = Buffer.alloc(700_000, 7)): Promise<void> {
  await to.locator('input[type=file]').setInputFiles({ name, mimeType: name.endsWith('.png') ? 'image/png' : 'application/octet-stream', buffer })
  await expect(tray(to)).toBeVisible()
}

/** The files of the tray are kept in this browser: a page that is left before loses them. */
async function kept(page: Page): Promise<void> {
  await expect.poll(() => page.evaluate(() => dispatchEvent(new Event('beforeunload', { cancelable: true })))).toBe(true)
}

async function filesOf(reader: Person): Promise<string[]> {
  const { messages } = await (await reader.page.context().request.get('/api/rooms/global/messages')).json()
  return messages.map((m: { content: string; attachments?: { name: string }[] }) => [m.content, ...(m.attachments ?? []).map((a) => a.name)].join(' '))
}

test('while a file uploads one chats on; posts go as their files are there', async ({ enter }) => {
  const bob = await enter('Bob Adams')
  const ada = await enter('Ada')
  const { page } = ada
  const release = await holdFiles(page.context())
  await attach(page, 'film.bin')
  await ada.post('here it comes')
  await expect(tray(page)).toHaveCount(0)
  await expect(ada.composer).toBeFocused()
  await expect(waiting(page)).toHaveText(/here it comes.*film\.bin/)
  await expect(waiting(page).getByRole('progressbar', { name: 'Uploading film.bin' })).toBeVisible()
  await expect(ada.status('Sending when uploaded.')).toBeAttached()

  await ada.post('meanwhile')
  await expect(bob.posted('meanwhile')).toHaveCount(1)
  await attach(page, 'halves.png', halves(60, 40))
  await page.getByRole('button', { name: 'Send' }).click()
  await expect(waiting(page)).toHaveText([/here it comes/, /halves\.png/])
  await ada.post('and on')
  await expect(bob.posted('and on')).toHaveCount(1)
  await expectClean(page)
  await expect(bob.posted('here it comes')).toHaveCount(0)

  // A thread has a composer of its own.
  await ada.row('meanwhile').hover()
  await ada.row('meanwhile').getByRole('button', { name: /thread/i }).first().click()
  const thread = page.getByRole('complementary', { name: 'Thread', exact: true })
  await expect(thread.getByRole('textbox')).toBeVisible()
  await expect(waiting(thread)).toHaveCount(0)
  await expect(thread.getByRole('button', { name: 'Emoji', exact: true })).toBeVisible()
  await attach(thread, 'aside.bin')
  await thread.getByRole('textbox').fill('aside')
  await thread.getByRole('textbox').press('Enter')
  await expect(waiting(thread)).toHaveText(/aside\.bin/)
  await expect(waiting(page.getByRole('main'))).toHaveCount(2)

  release()
  await expect(waiting(page)).toHaveCount(0)
  await expect(bob.posted('here it comes')).toHaveCount(1)
  await expect.poll(async () => (await filesOf(bob)).toSorted()).toEqual([' halves.png', 'and on', 'aside aside.bin', 'here it comes film.bin', 'meanwhile'])
  await expect(thread.getByText('aside', { exact: true })).toHaveCount(1)
})

test('taken back, a post is written on with its files, before what was written since', async ({ enter }) => {
  const bob = await enter('Bob Adams')
  const ada = await enter('Ada')
  const { page } = ada
  const release = await holdFiles(page.context())
  await attach(page, 'film.bin')
  await ada.post('here it comes')
  await ada.composer.fill('half a thought')
  await waiting(page).getByRole('button', { name: 'Edit' }).click()
  await expect(waiting(page)).toHaveCount(0)
  await expect(ada.composer).toHaveValue('here it comes\nhalf a thought')
  await expect(ada.composer).toBeFocused()
  await expect(tray(page).getByRole('progressbar', { name: 'Uploading film.bin' })).toBeVisible()
  await ada.composer.fill('the film')
  release()
  await expect(tray(page).getByRole('progressbar')).toHaveCount(0)
  // Nothing goes by itself any more.
  await ada.composer.press('Enter')
  await expect(bob.posted('the film')).toHaveCount(1)
  expect(await filesOf(bob)).toEqual(['the film film.bin'])
})

test('what waits is there after the page was left, goes on, and is posted once, whichever tab brings it', async ({ enter }) => {
  const bob = await enter('Bob Adams')
  const ada = await enter('Ada')
  const { page } = ada
  const context = page.context()
  const release = await holdFiles(context)
  await attach(page, 'film.bin')
  await kept(page)
  await ada.post('here it comes')
  await expect(waiting(page)).toHaveText(/here it comes/)

  const [one, two] = [await context.newPage(), await context.newPage()]
  for (const tab of [one, two]) {
    await tab.goto('/')
    await expect(waiting(tab)).toHaveText(/here it comes.*film\.bin/)
  }
  await page.close()
  // A tab that looks at no room brings it as well.
  await two.goto('/account/profile')
  await one.close()
  release()
  await expect(bob.posted('here it comes')).toHaveCount(1)
  await two.goto('/')
  await expect(new Person('Ada', two, ada.server).posted('here it comes')).toHaveCount(1)
  await expect(waiting(two)).toHaveCount(0)
  expect(await filesOf(bob)).toEqual(['here it comes film.bin'])
})

test('without a network all is handed over and counted; it goes when that is back', async ({ enter }) => {
  const bob = await enter('Bob Adams')
  const ada = await enter('Ada')
  const { page } = ada
  await expect(page.getByRole('button', { name: 'Emoji', exact: true })).toBeVisible()
  await page.context().setOffline(true)
  await expect(ada.status('Offline.')).toBeVisible()
  await attach(page, 'film.bin')
  await ada.post('here it comes')
  await expect(waiting(page)).toHaveText(/Waiting for the network/)
  await expect(ada.status('1 message waiting.')).toBeVisible()
  await ada.post('meanwhile')
  await expect(ada.status('2 messages waiting.')).toBeVisible()
  await page.context().setOffline(false)
  await expect(bob.posted('meanwhile')).toHaveCount(1, BACK)
  await expect(bob.posted('here it comes')).toHaveCount(1, BACK)
  await expect(waiting(page)).toHaveCount(0)
})

test('what the server does not take says why, and is tried again, changed or deleted', async ({ enter }) => {
  const bob = await enter('Bob Adams')
  const ada = await enter('Ada')
  const { page } = ada
  let full = true
  let handOver = () => {}
  const handedOver = new Promise<void>((resolve) => (handOver = resolve))
  await page.route('**/api/uploads/*', async (route) => {
    if (route.request().method() !== 'PATCH') return route.continue()
    await handedOver
    if (!full) return route.continue()
    await route.fulfill({ status: 507, contentType: 'application/json', body: JSON.stringify({ code: 'storage_full', message: 'The server has no room for files.' }) })
  })
  for (const name of ['film.bin', 'other.bin', 'third.bin']) {
    await attach(page, name)
    await ada.post(`here is ${name}`)
  }
  await expect(waiting(page)).toHaveCount(3)
  handOver()
  await expect(waiting(page).getByText('The server has no room for files.')).toHaveCount(3)
  await ada.post('meanwhile')
  await expect(bob.posted('meanwhile')).toHaveCount(1)
  await expectClean(page)

  await waiting(page).filter({ hasText: 'third.bin' }).getByRole('button', { name: 'Delete' }).click()
  await expect(waiting(page)).toHaveCount(2)
  full = false
  await waiting(page).filter({ hasText: 'film.bin' }).getByRole('button', { name: 'Retry' }).click()
  await expect(bob.posted('here is film.bin')).toHaveCount(1)
  await waiting(page).getByRole('button', { name: 'Edit' }).click()
  await expect(ada.composer).toHaveValue('here is other.bin')
  await tray(page).getByRole('button', { name: 'Remove other.bin' }).click()
  await ada.post('no other.bin')
  await expect(bob.posted('no other.bin')).toHaveCount(1)
  expect(await filesOf(bob)).toEqual(['meanwhile', 'here is film.bin film.bin', 'no other.bin'])
})
