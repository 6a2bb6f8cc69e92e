import { createHmac } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { deflateSync } from 'node:zlib'
import type { BrowserContextOptions, Locator, Page } from '@playwright/test'
import { expectClean } from './axe'
import { emailOf, expect, PASSWORD, Person, signUpBy, test } from './kit'
import { noLimits } from './server'

// What people do with their account, at the real server.

const OTHER_PASSWORD = 'battery horse correct'

async function open(person: Person, section: string, title: string): Promise<void> {
  await person.page.goto(`/account/${section}`)
  await expect(person.page.getByRole('heading', { level: 1, name: title })).toBeVisible()
}

async function toast(page: Page, title: string | RegExp): Promise<void> {
  await expect(page.getByRole('region', { name: /notifications/i }).getByText(title).first()).toBeVisible()
}

/** A sign-in by the form, in a browser of its own. */
async function signIn(page: Page, email: string, password: string): Promise<void> {
  await page.goto('/sign-in')
  await page.getByLabel('E-mail', { exact: true }).fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByLabel('Password', { exact: true }).press('Enter')
}

async function signInBy(page: Page, email: string): Promise<void> {
  const reply = await page.context().request.post('/api/auth/sign-in/email', { data: { email, password: PASSWORD } })
  expect(reply.ok(), await reply.text()).toBe(true)
}

test.describe('the profile', () => {
  test('a new name shows at once, here and to others', async ({ enter }) => {
    const ada = await enter('Ada')
    const bob = await enter('Bob')
    await ada.openAccountMenu()
    await ada.page.getByRole('menuitem', { name: 'Account' }).click()
    await expect(ada.page).toHaveURL(/\/account\/profile$/)
    await expect(ada.page.getByRole('heading', { level: 1, name: 'Profile' })).toBeVisible()

    const save = ada.page.getByRole('button', { name: 'Save' })
    await expect(save).toBeDisabled()
    await ada.page.getByLabel('Name', { exact: true }).fill('  ')
    await save.click()
    await expect(ada.page.getByText('Enter the name that others will see.')).toBeVisible()
    await ada.page.getByLabel('Name', { exact: true }).fill('Ada Lovelace')
    await save.click()
    await toast(ada.page, 'Name saved')
    await expect(ada.page.getByRole('button', { name: 'Account: Ada Lovelace' })).toBeVisible()

    await bob.people.click()
    await expect(bob.page.getByRole('list', { name: 'People here' })).toContainText('Ada Lovelace')
    await bob.page.keyboard.press('Escape')
    await ada.page.getByRole('link', { name: 'global' }).click()
    await expect(ada.composer).toBeVisible()
    await ada.post('by my new name')
    await expect(bob.posted('by my new name')).toContainText('Ada Lovelace')
    await ada.page.reload()
    await expect(ada.page.getByRole('button', { name: 'Account: Ada Lovelace' })).toBeVisible()
  })

  test('a picture is cut, uploaded, shown everywhere and removed', async ({ enter }) => {
    const ada = await enter('Ada')
    const bob = await enter('Bob')
    await open(ada, 'profile', 'Profile')
    const { page } = ada

    const chooser = page.waitForEvent('filechooser')
    await page.getByRole('button', { name: 'Choose a picture' }).click()
    await (await chooser).setFiles({ name: 'halves.png', mimeType: 'image/png', buffer: halves(600, 300) })
    const crop = page.getByTestId('crop')
    await expect(crop).toBeVisible()
    await crop.focus()
    // Far to the right: only the blue half is kept.
    for (let i = 0; i < 30; i++) await page.keyboard.press('ArrowRight')
    await page.keyboard.press('+')
    await page.keyboard.press('-')
    await page.getByRole('button', { name: 'Use this picture' }).click()
    await toast(page, 'New picture saved')
    await expect(crop).toHaveCount(0)
    await expect(page.getByRole('button', { name: 'Change picture' })).toBeFocused()
    const picture = page.locator('main section img')
    await expect(picture).toBeVisible()
    expect(await middleOf(picture)).toEqual('blue')
    await expect(page.getByRole('button', { name: 'Account: Ada' }).locator('img')).toBeVisible()

    await page.getByRole('link', { name: 'global' }).click()
    await ada.post('with a face')
    await expect(ada.posted('with a face').locator('img')).toBeVisible()
    await expect(bob.posted('with a face').locator('img')).toBeVisible()

    await open(ada, 'profile', 'Profile')
    await page.getByRole('button', { name: 'Remove' }).click()
    await toast(page, 'Picture removed')
    await expect(page.locator('img')).toHaveCount(0)
    await page.reload()
    await expect(page.getByRole('button', { name: 'Choose a picture' })).toBeVisible()
    await expect(page.locator('img')).toHaveCount(0)
  })

  test('a kind of picture that the server does not take is drawn here', async ({ enter }) => {
    const ada = await enter('Ada')
    await open(ada, 'profile', 'Profile')
    const { page } = ada
    await page.getByLabel('Choose a picture').setInputFiles({ name: 'blue.bmp', mimeType: 'image/bmp', buffer: blueBitmap(48) })
    await expect(page.getByTestId('crop')).toBeVisible()
    await page.getByRole('button', { name: 'Use this picture' }).click()
    await toast(page, 'New picture saved')
    expect(await middleOf(page.locator('main section img'))).toEqual('blue')
  })

  test('what is no picture is said to be none', async ({ enter }) => {
    const ada = await enter('Ada')
    await open(ada, 'profile', 'Profile')
    await ada.page.getByLabel('Choose a picture').setInputFiles({ name: 'notes.png', mimeType: 'image/png', buffer: Buffer.from('no picture') })
    await expect(ada.page.getByRole('alert')).toContainText('not a picture')
  })

  test('another address is asked for in a dialog that gives the focus back', async ({ enter }) => {
    const ada = await enter('Ada')
    await open(ada, 'profile', 'Profile')
    const change = ada.page.getByRole('button', { name: 'Change', exact: true })
    await change.click()
    await ada.page.getByLabel('New e-mail address').fill(emailOf('Ada'))
    await ada.page.getByRole('button', { name: 'Change address' }).click()
    await expect(ada.page.getByText('That is your address already.')).toBeVisible()
    await ada.page.keyboard.press('Escape')
    await expect(ada.page.getByRole('dialog')).toHaveCount(0)
    await expect(change).toBeFocused()
    // One that isn't confirmed is changed at once.
    await change.click()
    await ada.page.getByLabel('New e-mail address').fill('Ada.Byron@example.org')
    await ada.page.getByRole('button', { name: 'Change address' }).click()
    await toast(ada.page, 'Address changed')
    await expect(ada.page.locator('main section').getByText('ada.byron@example.org')).toBeVisible()
    await ada.openAccountMenu()
    await expect(ada.page.getByRole('menu').getByText('ada.byron@example.org')).toBeVisible()
  })
})

test.describe('the password', () => {
  test.use({ provoked: { errors: [/status of (400|401)/, /WebSocket connection to .* failed/] } })

  test('a new one ends the other session and keeps this one', async ({ enter, visit }) => {
    const ada = await enter('Ada')
    const elsewhere = await visit()
    await signInBy(elsewhere, ada.email)
    await elsewhere.goto('/')
    await expect(elsewhere.getByRole('textbox', { name: 'Message #global' })).toBeVisible()
    // Another tab of this browser goes on, too.
    const tab = await ada.page.context().newPage()
    await tab.goto('/')
    await expect(tab.getByRole('textbox', { name: 'Message #global' })).toBeVisible()

    await open(ada, 'sign-in', 'Ways to sign in')
    await ada.page.getByRole('button', { name: 'Change', exact: true }).click()
    const dialog = ada.page.getByRole('dialog', { name: 'Change your password' })
    await expect(dialog.getByLabel('Present password')).toBeFocused()
    await dialog.getByLabel('Present password').fill('not this one')
    await dialog.getByLabel('New password').fill('short')
    await dialog.getByRole('button', { name: 'Change password' }).click()
    await expect(dialog.getByText('Use at least 8 characters.')).toBeVisible()
    await dialog.getByLabel('New password').fill(OTHER_PASSWORD)
    await dialog.getByRole('button', { name: 'Change password' }).click()
    await expect(dialog.getByRole('alert')).toContainText('Your present password is another one.')
    await expect(dialog.getByRole('checkbox', { name: 'Sign out my other devices' })).toBeChecked()
    await dialog.getByLabel('Present password').fill(PASSWORD)
    await dialog.getByRole('button', { name: 'Change password' }).click()
    await toast(ada.page, 'Password changed')
    await expect(dialog).toHaveCount(0)

    await expect(elsewhere).toHaveURL(/\/sign-in/)
    // Here it goes on, over a socket of the new session.
    await ada.page.getByRole('link', { name: 'global' }).click()
    await ada.inRoom()
    await ada.post('still here')
    await expect(ada.posted('still here')).toBeVisible()
    await expect(tab.getByRole('article').filter({ hasText: 'still here' })).toBeVisible()

    await signIn(elsewhere, ada.email, PASSWORD)
    await expect(elsewhere.getByRole('alert')).toHaveText('Wrong e-mail or password.')
    await signIn(elsewhere, ada.email, OTHER_PASSWORD)
    await expect(elsewhere.getByRole('textbox', { name: 'Message #global' })).toBeVisible()
  })
})

test.describe('devices', () => {
  const iPhone = 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1'
  const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0'

  test.use({ provoked: { errors: [/status of 401/, /WebSocket connection to .* failed/] } })

  test('are listed in words, and are signed out at once', async ({ enter, visit }) => {
    const ada = await enter('Ada')
    const phone = await visit({ userAgent: iPhone })
    const laptop = await visit({ userAgent: firefox })
    for (const page of [phone, laptop]) {
      await signInBy(page, ada.email)
      await page.goto('/')
      await expect(page.getByRole('textbox', { name: 'Message #global' })).toBeVisible()
    }
    await open(ada, 'devices', 'Devices')
    const rows = ada.page.locator('section').first().getByText(/ on /)
    await expect(rows.first()).toContainText('Chrome on')
    await expect(ada.page.getByText('This device')).toHaveCount(1)
    await expect(ada.page.getByText('Active now')).toHaveCount(3)

    const iphoneRow = row(ada.page, 'Safari on iPhone')
    await iphoneRow.getByRole('button', { name: 'Sign out' }).click()
    await toast(ada.page, 'Safari on iPhone is signed out')
    await expect(iphoneRow).toHaveCount(0)
    await expect(ada.page.getByRole('heading', { name: 'Where you are signed in' })).toBeFocused()
    await expect(phone).toHaveURL(/\/sign-in/)

    await ada.page.getByRole('button', { name: 'Sign out all others' }).click()
    await ada.page.getByRole('alertdialog').getByRole('button', { name: 'Sign out' }).click()
    await toast(ada.page, 'Your other devices are signed out')
    await expect(laptop).toHaveURL(/\/sign-in/)
    await expect(row(ada.page, 'Firefox on Linux')).toHaveCount(0)
    await expect(ada.page.getByRole('button', { name: 'Sign out all others' })).toHaveCount(0)

    await ada.page.getByRole('button', { name: 'Sign out everywhere' }).click()
    await ada.page.getByRole('alertdialog').getByRole('button', { name: 'Sign out' }).click()
    await expect(ada.page).toHaveURL(/\/sign-in/)
    await ada.page.goto('/account/devices')
    await expect(ada.page).toHaveURL(/\/sign-in\?redirect=/)
  })

  test('a page of the account notices that it was signed out elsewhere', async ({ enter, visit }) => {
    const ada = await enter('Ada')
    await open(ada, 'tokens', 'API tokens')
    const other = await visit({ userAgent: firefox })
    await signInBy(other, ada.email)
    await other.context().request.post('/api/auth/revoke-other-sessions', { data: {}, headers: { Origin: ada.server.url } })
    await expect(ada.page).toHaveURL(/\/sign-in\?redirect=%2Faccount%2Ftokens/)
  })
})

test('API tokens are made, shown once, used and revoked', async ({ enter, playwright }) => {
  const ada = await enter('Ada')
  await ada.post('something to read')
  await expect(ada.posted('something to read')).toBeVisible()
  await open(ada, 'tokens', 'API tokens')
  const { page } = ada
  await expect(page.getByText('No tokens yet')).toBeVisible()
  await page.getByRole('button', { name: 'New token' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByRole('button', { name: 'Make token' }).click()
  await expect(dialog.getByText('Enter a name, so that you know later what it is for.')).toBeVisible()
  await dialog.getByLabel('Name').fill('Backup script')
  await dialog.getByText('Read messages').click()
  await dialog.getByRole('button', { name: 'Make token' }).click()
  await expect(dialog.getByText('Choose what it may do.')).toBeVisible()
  await dialog.getByText('Read messages').click()
  await dialog.getByText('30 days').click()
  await dialog.getByRole('button', { name: 'Make token' }).click()

  await expect(dialog.getByRole('heading', { name: 'Copy your token' })).toBeVisible()
  const token = (await dialog.getByRole('group', { name: 'Token', exact: true }).textContent())?.trim() ?? ''
  expect(token).toMatch(/^snug_\w{20,}/)
  await expect(dialog.getByRole('group', { name: 'Try it in a terminal' })).toContainText(`Bearer ${token}`)
  // Nothing but its own buttons closes it.
  await page.mouse.click(5, 5)
  await expect(dialog).toBeVisible()
  await dialog.getByRole('button', { name: 'Done' }).click()
  await expect(dialog).toHaveCount(0)

  const item = row(page, 'Backup script')
  await expect(item).toContainText('never used')
  await expect(item).toContainText('reads')
  await expect(item).toContainText(/Expires in (29|30) days/)
  await expect(page.locator('body')).not.toContainText(token)

  const script = await playwright.request.newContext({ baseURL: ada.server.url, extraHTTPHeaders: { Authorization: `Bearer ${token}` } })
  const history = () => script.get('/api/rooms/global/messages?limit=10')
  expect(await (await history()).text()).toContain('something to read')

  await item.getByRole('button', { name: 'Revoke Backup script' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Revoke' }).click()
  await toast(page, '“Backup script” is revoked')
  await expect(page.getByText('No tokens yet')).toBeVisible()
  expect((await history()).status()).toBe(401)
  await script.dispose()
})

test('the owner invites, and takes it back', async ({ enter, visit }) => {
  const ada = await enter('Ada')
  await open(ada, 'invitations', 'Invitations')
  const { page } = ada
  await page.getByRole('button', { name: 'Invite', exact: true }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('How many accounts').fill('0')
  await dialog.getByRole('button', { name: 'Make link' }).click()
  await expect(dialog.getByText('Enter a number from 1 to 1000.')).toBeVisible()
  await dialog.getByLabel('How many accounts').fill('3')
  await dialog.getByText('30 days').click()
  await dialog.getByRole('button', { name: 'Make link' }).click()
  const link = (await dialog.getByRole('group', { name: 'Link' }).textContent())?.trim() ?? ''
  expect(link).toMatch(/\/invite\/\w+/)
  await dialog.getByRole('button', { name: 'Done' }).click()
  await expect(row(page, 'Anyone with the link')).toContainText('for 3 accounts')

  const guest = await visit()
  await guest.goto(link)
  await expect(guest.getByText(/Ada/).first()).toBeVisible()

  await page.getByRole('button', { name: /^Revoke the invitation/ }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Revoke' }).click()
  await toast(page, 'Invitation revoked')
  await expect(page.getByText('No open invitations')).toBeVisible()

  // Members don't have this page in their list.
  const bob = await enter('Bob')
  await open(bob, 'profile', 'Profile')
  await expect(bob.page.getByRole('link', { name: /^API tokens/ })).toBeVisible()
  await expect(bob.page.getByRole('link', { name: /^Invitations/ })).toHaveCount(0)
})

test.describe('two-step sign-in', () => {
  test.use({ provoked: { errors: [/status of (400|401)/, /WebSocket connection to .* failed/] } })

  test('is turned on, asks for a code, and is turned off', async ({ enter, visit }) => {
    const ada = await enter('Ada')
    const { page } = ada
    await open(ada, 'sign-in', 'Ways to sign in')
    await page.getByRole('button', { name: 'Turn on' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Your password').fill('not this one')
    await dialog.getByRole('button', { name: 'Go on' }).click()
    await expect(dialog.getByRole('alert')).toContainText('Wrong password.')
    await dialog.getByLabel('Your password').fill(PASSWORD)
    await dialog.getByRole('button', { name: 'Go on' }).click()
    await expect(dialog.getByRole('img', { name: /QR code/ })).toBeVisible()
    const secret = ((await dialog.getByRole('group', { name: 'Or type this key into it' }).textContent()) ?? '').replace(/\s/g, '')

    await dialog.getByRole('textbox', { name: 'Code' }).fill(totp(secret) === '123456' ? '654321' : '123456')
    await expect(dialog.getByRole('alert')).toContainText('Wrong code.')
    await expect(dialog.getByRole('textbox', { name: 'Code' })).toHaveValue('')
    await dialog.getByRole('textbox', { name: 'Code' }).fill(totp(secret))
    await expect(dialog.getByRole('heading', { name: 'Keep your backup codes' })).toBeVisible()
    const codes = await dialog.getByRole('list', { name: 'Backup codes' }).getByRole('listitem').allTextContents()
    expect(codes.length).toBeGreaterThanOrEqual(8)
    const saved = page.waitForEvent('download')
    await dialog.getByRole('button', { name: 'Save' }).click()
    const text = await readFile(await (await saved).path(), 'utf8')
    for (const code of codes) expect(text).toContain(code)
    await dialog.getByRole('button', { name: 'I have kept them' }).click()
    await toast(page, 'Two-step sign-in is on')
    await expect(page.getByRole('button', { name: 'Turn off' })).toBeVisible()

    // By a backup code, since a code of the app works once.
    const elsewhere = await visit()
    await signIn(elsewhere, ada.email, PASSWORD)
    await expect(elsewhere.getByRole('heading', { name: 'One step more' })).toBeVisible()
    await elsewhere.getByRole('button', { name: /backup code/i }).click()
    await elsewhere.getByRole('textbox').first().fill(codes[0] ?? '')
    await elsewhere.keyboard.press('Enter')
    await expect(elsewhere.getByRole('textbox', { name: 'Message #global' })).toBeVisible()

    // By the next code of the app.
    const third = await visit()
    await signIn(third, ada.email, PASSWORD)
    await expect(third.getByRole('heading', { name: 'One step more' })).toBeVisible()
    await third.getByRole('textbox').first().fill(totp(secret, 1))
    await third.keyboard.press('Enter')
    await expect(third.getByRole('textbox', { name: 'Message #global' })).toBeVisible()

    await page.getByRole('button', { name: 'Make new codes' }).click()
    await dialog.getByLabel('Your password').fill(PASSWORD)
    await dialog.getByRole('button', { name: 'Make new codes' }).click()
    await expect(dialog.getByRole('list', { name: 'Backup codes' })).not.toContainText(codes[1] ?? 'none')
    await dialog.getByRole('button', { name: 'I have kept them' }).click()
    await expect(dialog).toHaveCount(0)

    await page.getByRole('button', { name: 'Turn off' }).click()
    const sure = page.getByRole('alertdialog')
    await sure.getByLabel('Your password').fill(PASSWORD)
    await sure.getByRole('button', { name: 'Turn off' }).click()
    await toast(page, 'Two-step sign-in is off')
    await expect(page.getByRole('button', { name: 'Turn on' })).toBeVisible()
    // All of this in one go, over sessions that were renewed.
    await page.getByRole('link', { name: 'global' }).click()
    await ada.inRoom()
  })
})

test('a passkey is made, named, signs in and is removed', async ({ browser, server, watch }) => {
  // Passkeys belong to a name, which 127.0.0.1 is not.
  const origin = server.url.replace('127.0.0.1', 'localhost')
  const context = await browser.newContext({ baseURL: origin })
  const page = await context.newPage()
  await watch.page(page, origin)
  const cdp = await context.newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  await signUpBy(page, 'Ada')
  const ada = new Person('Ada', page, server)
  await page.goto('/account/sign-in')
  await expect(page.getByText('No passkeys yet')).toBeVisible()
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  await toast(page, 'Passkey added')
  await expect(row(page, 'Chrome on')).toContainText('Added')
  // One for each device: this one has its own.
  await page.getByRole('button', { name: 'Add a passkey' }).click()
  await expect(page.getByText('This device has a passkey for your account already.')).toBeVisible()

  await page.getByRole('button', { name: /^Rename Chrome on/ }).click()
  await page.getByLabel('Name', { exact: true }).fill('The old laptop')
  await page.getByRole('button', { name: 'Save' }).click()
  await expect(row(page, 'The old laptop')).toBeVisible()

  // The browser offers it by itself, and this one takes at once what is offered.
  await page.goto('/')
  await ada.openAccountMenu()
  const verified = page.waitForResponse('**/passkey/verify-authentication')
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  expect((await verified).ok()).toBe(true)
  await ada.inRoom()

  await page.goto('/account/sign-in')
  await page.getByRole('button', { name: 'Remove The old laptop' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Remove' }).click()
  await toast(page, 'Passkey removed')
  await expect(page.getByText('No passkeys yet')).toBeVisible()
  await expect(page.getByRole('heading', { name: 'Passkeys' })).toBeFocused()
  await context.close()
})

test.describe('a session that began long ago', () => {
  test.use({ provoked: { errors: [/status of 403/] } })

  test('is told to sign in again, and comes back', async ({ enter }) => {
    const ada = await enter('Ada')
    const { page } = ada
    // A day can't be waited for.
    await page.route('**/api/auth/two-factor/enable', (route) =>
      route.fulfill({ status: 403, json: { code: 'SESSION_IS_NOT_FRESH', message: 'Session is not fresh' } }))
    await open(ada, 'sign-in', 'Ways to sign in')
    await page.getByRole('button', { name: 'Turn on' }).click()
    await page.getByLabel('Your password').fill(PASSWORD)
    await page.getByRole('button', { name: 'Go on' }).click()
    await expect(page.getByRole('alert')).toContainText('To change this, sign in again.')
    await page.getByRole('button', { name: 'Sign in again' }).click()
    await expect(page).toHaveURL(/\/sign-in\?redirect=%2Faccount%2Fsign-in/)
    await page.getByLabel('E-mail', { exact: true }).fill(ada.email)
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await page.getByLabel('Password', { exact: true }).press('Enter')
    await expect(page.getByRole('heading', { level: 1, name: 'Ways to sign in' })).toBeVisible()
  })
})

test.describe('leaving', () => {
  test.use({ provoked: { errors: [/status of (400|401|403)/, /WebSocket connection to .* failed/] } })

  test('the export has what one wrote', async ({ enter }) => {
    const ada = await enter('Ada')
    await ada.post('words of mine')
    await expect(ada.posted('words of mine')).toBeVisible()
    await open(ada, 'data', 'Your data')
    const saved = ada.page.waitForEvent('download')
    await ada.page.getByRole('button', { name: 'Download' }).click()
    const file = await saved
    expect(file.suggestedFilename()).toMatch(/^snug-export-\d{4}-\d\d-\d\d\.json$/)
    const data: unknown = JSON.parse(await readFile(await file.path(), 'utf8'))
    expect(JSON.stringify(data)).toContain('words of mine')
    expect(JSON.stringify(data)).toContain(ada.email)
  })

  test('a deleted account is gone, and its name with it', async ({ enter, visit }) => {
    const owner = await enter('Owner')
    const ada = await enter('Ada')
    await ada.post('left behind')
    await expect(owner.posted('left behind')).toContainText('Ada')
    await open(ada, 'data', 'Your data')
    const { page } = ada
    await page.getByRole('button', { name: 'Delete account' }).click()
    const dialog = page.getByRole('alertdialog')
    await dialog.getByLabel('Your password').fill('not this one')
    await dialog.getByRole('button', { name: 'Delete account' }).click()
    await expect(dialog.getByRole('alert')).toContainText('Wrong password.')
    await dialog.getByLabel('Your password').fill(PASSWORD)
    await dialog.getByRole('button', { name: 'Delete account' }).click()
    await expect(page.getByRole('heading', { name: 'Your account is deleted' })).toBeVisible()
    await page.goto('/')
    await expect(page).toHaveURL(/\/sign-in/)
    await signIn(await visit(), ada.email, PASSWORD)

    await owner.page.reload()
    await expect(owner.posted('left behind')).toBeVisible()
    await expect.poll(async () => {
      await owner.page.reload()
      await expect(owner.posted('left behind')).toBeVisible()
      return owner.posted('left behind').textContent()
    }).not.toContain('Ada')
  })

  test('the only owner of others is told to find another', async ({ enter, visit }) => {
    const owner = await enter('Owner')
    await signUpBy(await visit(), 'Bob')
    await open(owner, 'data', 'Your data')
    await owner.page.getByRole('button', { name: 'Delete account' }).click()
    const dialog = owner.page.getByRole('alertdialog')
    await dialog.getByLabel('Your password').fill(PASSWORD)
    await dialog.getByRole('button', { name: 'Delete account' }).click()
    await expect(dialog.getByRole('alert')).toContainText('You are the only owner')
  })
})

/** The row of a card with these words. */
function row(page: Page, words: string): Locator {
  return page.locator('main section > div > div').filter({ hasText: words }).last()
}

/** The six digits of an authenticator app (RFC 6238), now or some half minutes on. */
function totp(secret: string, later = 0): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const bits = [...secret].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from(bits.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? [])
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + later))
  const mac = createHmac('sha1', key).update(counter).digest()
  const offset = (mac.at(-1) ?? 0) & 15
  return ((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).toString().padStart(6, '0')
}

/** A PNG whose left half is red and whose right half is blue. */
function halves(width: number, height: number): Buffer {
  const line = Buffer.alloc(1 + width * 3)
  for (let x = 0; x < width; x++) line.set(x < width / 2 ? [220, 40, 40] : [40, 60, 220], 1 + x * 3)
  const header = Buffer.alloc(13)
  header.writeUInt32BE(width, 0)
  header.writeUInt32BE(height, 4)
  header.set([8, 2], 8) // eight bits each of red, green and blue
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.concat(Array.from({ length: height }, () => line)))), chunk('IEND', Buffer.alloc(0)),
  ])
}

/** A Windows bitmap, all blue. Its lines of 3 bytes a pixel need a side that 4 divides. */
function blueBitmap(side: number): Buffer {
  const head = Buffer.alloc(54)
  head.write('BM')
  head.writeUInt32LE(54 + side * side * 3, 2)
  head.writeUInt32LE(54, 10) // where the pixels begin
  head.writeUInt32LE(40, 14)
  head.writeInt32LE(side, 18)
  head.writeInt32LE(side, 22)
  head.writeUInt16LE(1, 26)
  head.writeUInt16LE(24, 28)
  return Buffer.concat([head, ...Array.from({ length: side * side }, () => Buffer.from([220, 60, 40]))])
}

function chunk(type: string, data: Buffer): Buffer {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(data.length)
  const body = Buffer.concat([Buffer.from(type), data])
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, sum])
}

function crc32(data: Buffer): number {
  let crc = ~0
  for (const byte of data) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1
  }
  return ~crc >>> 0
}

/** Of which of the two colours a picture is in its middle. */
function middleOf(picture: Locator): Promise<string> {
  return picture.evaluate(async (image) => {
    if (!(image instanceof HTMLImageElement)) throw new Error('no picture')
    await image.decode()
    const canvas = document.createElement('canvas').getContext('2d')
    if (!canvas) throw new Error('no canvas')
    canvas.drawImage(image, 0, 0, image.naturalWidth, image.naturalHeight, 0, 0, 1, 1)
    const [red = 0, , blue = 0] = canvas.getImageData(0, 0, 1, 1).data
    return blue > 150 && red < 100 ? 'blue' : red > 150 && blue < 100 ? 'red' : 'both'
  })
}

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
  for (let i = 1; i < 3; i++) await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 1, name: 'Devices' })).toBeVisible()
  await expect(links.nth(2)).toBeFocused()

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
    await expect(list).toHaveCount(3)
    await expect(page.getByText('E-mail address')).toHaveCount(0)
    await expectClean(page)
    await page.getByRole('link', { name: 'Make an account' }).first().click()
    await expect(page).toHaveURL(/\/sign-up/)
    await expect(page.getByRole('button', { name: 'Create account' })).toBeVisible()
  })
})
