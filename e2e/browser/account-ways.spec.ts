import type { Page } from '@playwright/test'
import { row } from './account-kit'
import { expect, PASSWORD, signUpBy } from './kit'
import { test } from './provider'

// What an account is reached by, with another site and the links of mails in it.

const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name })

test('another account is connected, signs in, and is disconnected', async ({ visit, issuer }) => {
  const page = await visit()
  await signUpBy(page, 'Ada')
  await page.goto('/account/sign-in')
  await page.getByRole('button', { name: 'Connect Acme' }).click()
  await issuer.signIn(page, 'ada')
  await expect(heading(page, 'Ways to sign in')).toBeVisible()
  await expect(page.getByText('Acme is connected')).toBeVisible()
  await expect(row(page, 'Acme')).toContainText('Connected since')
  await expect(page).toHaveURL(/\/account\/sign-in$/)

  await page.getByRole('button', { name: 'Disconnect Acme' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Disconnect' }).click()
  await expect(page.getByText('Acme is disconnected')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Connect Acme' })).toBeVisible()
  await expect(page.getByRole('heading', { name: 'Connected accounts' })).toBeFocused()
})

test('an account that is somebody else’s is not connected, in words', async ({ visit, issuer }) => {
  const page = await visit()
  await signUpBy(page, 'Ada')
  await page.goto('/account/sign-in')
  await page.getByRole('button', { name: 'Connect Acme' }).click()
  await issuer.signIn(page, 'carl')
  await expect(page.getByRole('alert')).toContainText('Nothing was connected. That account has another e-mail address')
  await expect(page.getByRole('button', { name: 'Connect Acme' })).toBeVisible()
})

test('who has no password gets one by a link, and needs none until then', async ({ visit, issuer, server }) => {
  const page = await visit()
  await page.goto('/sign-in')
  await page.getByRole('button', { name: 'Continue with Acme' }).click()
  await issuer.signIn(page, 'bob')
  await expect(page.getByRole('textbox', { name: 'Message #global' })).toBeVisible()
  await page.goto('/account/sign-in')
  await expect(page.getByText('No password')).toBeVisible()
  await expect(row(page, 'Acme')).toContainText('Your only way to sign in.')
  await expect(page.getByRole('button', { name: 'Disconnect Acme' })).toHaveCount(0)

  // A session that has just begun stands in for a password.
  await page.getByRole('button', { name: 'Turn on' }).click()
  const dialog = page.getByRole('dialog')
  await expect(dialog.getByLabel('Your password')).toHaveCount(0)
  await dialog.getByRole('button', { name: 'Go on' }).click()
  await expect(dialog.getByRole('img', { name: /QR code/ })).toBeVisible()
  await dialog.getByRole('button', { name: 'Cancel' }).click()

  await page.goto('/account/data')
  await page.getByRole('button', { name: 'Delete account' }).click()
  const sure = page.getByRole('alertdialog')
  await sure.getByLabel('Your e-mail address').fill('carl@example.org')
  await sure.getByRole('button', { name: 'Delete account' }).click()
  await expect(sure.getByText('Enter bob@example.org, to be sure.')).toBeVisible()
  await page.keyboard.press('Escape')

  await page.goto('/account/sign-in')
  await page.getByRole('button', { name: 'Make the link' }).click()
  await expect(page.getByText('This server sends no mail: the link is in its log.')).toBeVisible()
  await page.goto(await server.link('reset-password'))
  await page.getByLabel('New password', { exact: true }).fill(PASSWORD)
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 1 })).not.toHaveText(/choose/i)
  const reply = await page.context().request.post('/api/auth/sign-in/email', { data: { email: 'bob@example.org', password: PASSWORD }, headers: { Origin: server.url } })
  expect(reply.ok(), await reply.text()).toBe(true)
  await page.goto('/account/sign-in')
  await expect(page.getByText('You have one')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Disconnect Acme' })).toBeVisible()
})

test('an address is confirmed, then changed by two links', async ({ visit, server }) => {
  const page = await visit()
  await signUpBy(page, 'Ada')
  await page.goto('/account/profile')
  await expect(page.getByText('Not confirmed')).toBeVisible()
  await page.getByRole('button', { name: 'Make the link' }).click()
  await expect(page.getByRole('status').filter({ hasText: 'This server sends no mail: the link is in its log.' })).toBeVisible()
  const confirmation = await server.link('verify-email')
  await page.goto(confirmation)
  await expect(page.getByRole('heading', { name: 'Your e-mail is confirmed' })).toBeVisible()
  await page.getByRole('button', { name: 'Go on' }).click()
  await expect(page).toHaveURL(/\/account\/profile$/)
  await expect(page.getByText('Confirmed', { exact: true })).toBeVisible()

  await page.getByRole('button', { name: 'Change', exact: true }).click()
  await expect(page.getByText('Both addresses get a mail.')).toBeVisible()
  await page.getByLabel('New e-mail address').fill('byron@example.org')
  await page.getByRole('button', { name: 'Change address' }).click()
  await expect(page.getByText('This server sends no mail: the links are in its log.')).toBeVisible()
  await page.getByRole('button', { name: 'Done' }).click()
  // Links are made after the answers.
  await expect.poll(() => server.link('verify-email')).not.toBe(confirmation)
  const first = await server.link('verify-email')
  await page.goto(first)
  await expect.poll(() => server.link('verify-email')).not.toBe(first)
  await page.goto(await server.link('verify-email'))
  await page.goto('/account/profile')
  await expect(page.locator('main section').getByText('byron@example.org')).toBeVisible()
})
