import type { BrowserContextOptions, Page } from '@playwright/test'
import { button, fill, signInBy } from './entry'
import { expectClean } from './axe'
import { expect, test } from './kit'
import { noLimits } from './server'

// The pages for those who aren't signed in, as pages.

test.describe('the page', () => {
  test.use({ settings: { ...noLimits, SNUG_GITHUB_CLIENT_ID: 'id', SNUG_GITHUB_CLIENT_SECRET: 'secret', SNUG_GUESTS: 'true' } })

  test('is gone through by Tab in the order that it is read in', async ({ visit }) => {
    const page = await visit()
    await page.goto('/sign-in')
    // While it isn't known what there is to choose, another heading of that name has the focus.
    await expect(button(page, 'Continue with GitHub')).toBeVisible()
    await expect(page.getByRole('heading', { name: 'Sign in' })).toBeFocused()
    const passed: string[] = []
    for (let i = 0; i < 8; i++) {
      await page.keyboard.press('Tab')
      passed.push(await page.evaluate(() => {
        const e = document.activeElement
        if (!(e instanceof HTMLElement)) return ''
        const name = e.ariaLabel ?? (e instanceof HTMLInputElement ? e.labels?.[0]?.textContent : e.textContent)
        return name?.replace(/\s+/g, ' ').trim() ?? ''
      }))
    }
    expect(passed).toEqual([
      'Continue with GitHub', 'E-mail', 'Password', 'Show password', 'Forgot your password?', 'Sign in', 'Come in as a guest', 'Create an account',
    ])
  })

  test('does not jump while it comes', async ({ visit }) => {
    const page = await visit()
    await page.addInitScript(() => {
      let shift = 0
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) shift += Number(Reflect.get(entry, 'value'))
        Reflect.set(globalThis, 'shift', shift)
      }).observe({ type: 'layout-shift', buffered: true })
    })
    for (const delay of [0, 700]) {
      await page.route('**/api/account/options', async (route) => {
        await new Promise((resolve) => setTimeout(resolve, delay))
        await route.continue()
      })
      await page.goto('/sign-in?error=access_denied')
      await expect(button(page, 'Continue with GitHub')).toBeVisible()
      await page.evaluate(() => document.fonts.ready.then(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))))
      expect(await page.evaluate(() => Number(Reflect.get(globalThis, 'shift') ?? 0)), `after ${delay} ms`).toBeLessThan(0.02)
      await page.unroute('**/api/account/options')
    }
  })
})

test.describe('a server that is away', () => {
  test.use({ provoked: { errors: [/net::ERR_FAILED/] } })

  test('is said to be, and asked again', async ({ visit }) => {
    const page = await visit()
    let away = true
    await page.route('**/api/**', (route) => (away ? route.abort() : route.continue()))
    await page.goto('/sign-in')
    await expect(page.getByRole('alert')).toContainText("Can't reach the server.")
    away = false
    await button(page, 'Try again').click()
    await expect(button(page, 'Sign in')).toBeVisible()
    away = true
    await signInBy(page, 'Ada')
    await expect(page.getByRole('alert')).toContainText("Can't reach the server.")
  })
})

const views: [string, string, (page: Page) => Promise<void>][] = [
  ['/sign-in?error=access_denied', 'Sign in', async () => {}],
  ['/sign-up', 'Create an account', async () => {}],
  ['/forgot-password', 'Forgot your password?', async (page) => {
    await fill(page, { 'E-mail': `a.very.${'long.'.repeat(12)}address@example.org` })
    await button(page, 'Send the link').click()
    await expect(page.getByRole('heading', { name: 'One step more' })).toBeVisible()
  }],
  ['/reset-password?token=x', 'Choose a new password', async (page) => button(page, 'Set the password').click()],
  ['/reset-password?error=INVALID_TOKEN', "That didn't work", async () => {}],
  ['/verify-email', 'Your e-mail is confirmed', async () => {}],
  ['/verify-email?error=token_expired', 'Not confirmed yet', async () => {}],
  ['/magic-link?token=x', 'One press, and you are in', async () => {}],
  ['/magic-link', "That didn't work", async () => {}],
  ['/two-factor', 'One step more', async (page) => button(page, 'Go on').click()],
  ['/invite/nothing', "That didn't work", async () => {}],
]

const modes: [string, BrowserContextOptions][] = [
  ['light', { colorScheme: 'light', reducedMotion: 'reduce' }],
  ['dark', { colorScheme: 'dark', reducedMotion: 'reduce' }],
  ['phone', { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, reducedMotion: 'reduce' }],
]

for (const [mode, options] of modes) {
  test.describe(mode, () => {
    test.use({
      settings: {
        ...noLimits, SNUG_GUESTS: 'true', SNUG_GITHUB_CLIENT_ID: 'id', SNUG_GITHUB_CLIENT_SECRET: 'secret',
        SNUG_GOOGLE_CLIENT_ID: 'id', SNUG_GOOGLE_CLIENT_SECRET: 'secret', SNUG_TWITTER_CLIENT_ID: 'id', SNUG_TWITTER_CLIENT_SECRET: 'secret',
      },
      provoked: { errors: [/status of 404/] },
    })

    test('axe finds nothing, nothing overflows, and each page has its name', async ({ visit }) => {
      const page = await visit(options)
      for (const [path, title, step] of views) {
        await page.goto(path)
        await expect(page.getByRole('heading', { level: 1, name: title })).toBeVisible()
        await expect(page).toHaveTitle(`${title} · Snug`)
        await expect(page.getByRole('status').filter({ hasText: 'Loading' })).toHaveCount(0)
        for (const what of [path, `${path}, one step on`]) {
          if (what !== path) await step(page)
          await expectClean(page, what)
          for (const dir of ['ltr', 'rtl']) {
            const over = await page.evaluate((d) => {
              document.documentElement.dir = d
              return document.documentElement.scrollWidth - document.documentElement.clientWidth
            }, dir)
            expect(over, `${what} ${dir}`).toBe(0)
          }
          await page.evaluate(() => document.documentElement.removeAttribute('dir'))
        }
      }
    })
  })
}
