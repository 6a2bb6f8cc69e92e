import path from 'node:path'
import type { BrowserContextOptions, Locator, Page } from '@playwright/test'
import { expectClean } from './axe'
import { expect, outage, test, type Person } from './kit'
import { atRest } from './reading-kit'
import { roomNamed } from './rooms-kit'
import { chatter, seed } from './seed'

test.use({ provoked: { errors: outage } })

const phone: BrowserContextOptions = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }

interface Point {
  x: number
  y: number
}

/** A finger on the glass, as the browser has it from the system. */
async function finger(page: Page) {
  const client = await page.context().newCDPSession(page)
  // It is as fast as it says, however slow the machine is.
  let seconds = Date.now() / 1_000
  const touch = async (type: 'touchStart' | 'touchMove' | 'touchEnd', touchPoints: Point[]) => {
    seconds += 0.01
    await client.send('Input.dispatchTouchEvent', { type, touchPoints, timestamp: seconds })
  }
  let at: Point = { x: 0, y: 0 }
  return {
    rest: (ms: number) => (seconds += ms / 1_000),
    async down(point: Point) {
      at = point
      await touch('touchStart', [at])
    },
    /** In steps, as fingers go. The browser has all of them before the first is answered. */
    async move(to: Point) {
      const from = at
      const steps: Promise<void>[] = []
      for (let i = 1; i <= 8; i++) {
        at = { x: from.x + ((to.x - from.x) * i) / 8, y: from.y + ((to.y - from.y) * i) / 8 }
        steps.push(touch('touchMove', [at]))
      }
      await Promise.all(steps)
    },
    /** Goes down and moves without a rest, which the page measures by a clock of its own. */
    async drag(from: Point, to: Point) {
      await Promise.all([this.down(from), this.move(to)])
    },
    async up() {
      await touch('touchEnd', [])
    },
  }
}

async function swipe(page: Page, from: Point, to: Point): Promise<void> {
  const f = await finger(page)
  await f.drag(from, to)
  await f.up()
}

/** Until the page listens to fingers that go sideways. */
async function listens(person: Person): Promise<void> {
  await expect(person.page.locator('body.swipes')).toBeAttached()
  await expect(person.page.locator('[data-testid=timeline].swipes')).toBeAttached()
}

async function middle(person: Person, row: Locator): Promise<Point> {
  await expect(row).toBeVisible()
  await atRest(person)
  const box = await row.boundingBox()
  if (!box) throw new Error('the row is not drawn')
  return { x: box.x + box.width / 2, y: box.y + box.height / 2 }
}

async function look(page: Page, name: string): Promise<void> {
  const folder = process.env.E2E_LOOK
  if (folder) await page.screenshot({ path: path.join(folder, `${name}.png`) })
}

test('a swipe from the side leads to the rooms, and one back into the room', async ({ enter }) => {
  const ada = await enter('Ada', phone)
  const { page } = ada
  await listens(ada)
  const list = roomNamed(ada, /global/i)
  await expect(list).toBeHidden()

  // Too short, or from the other side, or taken back.
  await swipe(page, { x: 20, y: 300 }, { x: 60, y: 300 })
  await swipe(page, { x: 250, y: 300 }, { x: 350, y: 300 })
  const f = await finger(page)
  await f.drag({ x: 20, y: 300 }, { x: 150, y: 310 })
  await expect(page.locator('.swipe-rooms[data-ready]')).toBeVisible()
  await look(page, 'swipe-rooms')
  await f.move({ x: 30, y: 310 })
  await f.up()
  await expect(page.locator('.swipe-rooms')).toHaveCount(0)
  await expect(page).toHaveURL(/\/rooms\/global$/)

  await swipe(page, { x: 20, y: 300 }, { x: 160, y: 310 })
  await expect(page).toHaveURL(/\/rooms$/)
  await expect(list).toBeVisible()
  await expect(ada.composer).toBeHidden()
  await swipe(page, { x: 300, y: 300 }, { x: 150, y: 310 })
  await expect(page).toHaveURL(/\/rooms\/global$/)
  await expect(ada.composer).toBeVisible()
})

test('a message that is swiped is answered, and the list still scrolls', async ({ browser, enter, server }) => {
  await seed(browser, server, 'Bob', chatter(60))
  const ada = await enter('Ada', phone)
  const { page } = ada
  await listens(ada)
  await expect(ada.rows.last()).toBeInViewport()
  const answering = page.getByTestId('answering')

  const from = await middle(ada, ada.rows.last())
  const f = await finger(page)
  await f.drag(from, { x: from.x - 110, y: from.y + 6 })
  const sign = page.locator('.swipe-reply')
  await expect(sign).toHaveAttribute('data-ready', '')
  await expect(sign).toBeInViewport()
  await look(page, 'swipe-reply')
  await expectClean(page)
  await f.up()
  await expect(answering).toBeVisible()
  await expect(ada.composer).toBeFocused()
  await expect(sign).toHaveCount(0)
  await page.getByRole('button', { name: "Don't answer" }).click()
  await expect(answering).toHaveCount(0)

  // A finger that goes up and down scrolls, also where it strays.
  const top = () => ada.timeline.evaluate((t) => t.scrollTop)
  const before = await top()
  await swipe(page, { x: 200, y: 200 }, { x: 120, y: 500 })
  await expect.poll(top).toBeLessThan(before)
  await expect(answering).toHaveCount(0)
})

test('without motion the row stays where it is, and right to left all is mirrored', async ({ enter }) => {
  const ada = await enter('Ada', { ...phone, reducedMotion: 'reduce' })
  const { page } = ada
  await ada.post('to be answered')
  await listens(ada)
  const row = ada.posted('to be answered').locator('[data-message]')
  const left = async () => (await row.boundingBox())?.x
  let from = await middle(ada, row)
  const began = await left()
  let f = await finger(page)
  await f.drag(from, { x: from.x - 110, y: from.y })
  await expect(page.locator('.swipe-reply[data-ready]')).toBeInViewport()
  expect(await left()).toBe(began)
  await f.move(from)
  await f.up()
  await expect(page.locator('.swipe-reply')).toHaveCount(0)
  await expect(page.getByTestId('answering')).toHaveCount(0)

  await page.evaluate(() => (document.documentElement.dir = 'rtl'))
  from = await middle(ada, row)
  f = await finger(page)
  await f.drag(from, { x: from.x + 110, y: from.y })
  await expect(page.locator('.swipe-reply[data-ready]')).toBeInViewport()
  await f.up()
  await expect(page.getByTestId('answering')).toBeVisible()
  await swipe(page, { x: 20, y: 200 }, { x: 160, y: 200 })
  await expect(page).toHaveURL(/\/rooms\/global$/)
  await swipe(page, { x: 340, y: 200 }, { x: 200, y: 200 })
  await expect(page).toHaveURL(/\/rooms$/)
})

test('a finger that rests on a message opens its menu, and one that swipes does not', async ({ enter }) => {
  const ada = await enter('Ada', phone)
  const { page } = ada
  await ada.post('with a menu')
  await listens(ada)
  const at = await middle(ada, ada.posted('with a menu'))
  const menu = page.getByRole('menu', { name: 'What to do with this message' })
  const f = await finger(page)
  await f.down(at)
  await expect(menu).toBeVisible()
  await f.up()
  await expect(menu.getByRole('menuitem', { name: 'Reply' })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(menu).toHaveCount(0)

  // What slides after its rest has opened the menu, and does no more.
  await f.down(at)
  await expect(menu).toBeVisible()
  f.rest(1_000)
  await f.move({ x: at.x - 110, y: at.y })
  await f.up()
  await expect(menu.getByRole('menuitem', { name: 'Reply' })).toBeVisible()
  await expect(page.getByTestId('answering')).toHaveCount(0)
  await page.keyboard.press('Escape')
  await expect(menu).toHaveCount(0)

  await f.drag(at, { x: at.x - 110, y: at.y })
  await expect(page.locator('.swipe-reply[data-ready]')).toBeInViewport()
  await f.up()
  await expect(page.getByTestId('answering')).toContainText('with a menu')
  await expect(menu).toHaveCount(0)
})

test('what stands in a wide block of code scrolls by itself', async ({ enter }) => {
  const ada = await enter('Ada', phone)
  // Enter, on a phone, may mean a new line there.
  await ada.composer.fill(`\`\`\`\n${'wide '.repeat(60)}\n\`\`\``)
  await ada.page.getByRole('button', { name: 'Send' }).click()
  await listens(ada)
  // What is drawn anew as it is posted would not have been scrolled.
  const code = ada.posted('wide').getByRole('group', { name: 'Code' })
  const from = await middle(ada, code)
  await swipe(ada.page, from, { x: from.x - 110, y: from.y })
  await expect.poll(() => code.evaluate((e) => e.scrollLeft)).toBeGreaterThan(0)
  await expect(ada.page.getByTestId('answering')).toHaveCount(0)
})

test('what is for keys alone is not shown on a phone', async ({ enter }) => {
  const ada = await enter('Ada', phone)
  await ada.page.goto('/rooms')
  const go = ada.page.getByRole('button', { name: 'Go to…' })
  await expect(go).toBeVisible()
  await expect(go.locator('kbd')).toBeHidden()
})
