import type { BrowserContextOptions, Locator, Page } from '@playwright/test'
import { expect, Person, signUpBy, test } from './kit'
import { api, makeRoom, openRoom } from './rooms-kit'

/** Nothing visible reaches over the edge, and the page itself doesn't scroll. */
async function fits(page: Page): Promise<void> {
  await expect.poll(() => page.evaluate(() => {
    const found: string[] = []
    const root = document.documentElement
    if (root.scrollWidth > root.clientWidth) found.push(`the page is ${root.scrollWidth} px wide`)
    for (const e of document.body.querySelectorAll<HTMLElement>('*')) {
      const r = e.getBoundingClientRect()
      const style = getComputedStyle(e)
      if (r.width === 0 || r.height === 0 || style.visibility === 'hidden' || style.clipPath !== 'none' || style.position === 'fixed' && r.width <= 1) continue
      if (r.right > root.clientWidth + 1 || r.left < -1) found.push(`${e.tagName}.${e.className}: ${r.left.toFixed(0)} to ${r.right.toFixed(0)}`)
    }
    return found
  })).toEqual([])
}

/** Everything that is pressed is large enough for what presses it. */
async function targets(page: Page, least: number): Promise<void> {
  // What opens grows to its size.
  await expect.poll(() => page.evaluate((min) => {
    const found: string[] = []
    for (const e of document.querySelectorAll<HTMLElement>('button, a[href], input, textarea, [role=menuitem], [role=menuitemradio]')) {
      const r = e.getBoundingClientRect()
      const inText = e.tagName === 'A' && e.parentElement?.tagName === 'P' // a word of a sentence
      const beside = e.dataset.act === 'person' // a name: the face beside it and the message's menu lead there too
      if (r.width <= 1 || inText || beside || getComputedStyle(e).visibility === 'hidden') continue
      if (r.width < min || r.height < min) found.push(`${e.getAttribute('aria-label') ?? e.textContent}: ${r.width.toFixed(0)} × ${r.height.toFixed(0)}`)
    }
    return found
  }, least)).toEqual([])
}

const phone: BrowserContextOptions = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }
const narrow: BrowserContextOptions = { viewport: { width: 320, height: 640 }, hasTouch: true, isMobile: true }
const reflow: BrowserContextOptions = { viewport: { width: 320, height: 256 } } // 1280 × 1024 at 400 %

for (const [name, options] of [['a phone', phone], ['320 px', narrow], ['400 % zoom', reflow]] as const) {
  test(`nothing overflows: ${name}`, async ({ visit, enter }) => {
    const page = await visit(options)
    for (const path of ['/sign-in', '/sign-up']) {
      await page.goto(path)
      await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
      await fits(page)
    }
    const ada = await enter('Ada With A Rather Long Name For Such A Narrow Screen', options)
    await fits(ada.page)
    await ada.post(`a word that is long: ${'Donaudampfschifffahrt'.repeat(20)}`)
    await ada.post('https://example.org/' + 'a'.repeat(300))
    await ada.post('short')
    await expect(ada.posted('short')).toBeVisible()
    await expect(ada.composer).toBeInViewport()
    await fits(ada.page)
    await ada.people.click()
    await expect(ada.page.getByRole('list', { name: 'People here' })).toBeVisible()
    await fits(ada.page)
    await ada.page.keyboard.press('Escape')
    await expect(ada.page.getByRole('list', { name: 'People here' })).toHaveCount(0)
    await ada.openAccountMenu()
    await expect(ada.page.getByRole('menu')).toBeVisible()
    await fits(ada.page)
  })
}

test('on a phone everything is large enough for a thumb', async ({ visit, enter }) => {
  const page = await visit(phone)
  await page.goto('/sign-up')
  await expect(page.getByRole('button', { name: 'Create account' })).toBeVisible()
  await targets(page, 44)
  const ada = await enter('Ada', phone)
  await ada.post('hello')
  await expect(ada.posted('hello')).toBeVisible()
  await targets(ada.page, 44)
  await ada.openAccountMenu()
  await expect(ada.page.getByRole('menu')).toBeVisible()
  await targets(ada.page, 44)
})

test('the end stays in sight when the keyboard of a phone opens', async ({ enter }) => {
  const ada = await enter('Ada', phone)
  for (let i = 1; i <= 30; i++) await ada.post(`line ${i}`)
  await expect(ada.posted('line 30')).toBeInViewport()
  await ada.page.setViewportSize({ width: 360, height: 400 })
  await expect(ada.posted('line 30')).toBeInViewport()
  await expect(ada.composer).toBeInViewport()
})

test('the theme follows the system, can be chosen, and stays', async ({ enter }) => {
  const ada = await enter('Ada', { colorScheme: 'dark' })
  const brightness = async () => {
    const paper = await ada.page.evaluate(() => {
      const canvas = document.createElement('canvas').getContext('2d')
      if (!canvas) throw new Error('no canvas')
      canvas.fillStyle = getComputedStyle(document.documentElement).backgroundColor
      canvas.fillRect(0, 0, 1, 1)
      return [...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3)]
    })
    return Math.max(...paper)
  }
  expect(await brightness()).toBeLessThan(60)
  await ada.openAccountMenu()
  await ada.page.getByRole('menuitemradio', { name: 'Light' }).click()
  await expect.poll(brightness).toBeGreaterThan(230)
  // Before the first paint, not after it: no flash.
  await ada.page.reload({ waitUntil: 'commit' })
  await ada.page.waitForFunction(() => document.body !== null)
  expect(await ada.page.evaluate(() => document.documentElement.classList.contains('dark'))).toBe(false)
  await ada.inRoom()
  expect(await brightness()).toBeGreaterThan(230)
  await ada.openAccountMenu()
  await ada.page.getByRole('menuitemradio', { name: 'Like the system' }).click()
  await expect.poll(brightness).toBeLessThan(60)
})

test('with reduced motion nothing moves', async ({ enter }) => {
  const ada = await enter('Ada', { reducedMotion: 'reduce' })
  const running = () => ada.page.evaluate(() => document.getAnimations().filter((a) => {
    const length = a.effect?.getComputedTiming().duration
    return typeof length === 'number' && length > 1
  }).length)
  await ada.post('hello')
  expect(await running()).toBe(0)
  await ada.openAccountMenu()
  await expect(ada.page.getByRole('menu')).toBeVisible()
  expect(await running()).toBe(0)
  await ada.page.keyboard.press('Escape')
  await expect(ada.page.getByRole('menu')).toHaveCount(0)
  await ada.people.click()
  await expect(ada.page.getByRole('list', { name: 'People here' })).toBeVisible()
  expect(await running()).toBe(0)
  const smooth = await ada.page.evaluate(() => [...document.querySelectorAll('*')].filter((e) => getComputedStyle(e).scrollBehavior === 'smooth').length)
  expect(smooth).toBe(0)
})

test('text can be twice as large', async ({ playwright, server, watch, launchOptions }) => {
  // The browser's own setting, which style sheets can ask for and scripts can't set.
  const browser = await playwright.chromium.launch({ ...launchOptions, args: [...(launchOptions.args ?? []), '--blink-settings=defaultFontSize=32'] })
  for (const width of [1280, 700]) {
    const context = await browser.newContext({ baseURL: server.url, viewport: { width, height: 800 } })
    const page = await context.newPage()
    await watch.page(page, server.url)
    await signUpBy(page, `Ada ${width}`)
    const ada = new Person(`Ada ${width}`, page, server)
    await ada.open()
    await ada.post(`hello at ${width}`)
    await expect(ada.posted(`hello at ${width}`)).toBeInViewport()
    await expect(ada.composer).toBeInViewport()
    expect(await ada.posted(`hello at ${width}`).locator('p').evaluate((p) => Number.parseFloat(getComputedStyle(p).fontSize))).toBeGreaterThanOrEqual(30)
    await fits(page)
  }
  await browser.close()
})

/** The browser's own setting; pages see it when they are opened. */
async function fontSize(page: Page, px: number): Promise<void> {
  const session = await page.context().newCDPSession(page)
  await session.send('Page.enable')
  await session.send('Page.setFontSizes', { fontSizes: { standard: px } })
}

/** How far something reaches over the window, px; 0: it is in it. */
function outside(locator: Locator): Promise<number> {
  return locator.evaluate((e) => {
    const { top, bottom, left, right } = e.getBoundingClientRect()
    return Math.round(Math.max(0, -top, -left, bottom - innerHeight, right - innerWidth))
  })
}

for (const [px, options] of [[24, {}], [32, phone]] as const) {
  test(`the beginning of a room lies over none of its messages with letters of ${px} px`, async ({ enter }) => {
    const ada = await enter('Ada', options)
    const name = 'A room whose name is long enough for several lines of a phone, and for two of a desk'
    const slug = await makeRoom(ada, name, 'private')
    await fontSize(ada.page, px)
    const composer = await openRoom(ada, slug, name)
    await composer.fill('the first word')
    await composer.press('Enter')
    const heading = ada.timeline.getByRole('heading', { name })
    await expect(ada.posted('the first word')).toBeVisible()
    // The list may be scrolled: the two are measured in it.
    await expect.poll(async () => {
      const [head, words, row, list] = await Promise.all([heading, heading.locator('+ p'), ada.posted('the first word'), ada.timeline].map((one) => one.evaluate((e) => {
        const { top, bottom } = e.getBoundingClientRect()
        return { top, bottom, scrolled: e.scrollTop }
      })))
      if (!head || !words || !row || !list) return 'gone'
      return { cut: head.top + list.scrolled < list.top, over: words.bottom > row.top }
    }).toEqual({ cut: false, over: false })
  })
}

test('a beginning that gets higher moves no row', async ({ enter }) => {
  const ada = await enter('Ada', { viewport: { width: 1200, height: 600 } })
  const composer = await openRoom(ada, await makeRoom(ada, 'A room whose name takes one line', 'private'), 'A room whose name takes one line')
  for (let i = 1; i <= 30; i++) {
    await composer.fill(`line ${i}`)
    await composer.press('Enter')
  }
  await expect(ada.posted(/line 30$/)).toBeInViewport()
  await ada.timeline.hover()
  await ada.page.mouse.wheel(0, -150)
  const row = ada.posted(/line 20$/)
  await expect(row).toBeInViewport()
  const before = await row.evaluate((e) => e.getBoundingClientRect().top)
  const height = () => ada.timeline.getByRole('heading').evaluate((e) => e.parentElement?.parentElement?.offsetHeight ?? 0)
  const flat = await height()
  // The name alone becomes so large that it takes many lines: nothing else has another height.
  await ada.timeline.getByRole('heading').evaluate((e) => {
    e.style.fontSize = '6rem'
    e.style.lineHeight = '7rem'
  })
  await expect.poll(height).toBeGreaterThan(flat + 50)
  await expect.poll(() => row.evaluate((e) => e.getBoundingClientRect().top)).toBeCloseTo(before, 0)
})

for (const [name, options] of [['400 % zoom', reflow], ['a low window', { viewport: { width: 640, height: 360 } }]] as const) {
  test(`what opens over the composer stays in the window: ${name}`, async ({ enter }) => {
    const ada = await enter('Ada', options)
    await ada.composer.fill(':sm')
    const list = ada.page.getByRole('listbox')
    await expect(list.getByRole('option')).toHaveCount(8)
    await expect.poll(() => outside(list)).toBe(0)
    // It scrolls to what is chosen.
    for (let i = 1; i < 8; i++) await ada.composer.press('ArrowDown')
    const last = list.getByRole('option').last()
    await expect(last).toHaveAttribute('aria-selected', 'true')
    await expect(last).toBeInViewport({ ratio: 0.9 })
    await ada.composer.fill('')
    await ada.page.getByRole('button', { name: 'Emoji', exact: true }).click()
    const grid = ada.page.getByRole('grid', { name: 'Emoji' })
    await expect(grid.getByRole('gridcell', { name: 'thumbs up' }).first()).toBeInViewport({ ratio: 0.9 })
    await expect.poll(() => outside(ada.page.getByRole('dialog', { name: 'Emoji' }))).toBe(0)
  })
}

test('emoji lie beside each other with large letters', async ({ enter }) => {
  const ada = await enter('Ada', phone)
  await fontSize(ada.page, 32)
  await ada.open()
  await ada.page.getByRole('button', { name: 'Emoji', exact: true }).click()
  const cells = ada.page.getByRole('grid', { name: 'Emoji' }).locator('[id^=emoji-]')
  await expect(cells.first()).toBeVisible()
  await expect.poll(() => cells.evaluateAll((all) => Math.min(...all.map((e) => {
    const { width, height } = e.getBoundingClientRect()
    return Math.min(width, height) / Number.parseFloat(getComputedStyle(e).fontSize)
  })))).toBeGreaterThan(1.3)
  await fits(ada.page)
})

test('a phone with letters twice as large has room to write, and for the name of the room', async ({ enter }) => {
  const ada = await enter('Ada', { ...phone, viewport: { width: 390, height: 844 } })
  await fontSize(ada.page, 32)
  await ada.open()
  await expect(ada.page.getByRole('button', { name: 'Emoji', exact: true })).toBeVisible()
  expect(await ada.composer.evaluate((e) => e.clientWidth)).toBeGreaterThan(250)
  const title = ada.page.getByRole('heading', { level: 1 }).locator('.truncate')
  await expect.poll(() => title.evaluate((e) => e.scrollWidth - e.clientWidth)).toBe(0)
  await fits(ada.page)
  for (const path of ['/inbox', '/account/notifications', '/browse']) {
    await ada.page.goto(path)
    await expect(ada.page.getByRole('heading', { level: 1 })).toBeVisible()
    await fits(ada.page)
  }
  await ada.page.goto('/account/notifications')
  const choices = ada.page.getByRole('radiogroup').first().locator('label')
  await expect(choices).toHaveCount(3)
  expect(await choices.evaluateAll((all) => all.filter((e) => e.scrollWidth > e.clientWidth).map((e) => e.textContent))).toEqual([])
})

test('long names of rooms and people stay in what they stand in', async ({ enter }) => {
  const ada = await enter('Ada')
  const bob = await enter(`Bartholomew ${'Featherstonehaugh'.repeat(3)}`)
  const slug = await makeRoom(ada, 'averylongroomname'.repeat(4), 'public')
  await bob.post('what was said')
  const row = ada.posted('what was said')
  await row.hover()
  await row.getByRole('button', { name: 'More', exact: true }).click()
  await ada.page.getByRole('menuitem', { name: 'Forward' }).click()
  const forward = ada.page.getByRole('dialog', { name: 'Forward' })
  await expect(forward.getByRole('radio')).not.toHaveCount(0)
  await expect.poll(() => forward.evaluate((e) => e.scrollWidth - e.clientWidth)).toBe(0)
  await ada.page.keyboard.press('Escape')
  await expect(forward).toHaveCount(0)
  await row.locator('[data-act=person]').first().click()
  const write = ada.page.getByRole('button', { name: /^Write to B/ })
  await expect(write).toBeVisible()
  await expect.poll(() => write.evaluate((e) => e.scrollWidth - e.clientWidth)).toBe(0)
  await ada.page.setViewportSize({ width: 320, height: 640 })
  await openRoom(ada, slug, `#${slug}`)
  await expect.poll(() => ada.timeline.getByRole('heading').evaluate((e) => e.scrollWidth - e.clientWidth)).toBe(0)
  await fits(ada.page)
})

test.describe('an address that leads nowhere', () => {
  test.use({ provoked: { errors: [/status of 404/] } })

  test('is said whole', async ({ enter }) => {
    const ada = await enter('Ada', narrow)
    await ada.page.goto(`/rooms/nosuchroom${'averylongname'.repeat(5)}`)
    await expect(ada.page.getByRole('heading', { name: /^No room/ })).toBeVisible()
    await fits(ada.page)
  })
})

for (const [locale, edge] of [['en-GB', 'left'], ['ar', 'right']] as const) {
  test(`words of the other direction begin where their rows do: ${locale}`, async ({ visit, server }) => {
    const page = await visit({ locale })
    await signUpBy(page, 'Ada')
    const ada = new Person('Ada', page, server)
    const [name, topic] = locale === 'ar' ? ['Reading', 'Quiet talk'] : ['غرفة القراءة', 'كتب وشاي']
    const { slug } = await api(ada, 'POST', '/api/rooms', { name, kind: 'public', topic })
    await page.goto(`/rooms/${slug}`)
    const head = ada.timeline.getByRole('heading', { name })
    await expect(head).toBeVisible()
    const begins = (locator: Locator) => locator.evaluate((e, side) => {
      const range = document.createRange()
      range.selectNodeContents(e)
      return Math.round(Math.abs(range.getBoundingClientRect()[side] - e.getBoundingClientRect()[side]))
    }, edge)
    await expect.poll(() => begins(head)).toBe(0)
    await expect.poll(() => begins(page.locator('main header').getByText(topic))).toBe(0)
    await page.goto('/browse')
    await expect.poll(() => begins(page.getByRole('listitem').filter({ hasText: name }).getByText(topic))).toBe(0)
  })
}
