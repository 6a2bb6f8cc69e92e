import type { Locator, Page } from '@playwright/test'
import { signInBy, toast } from './account-kit'
import { expectClean } from './axe'
import { button, fill, inRoom, post } from './entry'
import { emailOf, expect, PASSWORD, signUpBy, test } from './kit'
import { noLimits } from './server'

// A server meets its owner, and then those who come.

const { SNUG_SERVER_NAME: _, ...unnamed } = noLimits
test.use({ settings: unnamed, provoked: { errors: [/status of 400 .*\/api\/server\)/] } })

const NAME = 'The Corner Table'

/** Makes an account by the form. */
async function signUp(page: Page, name: string): Promise<void> {
  await fill(page, { Name: name, 'E-mail': emailOf(name), Password: PASSWORD })
  await button(page, 'Create account').click()
  await inRoom(page)
}

const dialog = (page: Page): Locator => page.getByRole('dialog')

const step = (page: Page, title: string): Locator => dialog(page).getByRole('heading', { name: title })

/** Once nothing greets them the page remembers it: from then on nothing will. */
async function ungreeted(page: Page): Promise<void> {
  await expect.poll(() => page.evaluate(() => localStorage.getItem('snug:greeted'))).not.toBeNull()
  await expect(dialog(page)).toHaveCount(0)
  await expect(page.getByRole('region', { name: /^(This place is yours|Welcome to)/ })).toHaveCount(0)
}

/** Presses what ends the greeting, and waits until the server has it: other devices ask there. */
async function putAway(page: Page, name: string): Promise<void> {
  const kept = page.waitForResponse((r) => r.url().endsWith('/api/greeting/setup') && r.request().method() === 'PUT')
  await button(page, name).click()
  expect((await kept).ok()).toBe(true)
}

async function openMenu(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: `Account: ${name}` }).filter({ visible: true }).click()
  await expect(page.getByRole('menuitem', { name: 'Sign out' })).toBeVisible()
}

test('an owner names the place, makes rooms and invites people', async ({ visit, server }) => {
  const page = await visit({ permissions: ['clipboard-read', 'clipboard-write'] })
  await page.goto('/sign-up')
  await signUp(page, 'Olga')
  await expect(step(page, 'What is this place called?')).toBeVisible()
  const name = dialog(page).getByLabel('Name')
  await name.fill('a\u202Eb')
  await button(page, 'Next').click()
  await expect(dialog(page).getByRole('alert')).toContainText("name must be one line, without characters that are invisible")
  await name.fill(`  ${NAME} `)
  await dialog(page).getByLabel('What is it? (optional)').fill('For the people of Mill Lane')
  await expectClean(page)
  await button(page, 'Next').click()

  await expect(step(page, 'Its first rooms')).toBeFocused()
  await expect(page.locator('aside').getByText(NAME)).toHaveCount(1)
  await expect(page).toHaveTitle(`#global · ${NAME}`)
  await dialog(page).getByText('Announcements', { exact: true }).click()
  await dialog(page).getByLabel('Name of the room').fill('News')
  await dialog(page).getByText('Help', { exact: true }).click()
  await expectClean(page)
  await button(page, 'Make 2 rooms').click()

  await expect(step(page, 'Bring your people')).toBeFocused()
  await button(page, 'Make a link').click()
  const link = dialog(page).getByRole('group', { name: 'Link' })
  await expect(link).toContainText('/invite/')
  await expect(dialog(page).getByRole('img', { name: 'The link, for the camera of a phone' })).toBeVisible()
  await expect(dialog(page).getByLabel('Or by e-mail')).toHaveCount(0)
  await button(page, 'Copy link').click()
  const url = (await link.textContent()) ?? ''
  await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(url)
  await expectClean(page)
  await putAway(page, 'Done')
  await ungreeted(page)
  await expect(page.getByRole('textbox', { name: 'Message #global' })).toBeFocused()
  for (const room of ['News', 'Help']) await expect(page.getByRole('navigation', { name: 'Rooms' }).getByRole('link', { name: room })).toBeVisible()
  await openMenu(page, 'Olga')
  await expect(page.getByRole('menuitem', { name: 'Set up this place' })).toHaveCount(0)

  // Nothing of it comes back, here or elsewhere.
  await page.reload()
  await inRoom(page)
  await ungreeted(page)
  const other = await visit()
  await signInBy(other, emailOf('Olga'))
  await other.goto('/')
  await inRoom(other)
  await ungreeted(other)

  // Those who come are told where they are.
  const guest = await visit()
  await guest.goto(url)
  await expect(guest).toHaveTitle(`You are invited · ${NAME}`)
  await expect(guest.getByText('For the people of Mill Lane')).toBeVisible()
  await guest.goto('/sign-in')
  await expect(guest).toHaveTitle(`Sign in · ${NAME}`)
  await expect(guest.getByText(NAME)).toBeVisible()
  const manifest: unknown = await (await guest.request.get('/manifest.webmanifest')).json()
  expect(manifest).toMatchObject({ name: NAME, short_name: NAME, description: 'For the people of Mill Lane' })
  expect(await (await guest.request.get(`${server.url}/`)).text()).toContain(`<title>${NAME}</title>`)
})

test('what is left is found again, on any device, until it is put away', async ({ visit }) => {
  const page = await visit()
  await page.goto('/sign-up')
  await signUp(page, 'Olga')
  await expect(step(page, 'What is this place called?')).toBeVisible()
  await page.keyboard.press('Escape')
  const card = page.getByRole('region', { name: 'This place is yours' })
  await expect(card).toBeVisible()
  await expect(dialog(page)).toHaveCount(0)
  await expectClean(page)

  const other = await visit({ viewport: { width: 360, height: 740 } })
  await signInBy(other, emailOf('Olga'))
  await other.goto('/')
  await inRoom(other)
  await expect(other.getByRole('region', { name: 'This place is yours' })).toBeVisible()
  await expect(dialog(other)).toHaveCount(0)
  await expectClean(other)
  await other.getByRole('link', { name: 'All rooms' }).click()
  await openMenu(other, 'Olga')
  await other.getByRole('menuitem', { name: 'Set up this place' }).click()
  await expect(step(other, 'What is this place called?')).toBeVisible()
  await expectClean(other)
  await button(other, 'Skip').click()
  await expect(step(other, 'Its first rooms')).toBeVisible()
  await expectClean(other)
  await button(other, 'Back').click()
  await expect(step(other, 'What is this place called?')).toBeFocused()
  await button(other, 'Go on later').click()
  await expect(dialog(other)).toHaveCount(0)

  await card.getByRole('button', { name: 'Set it up' }).click()
  await expect(step(page, 'What is this place called?')).toBeVisible()
  await putAway(page, "Don't show this again")
  await ungreeted(page)
  await other.goto('/')
  await inRoom(other)
  await ungreeted(other)
})

test('each step can be skipped', async ({ visit }) => {
  const page = await visit()
  await page.goto('/sign-up')
  await signUp(page, 'Olga')
  for (const title of ['What is this place called?', 'Its first rooms']) {
    await expect(step(page, title)).toBeVisible()
    await button(page, 'Skip').click()
  }
  await expect(step(page, 'Bring your people')).toBeVisible()
  await button(page, 'Done').click()
  await ungreeted(page)
  await expect(page).toHaveTitle('#global · Snug')
  await expect(page.getByRole('navigation', { name: 'Rooms' }).locator('[data-room]')).toHaveCount(1)
})

test.describe('a name that whoever runs the server has set', () => {
  test.use({ settings: { ...unnamed, SNUG_SERVER_NAME: 'Work' } })

  test('stays, and the owner is told so', async ({ visit }) => {
    const page = await visit()
    await page.goto('/sign-up')
    await expect(page).toHaveTitle('Create an account · Work')
    await signUp(page, 'Olga')
    await page.getByRole('region', { name: 'This place is yours' }).getByRole('button', { name: 'Set it up' }).click()
    await expect(step(page, 'Its first rooms')).toBeVisible()
    await button(page, 'Back').click()
    await expect(dialog(page).getByLabel('Name')).toHaveJSProperty('readOnly', true)
    await expect(dialog(page).getByLabel('Name')).toHaveValue('Work')
    await expect(dialog(page).getByText('Whoever runs the server has set the name')).toBeVisible()
    await dialog(page).getByLabel('What is it? (optional)').fill('Where we work')
    await button(page, 'Next').click()
    await expect(step(page, 'Its first rooms')).toBeFocused()
  })
})

test.describe('somebody new', () => {
  test('is told where they are and what to do first, until they do it', async ({ visit, server }) => {
    const owner = await visit()
    await signUpBy(owner, 'Olga')
    const named = await owner.request.patch('/api/server', { data: { name: NAME, description: 'For the people of Mill Lane' } })
    expect(named.ok(), await named.text()).toBe(true)
    const { url } = await post(owner, server, '/api/account/invites', { uses: 5 })

    const page = await visit()
    await page.goto(String(url))
    await page.getByRole('link', { name: 'Create your account' }).click()
    await signUp(page, 'Nora')
    const card = page.getByRole('region', { name: `Welcome to ${NAME}` })
    await expect(card).toContainText('For the people of Mill Lane')
    await expect(card).toContainText('Olga invited you.')
    await expect(card.getByRole('link', { name: 'Browse rooms' })).toHaveAttribute('href', '/browse')
    await expect(card.getByRole('link', { name: 'Set a picture' })).toHaveAttribute('href', '/account/profile')
    await expectClean(page)
    await card.getByRole('button', { name: 'Say hello' }).click()
    const composer = page.getByRole('textbox', { name: 'Message #global' })
    await expect(composer).toBeFocused()
    await page.reload()
    await inRoom(page)
    await expect(card).toBeVisible()
    await composer.fill('Hello')
    await composer.press('Enter')
    await expect(card).toHaveCount(0)
    await expect(composer).toBeFocused()
    await ungreeted(page)
  })

  test('can put it away, on all their devices, and sees it on a phone', async ({ visit }) => {
    await signUpBy(await visit(), 'Olga')
    const page = await visit({ viewport: { width: 360, height: 740 }, colorScheme: 'dark' })
    await page.goto('/sign-up')
    await signUp(page, 'Nora')
    const card = page.getByRole('region', { name: 'Welcome to Snug' })
    await expect(card).toContainText('Good to have you here.')
    await expectClean(page)
    const other = await visit()
    await signInBy(other, emailOf('Nora'))
    await other.goto('/')
    await expect(other.getByRole('region', { name: 'Welcome to Snug' })).toBeVisible()
    await card.getByRole('button', { name: "Don't show this again" }).click()
    await expect(card).toHaveCount(0)
    await expect(page.getByRole('textbox', { name: 'Message #global' })).toBeFocused()
    await ungreeted(page)
    await other.reload()
    await inRoom(other)
    await ungreeted(other)
  })
})

test('the place is renamed among the pages of the account, by those who may', async ({ visit, enter }) => {
  const olga = await enter('Olga')
  const bob = await enter('Bob')
  await olga.page.goto('/account/place')
  await expect(olga.page.getByRole('heading', { level: 1, name: 'This place' })).toBeVisible()
  const save = olga.page.getByRole('button', { name: 'Save' })
  await expect(save).toBeDisabled()
  await olga.page.getByLabel('Name', { exact: true }).fill(NAME)
  await save.click()
  await toast(olga.page, 'Saved')
  await expect(olga.page).toHaveTitle(`This place · ${NAME}`)
  await expectClean(olga.page)
  await olga.page.goto('/moderation')
  await olga.page.getByText('Audit log').click()
  await expect(olga.page.getByText(`named the server “${NAME}”`)).toBeVisible()

  await bob.page.goto('/account')
  await expect(bob.page).toHaveTitle(`Profile · ${NAME}`)
  await expect(bob.page.getByRole('link', { name: 'Devices' })).toBeVisible()
  await expect(bob.page.getByRole('link', { name: 'This place' })).toHaveCount(0)
  const late = await visit()
  await late.goto('/sign-in')
  await expect(late).toHaveTitle(`Sign in · ${NAME}`)
})
