import type { Page } from '@playwright/test'
import { emailOf, expect, PASSWORD, Person, signUpBy, test } from './kit'
import { noLimits } from './server'

async function fillIn(page: Page, fields: Record<string, string>) {
  for (const [label, value] of Object.entries(fields)) await page.getByLabel(label, { exact: true }).fill(value)
}

test('someone new makes an account, signs out and in again', async ({ visit, server }) => {
  const page = await visit()
  await page.goto('/')
  await expect(page).toHaveURL(/\/sign-in/)
  await expect(page).toHaveTitle('Sign in · Snug')
  await page.getByRole('link', { name: 'Create an account' }).click()
  await expect(page).toHaveTitle('Create an account · Snug')
  await fillIn(page, { Name: 'Ada', 'E-mail': emailOf('Ada'), Password: PASSWORD })
  await page.getByRole('button', { name: 'Create account' }).click()

  const ada = new Person('Ada', page, server)
  await ada.inRoom()
  await expect(page).toHaveURL(/\/rooms\/global$/)
  await expect(page).toHaveTitle('#global · Snug')
  await expect(ada.composer).toBeFocused()
  await ada.post('the first words')
  await expect(ada.posted('the first words')).toBeVisible()

  await ada.openAccountMenu()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await expect(page).toHaveURL(/\/sign-in/)
  await page.goto('/rooms/global')
  await expect(page).toHaveURL(/\/sign-in/)
  await expect(page.getByText('the first words')).toHaveCount(0)

  await fillIn(page, { 'E-mail': emailOf('Ada').toUpperCase(), Password: PASSWORD })
  await page.getByRole('button', { name: 'Sign in' }).click()
  await ada.inRoom()
  await expect(ada.posted('the first words')).toBeVisible()
})

test.describe('refusals', () => {
  test.use({ provoked: { errors: [/status of (401|422)/] } })

  test('a wrong password is said in words, and what was typed stays', async ({ visit }) => {
    const page = await visit()
    await signUpBy(page, 'Ada')
    await page.context().clearCookies()
    await page.goto('/sign-in')
    for (const email of [emailOf('Ada'), emailOf('Nobody')]) {
      await fillIn(page, { 'E-mail': email, Password: 'not this one' })
      await page.getByRole('button', { name: 'Sign in' }).click()
      await expect(page.getByRole('alert')).toHaveText('Wrong e-mail or password.')
      await expect(page.getByLabel('E-mail')).toHaveValue(email)
    }
    await fillIn(page, { 'E-mail': emailOf('Ada'), Password: PASSWORD })
    await page.getByLabel('Password', { exact: true }).press('Enter')
    await expect(page.getByRole('textbox', { name: 'Message #global' })).toBeVisible()
  })

  test('an address that is taken is said to be', async ({ visit }) => {
    const page = await visit()
    await signUpBy(page, 'Ada')
    await page.context().clearCookies()
    await page.goto('/sign-up')
    await fillIn(page, { Name: 'Another', 'E-mail': emailOf('Ada'), Password: PASSWORD })
    await page.getByRole('button', { name: 'Create account' }).click()
    await expect(page.getByRole('alert')).toContainText('account with this e-mail already')
  })
})

test('forms say what is missing before they are sent', async ({ visit }) => {
  const page = await visit()
  await page.goto('/sign-up')
  const sent: string[] = []
  page.on('request', (request) => {
    if (request.method() === 'POST') sent.push(request.url())
  })
  await page.getByRole('button', { name: 'Create account' }).click()
  await expect(page.getByText('Enter the name that others will see.')).toBeVisible()
  await expect(page.getByText('Enter your e-mail address.')).toBeVisible()
  await expect(page.getByText('Choose a password.')).toBeVisible()
  await fillIn(page, { Name: 'Ada', 'E-mail': 'ada', Password: 'short' })
  await expect(page.getByText('That is not an e-mail address')).toBeVisible()
  await expect(page.getByText('Use at least 8 characters.')).toBeVisible()
  await expect(page.getByLabel('E-mail')).toHaveAttribute('aria-invalid', 'true')
  await page.getByRole('button', { name: 'Create account' }).click()
  expect(sent).toEqual([])
})

test.describe('with a limit on tries', () => {
  test.use({ settings: { ...noLimits, SNUG_AUTH_RATE: '2/20s' }, provoked: { errors: [/status of (401|429)/] } })

  test('too many tries are slowed down, in words that count', async ({ visit }) => {
    const page = await visit()
    await page.goto('/sign-in')
    await fillIn(page, { 'E-mail': emailOf('Nobody'), Password: 'not this one' })
    const submit = page.getByRole('button', { name: 'Sign in' })
    for (let i = 0; i < 2; i++) {
      const reply = page.waitForResponse('**/sign-in/email')
      await submit.click()
      await reply
      await expect(page.getByRole('alert')).toHaveText('Wrong e-mail or password.')
    }
    await submit.click()
    await expect(page.getByRole('alert')).toContainText(/too many|too fast|wait/i)
    await expect(page.getByRole('button', { name: /^Wait \d+/ })).toBeDisabled()
    // The count comes to its end, and the form works again.
    await expect(submit).toBeEnabled({ timeout: 40_000 })
    await submit.click()
    await expect(page.getByRole('alert')).toHaveText('Wrong e-mail or password.')
  })
})

test('signing out in one tab signs out the other at once', async ({ enter }) => {
  const ada = await enter('Ada')
  const second = await ada.page.context().newPage()
  await second.goto('/')
  await expect(second.getByRole('textbox', { name: 'Message #global' })).toBeVisible()
  await expect(ada.people).toHaveText(/1$/)
  await ada.page.bringToFront() // what lies behind is drawn but once a second
  await ada.openAccountMenu()
  await ada.page.getByRole('menuitem', { name: 'Sign out' }).click()
  await expect(second).toHaveURL(/\/sign-in/)
})

test('a link into a room leads there after signing in, and nowhere else', async ({ visit }) => {
  const page = await visit()
  await signUpBy(page, 'Ada')
  await page.context().clearCookies()
  await page.goto('/sign-in?redirect=%2F%2Fevil.example%2Fx')
  await fillIn(page, { 'E-mail': emailOf('Ada'), Password: PASSWORD })
  await page.getByRole('button', { name: 'Sign in' }).click()
  await expect(page).toHaveURL(/^http:\/\/127\.0\.0\.1:\d+\/rooms\/global$/)
})
