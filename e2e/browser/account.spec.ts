import { readFile } from 'node:fs/promises'
import { open, row, signIn, signInBy, toast, totp } from './account-kit'
import { emailOf, expect, PASSWORD, Person, signUpBy, test } from './kit'
import { blueBitmap, halves, middleOf } from './pictures'

// What people do with their account, at the real server.

const OTHER_PASSWORD = 'battery horse correct'

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
    await new Person('Ada', tab, ada.server).inRoom()
    await ada.page.bringToFront() // what lies behind is drawn but once a second

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
      // With its socket, by which it is active.
      await new Person('Ada', page, ada.server).open()
    }
    await open(ada, 'devices', 'Devices')
    const rows = ada.page.getByRole('main').locator('section').first().getByText(/ on /)
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
    const reply = await other.context().request.post('/api/auth/revoke-other-sessions', { data: {}, headers: { Origin: ada.server.url } })
    expect(reply.ok(), await reply.text()).toBe(true)
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
  await expect(item).toContainText(/Expires in (29|30|31) days/)
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

  // Members have their own alone, into rooms of theirs.
  const bob = await enter('Bob')
  await open(bob, 'invitations', 'Invitations')
  await expect(bob.page.getByText('You make them among the members of a room that you look after, or of a group.')).toBeVisible()
  await expect(bob.page.getByRole('button', { name: 'Invite', exact: true })).toHaveCount(0)
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
    // Who leaves a room keeps it as it is, the name with it.
    await owner.openAccountMenu()
    await owner.page.getByRole('menuitem', { name: 'Account' }).click()
    await expect(owner.page.getByRole('heading', { level: 1, name: 'Profile' })).toBeVisible()
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

    // It is taken off in the background. What was kept shows first, and then what is.
    await expect(async () => {
      await owner.page.goto('/')
      await expect(owner.posted('left behind')).not.toContainText('Ada', { timeout: 5_000 })
    }).toPass()
    // What stands in place of a name is said in the reader's language.
    await expect(owner.posted('left behind')).toContainText('Deleted account')
    await owner.page.evaluate(() => localStorage.setItem('snug:language', 'de'))
    await owner.page.reload()
    await expect(owner.posted('left behind')).toContainText('Gelöschtes Konto')
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
