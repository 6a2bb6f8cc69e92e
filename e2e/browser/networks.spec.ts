import { expect, outage, test as base, type Person } from './kit'
import { atRest, seenMoving, watchPlaces } from './reading-kit'
import { Line } from './line'
import { chatter, seed } from './seed'
import { freePort, noLimits, Server } from './server'

const test = base.extend<{ line: Line }>({
  line: async ({ browserName: _ }, use) => {
    const line = await Line.to(await freePort())
    await use(line)
    await line.close()
  },
  // Browsers come to it by the line alone.
  server: async ({ line }, use) => {
    const server = await Server.start({ ...noLimits, SNUG_BASE_URL: line.url }, { port: line.port })
    await use(server)
    await server.dispose()
  },
})
test.use({ serviceWorkers: 'allow', provoked: { errors: [...outage, /net::ERR_(INCOMPLETE_CHUNKED_ENCODING|CONTENT_LENGTH_MISMATCH)/] } })

const OLD = 300
const FLAPS = 6
const BURST = 3

/** The texts of the messages that a page shows which match, in their order. */
async function shown(person: Person, which: RegExp): Promise<string[]> {
  const rows = await person.timeline.locator('[role=article][data-seq] p').allTextContents()
  return rows.filter((text) => which.test(text))
}

/** Tells a page over and over that there is a network again, as a phone does that has one by turns. */
async function flapping(person: Person, on: boolean): Promise<void> {
  await person.page.evaluate((on) => {
    const tell = () => Reflect.get(globalThis, 'flaps') === true && (dispatchEvent(new Event('online')), setTimeout(tell, 250))
    Reflect.set(globalThis, 'flaps', on)
    tell()
  }, on)
}

test('on a network that drops over and over, what two people post arrives once and in order, and nothing jumps', async ({ browser, enter, server, line }) => {
  await seed(browser, server, 'Writer', chatter(OLD))
  // All that is said here is drawn.
  const tall = { viewport: { width: 1280, height: 3_200 } }
  const ada = await enter('Ada', tall)
  const bob = await enter('Bob', tall)
  const cleo = await enter('Cleo')
  await expect(cleo.posted(`№${OLD} `)).toBeInViewport()
  await cleo.timeline.evaluate((s) => s.scrollBy(0, -1_500))
  await atRest(cleo)
  await watchPlaces(cleo)

  for (const person of [ada, bob, cleo]) await flapping(person, true)
  const said: Record<string, string[]> = { Ada: [], Bob: [] }
  const burst = async (person: Person) => {
    for (let i = 0; i < BURST; i++) {
      const list = said[person.name] ?? []
      const text = `${person.name} says ${list.length + 1}.`
      list.push(text)
      await person.post(text)
    }
  }
  for (let flap = 0; flap < FLAPS; flap++) {
    // In the midst of what the posts bring about: each time elsewhere.
    const cut = line.cutAfter(300 + 701 * flap)
    await Promise.all([burst(ada), burst(bob), cut])
  }

  // For good, as it seems: that is said, and what is written waits.
  line.refuse(true)
  line.cut()
  const trouble = /Reconnecting…|Can't reach the server\./
  for (const person of [ada, bob, cleo]) await expect(person.status(trouble)).toBeVisible()
  await Promise.all([burst(ada), burst(bob)])
  await expect(ada.status(/\d+ messages waiting\./)).toBeVisible()
  // The line that says so takes its room, and nobody's place.
  expect(await seenMoving(cleo)).toEqual([])
  line.refuse(false)
  for (const person of [ada, bob, cleo]) await expect(person.status(trouble)).toHaveCount(0)
  for (const person of [ada, bob, cleo]) await flapping(person, false)

  const all = (FLAPS + 1) * BURST
  for (const person of [ada, bob]) {
    await expect.poll(() => shown(person, /says/)).toHaveLength(2 * all)
    await expect(person.page.getByText(/Waiting to be sent|Sending…|Not sent/)).toHaveCount(0)
  }
  const order = await shown(ada, /says/)
  expect(await shown(bob, /says/)).toEqual(order)
  for (const name of ['Ada', 'Bob']) expect(order.filter((text) => text.startsWith(name))).toEqual(said[name])
  expect(await seenMoving(cleo)).toEqual([])
  await expect(cleo.page.getByRole('button', { name: `${2 * all} new messages` })).toBeVisible()
})

test('on a slow network what one posts is there at once, and what comes late moves nothing', async ({ browser, enter, server }) => {
  await seed(browser, server, 'Writer', chatter(OLD).map((text, i) => (i % 5 === 0 ? `**${text.slice(0, 20)}** and\n- a list` : text)))
  const bob = await enter('Bob')
  const ada = await enter('Ada')
  await expect(bob.posted(`№${OLD} `).or(bob.posted('a list')).last()).toBeVisible()
  // The browser has all parts of the page by then: what draws lists, too.
  const lists = ada.timeline.locator('[role=article] li')
  await expect(lists.first()).toBeAttached()
  // As slow as the third generation was: of each request and its answer.
  const slow = await ada.page.context().newCDPSession(ada.page)
  await slow.send('Network.enable')
  await slow.send('Network.emulateNetworkConditions', { offline: false, latency: 400, downloadThroughput: 50_000, uploadThroughput: 50_000 })
  await ada.page.reload()
  await ada.inRoom()
  await expect(lists.first()).toBeAttached()
  await atRest(ada)

  for (let i = 1; i <= 3; i++) {
    await ada.composer.fill(`slow ${i}`)
    await ada.composer.press('Enter')
    // Drawn with the key, however long the way is.
    expect(await ada.row(`slow ${i}`).count()).toBe(1)
  }
  await expect(ada.posted('slow 3')).toBeVisible()
  await expect(bob.posted(/slow \d/)).toHaveText([/slow 1/, /slow 2/, /slow 3/])

  // Up, page by page: each comes in while one reads.
  for (let round = 0; round < 2; round++) {
    const height = await ada.timeline.evaluate((s) => s.scrollHeight)
    await ada.timeline.evaluate((s) => s.scrollTo(0, 300))
    await atRest(ada)
    await watchPlaces(ada)
    await expect.poll(() => ada.timeline.evaluate((s) => s.scrollHeight)).toBeGreaterThan(height + 1_000)
    await atRest(ada)
    expect(await seenMoving(ada)).toEqual([])
  }
})
