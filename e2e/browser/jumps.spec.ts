import type { BrowserContextOptions } from '@playwright/test'
import { expect, test as base, type Person } from './kit'
import { say } from './message-kit'
import { atRest, frames, moved, places } from './reading-kit'
import { chatter, seed } from './seed'
import { noLimits, Server } from './server'

const MESSAGES = 2_000

// One server for all tests of this file: its room has a long history.
const test = base.extend<object, { seeded: Server }>({
  seeded: [async ({ browser }, use) => {
    const server = await Server.start(noLimits)
    await server.command('room', 'add', 'tea', 'Tea')
    await seed(browser, server, 'Writer', chatter(MESSAGES))
    await use(server)
    await server.dispose()
  }, { scope: 'worker', timeout: 120_000 }],
  server: async ({ seeded }, use) => use(seeded),
})

let readers = 0
const newcomer = () => `Reader ${++readers}`
const devices: [string, BrowserContextOptions][] = [
  ['desktop', {}],
  ['phone', { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }],
]

async function scrollUp(person: Person, px: number): Promise<void> {
  await person.timeline.evaluate((s, by) => s.scrollBy(0, -by), px)
}

const fromEnd = (person: Person) => person.timeline.evaluate((s) => s.scrollHeight - s.clientHeight - s.scrollTop)

for (const [name, options] of devices) {
  test(`a link to an old message leads there, and what is said meanwhile makes no hole: ${name}`, async ({ enter }) => {
    const ada = await enter(newcomer(), options)
    const bob = await enter(newcomer())
    await ada.page.goto('/rooms/global?at=700')
    const target = ada.posted('№700 ')
    // It is so for two seconds: whoever looks for something else first may miss it.
    await target.and(ada.page.locator('.marked-row')).waitFor()
    await expect(target).toBeInViewport()
    await expect.poll(async () => {
      const box = await target.boundingBox()
      const list = await ada.timeline.boundingBox()
      return Math.abs((box?.y ?? 0) + (box?.height ?? 0) / 2 - (list?.y ?? 0) - (list?.height ?? 0) / 2)
    }).toBeLessThan(4)
    await expect(target).not.toHaveClass(/marked-row/)
    // A reload would come back to where one is by then.
    await expect(ada.page).toHaveURL(/\/rooms\/global$/)

    const before = await atRest(ada)
    const said = `said far away from it, ${name}`
    await bob.post(said)
    await expect(ada.page.getByRole('button', { name: '1 new message' })).toBeVisible()
    expect(moved(before, await places(ada))).toEqual([])
    const height = await ada.timeline.evaluate((s) => {
      s.scrollTo(0, s.scrollHeight)
      return s.scrollHeight
    })
    await expect.poll(() => ada.timeline.evaluate((s) => s.scrollHeight)).toBeGreaterThan(height)
    await expect(ada.posted(said)).toHaveCount(0)

    await ada.page.getByRole('button', { name: '1 new message' }).click()
    await expect(ada.posted(said)).toBeInViewport()
    await expect.poll(() => fromEnd(ada)).toBeLessThanOrEqual(1)
    await bob.post(`${said}, again`)
    await expect(ada.posted(`${said}, again`)).toBeInViewport()
  })

  test(`each room keeps its place, when one comes back and after a reload: ${name}`, async ({ enter }) => {
    const ada = await enter(newcomer(), options)
    await ada.becomeMember('tea')
    await expect(ada.posted('№2000 ')).toBeVisible()
    await scrollUp(ada, 3_000)
    const before = await atRest(ada)
    async function go(room: string) {
      const back = ada.page.getByRole('link', { name: 'All rooms' })
      if (await back.isVisible()) await back.click()
      await ada.page.getByRole('navigation', { name: 'Rooms' }).getByRole('link', { name: room }).click()
    }
    await go('Tea')
    await expect(ada.timeline.getByText('Nobody has said anything yet')).toBeVisible()
    await go('Global')
    expect(moved(before, await atRest(ada))).toEqual([])
    await ada.page.reload()
    expect(moved(before, await atRest(ada))).toEqual([])
  })
}

test('a keyboard that goes while one is led to an old message does not lead back to the end', async ({ enter }) => {
  const ada = await enter(newcomer(), { viewport: { width: 360, height: 400 }, hasTouch: true, isMobile: true })
  const bob = await enter(newcomer())
  const { messages } = await (await bob.page.request.get('/api/rooms/global/messages?around=100')).json()
  const old: { id: string } = messages.find((m: { seq: number }) => m.seq === 100)
  await say(bob, 'as I said', { replyTo: old.id })
  const quote = ada.row('as I said').getByRole('button', { name: /№100 / })
  await expect(quote).toBeInViewport()
  await atRest(ada)
  await quote.click()
  await ada.posted('№100 ').waitFor()
  await ada.page.setViewportSize({ width: 360, height: 740 })
  await expect(ada.posted('№100 ')).toBeInViewport()
  await atRest(ada)
  await expect(ada.posted('№100 ')).toBeInViewport()
})

test('one gets to a day, to the beginning, and down again without a jump', async ({ enter }) => {
  const ada = await enter(newcomer())
  await expect(ada.posted('№2000 ')).toBeVisible()
  await scrollUp(ada, 600)
  const pill = ada.page.getByRole('button', { name: /: jump to a day$/ })
  await pill.click()
  const beginning = ada.page.getByRole('button', { name: 'The beginning' })
  await expect(beginning).toBeVisible()
  await ada.page.keyboard.press('ArrowUp')
  await beginning.click()
  await expect(ada.posted(/^.*№1 /)).toBeInViewport()
  await expect(ada.timeline.getByText('this is how it began')).toBeVisible()

  await ada.timeline.evaluate((s) => s.scrollTo(0, 2_000))
  await atRest(ada)
  // The pages below come in one by one, each once all is still, and none of them moves what is read.
  const newer = /\/messages\?.*after=/
  let held: (() => void)[] = []
  await ada.page.route(newer, async (route) => {
    await new Promise<void>((resolve) => held.push(resolve))
    await route.continue()
  })
  for (let round = 0; round < 3; round++) {
    while (held.length === 0) {
      await ada.timeline.evaluate((s) => s.scrollTo(0, s.scrollHeight - s.clientHeight - 400))
      await frames(ada.page, 2)
    }
    const before = await atRest(ada)
    const height = await ada.timeline.evaluate((s) => s.scrollHeight)
    const [go] = held
    held = []
    go?.()
    await expect.poll(() => ada.timeline.evaluate((s) => s.scrollHeight)).toBeGreaterThan(height)
    expect(moved(before, await atRest(ada))).toEqual([])
  }
  await ada.page.unroute(newer)
  for (const go of held) go()
  await pill.click()
  await ada.page.getByLabel('A day', { exact: true }).fill('2020-01-01')
  await ada.page.getByRole('button', { name: 'Go', exact: true }).click()
  await expect(ada.posted(/^.*№1 /)).toBeInViewport()
  await ada.timeline.focus()
  await ada.page.keyboard.press('Escape')
  await expect.poll(() => fromEnd(ada)).toBeLessThanOrEqual(1)
})

test('messages are walked by keys, and the focus is not lost when they are drawn anew', async ({ enter }) => {
  const ada = await enter(newcomer())
  await expect(ada.posted('№2000 ')).toBeVisible()
  const focused = () => ada.page.evaluate(() => Number(document.activeElement?.getAttribute('data-seq')))
  await ada.timeline.focus()
  await ada.page.keyboard.press('ArrowUp')
  await expect.poll(focused).toBeGreaterThanOrEqual(2_000)
  const last = await focused()
  await ada.page.keyboard.press('ArrowUp')
  await ada.page.keyboard.press('k')
  expect(await focused()).toBe(last - 2)
  await ada.page.keyboard.press('j')
  expect(await focused()).toBe(last - 1)
  for (let i = 0; i < 60; i++) await ada.page.keyboard.press('ArrowUp')
  expect(await focused()).toBe(last - 61)
  await expect(ada.page.locator(':focus')).toBeInViewport()
  // Far away from it and back.
  await scrollUp(ada, 20_000)
  await atRest(ada)
  expect(await focused()).toBe(last - 61)
  await ada.page.keyboard.press('ArrowDown')
  expect(await focused()).toBe(last - 60)
  await expect(ada.page.locator(':focus')).toBeInViewport()
})

test('the list stays small however far one reads', async ({ enter }) => {
  const ada = await enter(newcomer())
  await expect(ada.posted('№2000 ')).toBeVisible()
  let most = 0
  for (let i = 0; i < 12; i++) {
    await scrollUp(ada, 2_500)
    await frames(ada.page, 4)
    most = Math.max(most, await ada.timeline.evaluate((s) => s.querySelectorAll('*').length))
  }
  test.info().annotations.push({ type: 'elements', description: String(most) })
  expect(most).toBeLessThan(400)
})
