import type { BrowserContextOptions, Page } from '@playwright/test'
import { expect, Person, signUpBy, test } from './kit'

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
