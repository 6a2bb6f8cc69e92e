import type { BrowserContextOptions } from '@playwright/test'
import { expect, test as base, type Person } from './kit'
import { atRest, frames, moved, observe, observed } from './reading-kit'
import { chatter, seed } from './seed'
import { noLimits, Server } from './server'

const MESSAGES = 10_000

// One server for all tests of this file: ten thousand messages take a while.
const test = base.extend<object, { seeded: Server }>({
  seeded: [async ({ browser }, use) => {
    const server = await Server.start(noLimits)
    const texts = chatter(MESSAGES)
    // Three people by turns, a few lines each time.
    for (let from = 0, turn = 0; from < MESSAGES; from += 2_500, turn++) {
      await seed(browser, server, `Writer ${turn}`, texts.slice(from, from + 2_500))
    }
    await use(server)
    await server.dispose()
  }, { scope: 'worker', timeout: 120_000 }],
  server: async ({ seeded }, use) => use(seeded),
})

let readers = 0
const newcomer = () => `Reader ${++readers} ${Date.now()}`

/** Pixels of one turn of the wheel. */
const NOTCH = 600

/** The seqs of the rows on the screen, with their tops. */
async function onScreen(person: Person): Promise<{ seq: number; top: number }[]> {
  return await person.timeline.evaluate((scroller) => {
    const box = scroller.getBoundingClientRect()
    return [...scroller.querySelectorAll<HTMLElement>('[role=article][data-seq]')]
      .map((row) => ({ seq: Number(row.dataset.seq), top: row.getBoundingClientRect().top, bottom: row.getBoundingClientRect().bottom }))
      .filter((r) => r.bottom > box.top && r.top < box.bottom)
      .map(({ seq, top }) => ({ seq, top }))
  })
}

/** Turns the wheel up until a message that old is on the screen. */
async function wheelUpTo(person: Person, seq: number): Promise<void> {
  const box = await person.timeline.boundingBox()
  if (!box) throw new Error('no timeline')
  await person.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; ) {
    const rows = await onScreen(person)
    if (rows.some((r) => r.seq <= seq)) return
    await person.page.mouse.wheel(0, -NOTCH)
    await frames(person.page, 2)
  }
  throw new Error(`message ${seq} was not reached; on the screen: ${JSON.stringify(await onScreen(person))}`)
}

test('a room of 10,000 messages opens at its end, with few elements', async ({ enter }) => {
  const ada = await enter(newcomer())
  const asked: string[] = []
  ada.page.on('request', (request) => asked.push(new URL(request.url()).pathname + new URL(request.url()).search))
  await ada.page.reload()
  await expect(ada.posted(`№${MESSAGES} `)).toBeInViewport()
  const elements = await ada.timeline.evaluate((scroller) => scroller.querySelectorAll('*').length)
  expect(elements).toBeLessThan(800)
  // A screen or two are asked for, not the whole room.
  expect(asked.filter((path) => path.includes('/messages')).length).toBeLessThanOrEqual(3)
  await expect.poll(() => ada.timeline.evaluate((s) => s.scrollHeight - s.clientHeight - s.scrollTop)).toBeLessThanOrEqual(1)
  const paint = await ada.page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0)
  test.info().annotations.push({ type: 'first contentful paint', description: `${paint.toFixed(0)} ms` })
})

const devices: [string, BrowserContextOptions][] = [
  ['desktop', {}],
  ['a sharp screen', { deviceScaleFactor: 1.5 }],
  ['phone', { viewport: { width: 360, height: 740 } }],
]
for (const [name, options] of devices) {
  test(`the wheel goes up through many pages without a blank or a jump: ${name}`, async ({ enter }) => {
    const ada = await enter(newcomer(), options)
    await expect(ada.posted(`№${MESSAGES} `)).toBeInViewport()
    await observe(ada.page, NOTCH)
    await wheelUpTo(ada, MESSAGES - 800)
    const seen = await observed(ada.page)
    test.info().annotations.push({ type: 'scroll', description: `${seen.frames} frames, ${seen.pages} pages, at most ${seen.elements} elements` })
    expect(seen.blank).toBe(0)
    expect(seen.jumps).toEqual([])
    expect(seen.pages).toBeGreaterThan(5)
    expect(seen.elements).toBeLessThan(1_200)
  })
}

test('the place holds to the pixel when older pages come in', async ({ enter }) => {
  const ada = await enter(newcomer())
  await expect(ada.posted(`№${MESSAGES} `)).toBeInViewport()
  // Slow pages, so that each comes in while the reader reads.
  let held: (() => void)[] = []
  await ada.page.route(/\/messages\?.*before=/, async (route) => {
    await new Promise<void>((resolve) => held.push(resolve))
    await route.continue()
  })
  for (let round = 0; round < 5; round++) {
    const box = await ada.timeline.boundingBox()
    if (!box) throw new Error('no timeline')
    await ada.page.mouse.move(box.x + 200, box.y + 200)
    while (held.length === 0) {
      await ada.page.mouse.wheel(0, -400)
      await frames(ada.page, 2)
    }
    // Two equal looks: the wheel has come to rest.
    let before = await onScreen(ada)
    await expect.poll(async () => {
      await frames(ada.page, 3)
      const again = await onScreen(ada)
      const same = JSON.stringify(again) === JSON.stringify(before)
      before = again
      return same
    }).toBe(true)
    const height = await ada.timeline.evaluate((s) => s.scrollHeight)
    const go = held
    held = []
    for (const release of go) release()
    await expect.poll(() => ada.timeline.evaluate((s) => s.scrollHeight)).toBeGreaterThan(height)
    await frames(ada.page, 10)
    const after = new Map((await onScreen(ada)).map((r) => [r.seq, r.top]))
    for (const row of before) {
      const top = after.get(row.seq)
      expect(top, `message ${row.seq} is still on the screen`).toBeDefined()
      expect(Math.abs((top ?? 0) - row.top), `message ${row.seq} holds its place`).toBeLessThanOrEqual(1)
    }
  }
})

test('a reader far up is not moved by what arrives, and gets back to the newest', async ({ enter }) => {
  const ada = await enter(newcomer())
  const bob = await enter(newcomer())
  await expect(ada.posted(`№${MESSAGES} `)).toBeInViewport()
  await wheelUpTo(ada, MESSAGES - 300)
  await expect(ada.page.getByRole('button', { name: 'To the newest' })).toBeVisible()
  const before = await atRest(ada)
  const said = `said far below ${Date.now()}`
  await bob.post(said)
  await bob.post('and one more')
  const back = ada.page.getByRole('button', { name: '2 new messages' })
  await expect(back).toBeVisible()
  expect(moved(before, await atRest(ada))).toEqual([])
  await back.click()
  await expect(ada.posted(said)).toBeInViewport()
  await expect(back).toHaveCount(0)
  // Back at the end the window follows what arrives.
  await bob.post('seen at once')
  await expect(ada.posted('seen at once').last()).toBeInViewport()
  // And an own post brings one down from wherever.
  await wheelUpTo(ada, MESSAGES - 100)
  await ada.post(`mine ${said}`)
  await expect(ada.posted(`mine ${said}`)).toBeInViewport()
})

test('keys scroll, and the composer grows without covering the end', async ({ enter }) => {
  const ada = await enter(newcomer())
  const newest = ada.rows.last()
  await expect(newest).toBeInViewport()
  await ada.timeline.focus()
  await ada.page.keyboard.press('PageUp')
  await expect.poll(() => ada.timeline.evaluate((s) => s.scrollHeight - s.clientHeight - s.scrollTop)).toBeGreaterThan(200)
  // In the midst of the way up, too.
  await ada.page.keyboard.press('End')
  await expect.poll(() => ada.timeline.evaluate((s) => s.scrollHeight - s.clientHeight - s.scrollTop)).toBeLessThanOrEqual(1)
  await ada.composer.fill('one\ntwo\nthree\nfour\nfive')
  await expect.poll(() => ada.timeline.evaluate((s) => s.scrollHeight - s.clientHeight - s.scrollTop)).toBeLessThanOrEqual(1)
})
