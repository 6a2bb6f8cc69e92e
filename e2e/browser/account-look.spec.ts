import type { BrowserContextOptions, Page } from '@playwright/test'
import { open, row, signInBy } from './account-kit'
import { expectClean } from './axe'
import { expect, PASSWORD, test } from './kit'
import { halves } from './pictures'
import { noLimits } from './server'

// How the account looks and is reached: on screens of all kinds, by keyboard, by guests.

const modes: [string, BrowserContextOptions][] = [
  ['light', { colorScheme: 'light', reducedMotion: 'reduce' }],
  ['dark', { colorScheme: 'dark', reducedMotion: 'reduce' }],
  ['phone', { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, reducedMotion: 'reduce' }],
]

test.describe('axe', () => {
  // The network is away at the end.
  test.use({ provoked: { errors: [/net::ERR_FAILED/] } })

  for (const [mode, options] of modes) test(`finds nothing in the account: ${mode}`, async ({ enter, visit }) => {
    const ada = await enter('Ada With A Rather Long Name For Such A Narrow Screen', options)
    const { page } = ada
    const other = await visit()
    await signInBy(other, ada.email)
    await page.goto('/account')
    await expect(page.getByRole('navigation', { name: 'Account' })).toBeVisible()
    await expectClean(page)
    await fits(page)

    await open(ada, 'profile', 'Profile')
    await expect(page.getByText('Not confirmed')).toBeVisible()
    await expectClean(page)
    await fits(page)
    await page.getByLabel('Choose a picture').setInputFiles({ name: 'halves.png', mimeType: 'image/png', buffer: halves(60, 30) })
    await expect(page.getByTestId('crop')).toBeVisible()
    await expectClean(page)
    await fits(page)
    await page.keyboard.press('Escape')
    await expect(page.getByTestId('crop')).toHaveCount(0)
    await dialogOf(page, 'Change')

    await open(ada, 'sign-in', 'Ways to sign in')
    await expect(page.getByText('Authenticator app')).toBeVisible()
    await expectClean(page)
    await fits(page)
    await dialogOf(page, 'Change')
    await page.getByRole('button', { name: 'Turn on' }).click()
    await page.getByLabel('Your password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Go on' }).click()
    await expect(page.getByRole('img', { name: /QR code/ })).toBeVisible()
    await expectClean(page)
    await fits(page)
    await page.keyboard.press('Escape')

    await open(ada, 'devices', 'Devices')
    await expect(page.getByRole('button', { name: 'Sign out all others' })).toBeVisible()
    await expectClean(page)
    await fits(page)
    await dialogOf(page, 'Sign out everywhere')

    await open(ada, 'tokens', 'API tokens')
    await expect(page.getByText('No tokens yet')).toBeVisible()
    await expectClean(page)
    await page.getByRole('button', { name: 'New token' }).click()
    await page.getByLabel('Name', { exact: true }).fill('A name that is long: '.repeat(3))
    await expectClean(page)
    await fits(page)
    await page.getByRole('button', { name: 'Make token' }).click()
    await expect(page.getByRole('group', { name: 'Token', exact: true })).toBeVisible()
    await expectClean(page)
    await fits(page)
    await page.getByRole('button', { name: 'Done' }).click()
    await expect(page.getByRole('dialog')).toHaveCount(0)
    await expectClean(page)
    await fits(page)

    await open(ada, 'invitations', 'Invitations')
    await expect(page.getByText('No open invitations')).toBeVisible()
    await expectClean(page)
    await dialogOf(page, 'Invite')

    await open(ada, 'data', 'Your data')
    await expectClean(page)
    await fits(page)
    await dialogOf(page, 'Delete account')

    await page.route('**/api/account/tokens', (route) => route.abort())
    await page.route('**/api/account', (route) => route.abort())
    await open(ada, 'tokens', 'API tokens')
    await expect(page.getByRole('alert')).toContainText("Can't reach the server.")
    await expectClean(page)
    await page.unroute('**/api/account/tokens')
    await page.getByRole('button', { name: 'Try again' }).click()
    await expect(row(page, 'A name that is long')).toBeVisible()
  })
})

async function dialogOf(page: Page, button: string): Promise<void> {
  await page.getByRole('button', { name: button, exact: true }).click()
  await expect(page.locator('[role=dialog], [role=alertdialog]')).toBeVisible()
  await expectClean(page)
  await fits(page)
  await page.keyboard.press('Escape')
  await expect(page.locator('[role=dialog], [role=alertdialog]')).toHaveCount(0)
}

/** The page doesn't scroll sideways, and neither does what is in it. */
async function fits(page: Page): Promise<void> {
  await expect.poll(() => page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('html, main, main > div, [role=dialog], [role=alertdialog]')]
      .filter((e) => e.clientWidth > 0 && e.scrollWidth > e.clientWidth)
      .map((e) => `${e.tagName}.${e.className}: ${e.scrollWidth} in ${e.clientWidth}`),
  )).toEqual([])
}

test('the account works by keyboard, in either direction of writing', async ({ enter }) => {
  const ada = await enter('Ada')
  const { page } = ada
  await open(ada, 'profile', 'Profile')
  // From the skip link to the page.
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await expect(page.locator('#main')).toBeFocused()
  const links = page.getByRole('navigation', { name: 'Account' }).getByRole('link')
  await links.first().focus()
  for (let i = 1; i < 4; i++) await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 1, name: 'Devices' })).toBeVisible()
  await expect(links.nth(3)).toBeFocused()

  await page.getByRole('button', { name: 'Sign out everywhere' }).focus()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('alertdialog')).toBeVisible()
  // What can't be undone isn't what a hasty Enter does.
  await expect(page.getByRole('alertdialog').getByRole('button', { name: 'Sign out' })).not.toBeFocused()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('button', { name: 'Sign out everywhere' })).toBeFocused()

  await page.evaluate(() => (document.documentElement.dir = 'rtl'))
  await fits(page)
  await expectClean(page)
})

test('on a phone the list opens pages, and back leads to it', async ({ enter }) => {
  const ada = await enter('Ada', { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true })
  const { page } = ada
  await ada.openAccountMenu()
  await page.getByRole('menuitem', { name: 'Account' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Account' })).toBeVisible()
  await page.getByRole('link', { name: /^Devices/ }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Devices' })).toBeFocused()
  await page.getByRole('link', { name: 'Back to account' }).click()
  await expect(page.getByRole('heading', { level: 1, name: 'Account' })).toBeVisible()
  await page.getByRole('link', { name: /^Profile/ }).click()
  await expect(page.getByText('E-mail address', { exact: true })).toBeVisible()
  // Everything is large enough for a thumb.
  expect(await page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('main button, main a[href], main input:not([type=file])')]
      .map((e) => ({ e, r: e.getBoundingClientRect() }))
      .filter(({ r }) => r.width > 1 && (r.width < 44 || r.height < 44))
      .map(({ e, r }) => `${e.textContent}: ${r.width.toFixed(0)} × ${r.height.toFixed(0)}`),
  )).toEqual([])
  await page.goBack()
  await expect(page.getByRole('heading', { level: 1, name: 'Account' })).toBeVisible()
  // Turned, or unfolded: the list has a page beside it.
  await page.setViewportSize({ width: 1000, height: 740 })
  await expect(page.getByRole('heading', { level: 1, name: 'Profile' })).toBeVisible()
  await page.setViewportSize({ width: 360, height: 740 })
  await page.getByRole('link', { name: 'Back to account' }).click()
  await page.getByRole('link', { name: 'Back to the rooms' }).click()
  await ada.inRoom()
})

test.describe('guests', () => {
  test.use({ settings: { ...noLimits, SNUG_GUESTS: 'true' } })

  test('see what makes sense for them, and the way to an account', async ({ visit }) => {
    const page = await visit()
    const reply = await page.context().request.post('/api/auth/sign-in/anonymous', { data: {} })
    expect(reply.ok(), await reply.text()).toBe(true)
    await page.goto('/account/profile')
    await expect(page.getByText('You are a guest. Make an account to keep your name.').first()).toBeVisible()
    const list = page.getByRole('navigation', { name: 'Account' }).getByRole('link')
    await expect(list).toHaveCount(4)
    await expect(page.getByText('E-mail address')).toHaveCount(0)
    await expectClean(page)
    await page.getByRole('link', { name: 'Make an account' }).first().click()
    await expect(page).toHaveURL(/\/sign-up/)
    await expect(page.getByRole('button', { name: 'Create account' })).toBeVisible()
  })
})
