import type { Page } from '@playwright/test'
import { expectClean } from './axe'
import { emailOf, expect, PASSWORD, Person, signUpBy } from './kit'
import { test, type Mailbox } from './mailbox'

// What comes by mail, from a server that sends it to one that takes it.

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name })
const heading = (page: Page, name: string) => page.getByRole('heading', { level: 1, name })

async function fill(page: Page, fields: Record<string, string>): Promise<void> {
  for (const [label, value] of Object.entries(fields)) await page.getByLabel(label, { exact: true }).fill(value)
}

async function signIn(page: Page, email: string, password: string): Promise<void> {
  await fill(page, { 'E-mail': email, Password: password })
  await button(page, /^Sign in/).click()
}

/** Makes an account for a page's profile, and opens nothing of what comes by mail for it. */
async function newcomer(page: Page, mailbox: Mailbox, name: string): Promise<void> {
  await signUpBy(page, name)
  expect((await mailbox.next(emailOf(name))).subject).toContain('Confirm your address')
}

/** What a program does that looks through mail: it fetches what a link leads to, and shows nobody what comes. */
async function scan(link: string): Promise<void> {
  const reply = await fetch(link, { headers: { Accept: 'text/html' } })
  expect(reply.status).toBe(200)
  await reply.text()
}

test.describe('an address that has to be confirmed', () => {
  test.use({ more: { SNUG_REQUIRE_VERIFIED_EMAIL: 'true' }, provoked: { errors: [/status of 403/] } })

  test('is, by the link in a mail, and that is the way into the room', async ({ visit, server, mailbox }) => {
    const page = await visit()
    await page.goto('/sign-up')
    await fill(page, { Name: 'Ada', 'E-mail': emailOf('Ada'), Password: PASSWORD })
    await button(page, 'Create account').click()
    await expect(heading(page, 'Check your mail')).toBeVisible()
    await expectClean(page)
    const mail = await mailbox.next(emailOf('Ada'))
    expect(mail.subject).toContain('Confirm your address')

    // Not yet.
    const other = await visit()
    await other.goto('/sign-in')
    await signIn(other, emailOf('Ada'), PASSWORD)
    await expect(heading(other, 'Check your mail')).toBeVisible()
    await other.goto('/sign-in')

    // What looks through mails for links confirms nothing.
    await scan(mail.link)
    await signIn(other, emailOf('Ada'), PASSWORD)
    await expect(heading(other, 'Check your mail')).toBeVisible()

    await page.goto(mail.link)
    await expect(heading(page, 'Confirm your address')).toBeVisible()
    await expectClean(page)
    await button(page, 'Confirm').click()
    await expect(heading(page, 'Your e-mail is confirmed')).toBeVisible()
    await expect(page.getByText('you are signed in')).toBeVisible()
    await button(page, 'Go on').click()
    const ada = new Person('Ada', page, server)
    await ada.inRoom()
    await expect(page).toHaveURL(`${server.url}/rooms/global`)

    // Whoever else gets hold of the mail isn't signed in by it.
    const late = await visit()
    await late.goto(mail.link)
    await button(late, 'Confirm').click()
    await expect(heading(late, 'Your e-mail is confirmed')).toBeVisible()
    await late.goto('/')
    await expect(late).toHaveURL(/\/sign-in/)
    await signIn(late, emailOf('Ada'), PASSWORD)
    await new Person('Ada', late, server).inRoom()
  })
})

test.describe('a password that was forgotten', () => {
  test.use({ provoked: { errors: [/status of (400|401)/, /WebSocket connection to .* failed/] } })

  test('is chosen anew by the link in a mail, and whoever used the old one is out within a second', async ({ visit, server, mailbox }) => {
    const elsewhere = new Person('Ada', await visit(), server)
    await newcomer(elsewhere.page, mailbox, 'Ada')
    const closed = elsewhere.page.waitForEvent('websocket').then(async (socket) => {
      await socket.waitForEvent('close')
      return Date.now()
    })
    await elsewhere.open()

    const page = await visit()
    await page.goto('/forgot-password')
    await fill(page, { 'E-mail': emailOf('Ada') })
    await button(page, 'Send the link').click()
    await expect(heading(page, 'Check your mail')).toBeVisible()
    const mail = await mailbox.next(emailOf('Ada'))
    await scan(mail.link)
    await page.goto(mail.link)
    await expect(heading(page, 'Choose a new password')).toBeVisible()
    expect(page.url()).toMatch(/\/reset-password\?token=/)
    await fill(page, { 'New password': 'another good one' })
    const reply = page.waitForResponse('**/api/auth/reset-password')
    await button(page, 'Set the password').click()
    await reply
    const done = Date.now()
    await expect(heading(page, 'Your new password is set')).toBeVisible()
    // At once, on a machine that has nothing else to do: what ends here isn't a page that asks now and then.
    expect(await closed).toBeLessThan(done + 10_000)
    await expect(elsewhere.page).toHaveURL(/\/sign-in/)
    expect((await mailbox.next(emailOf('Ada'))).subject).toContain('was changed')

    await page.getByRole('link', { name: 'Sign in' }).click()
    await signIn(page, emailOf('Ada'), PASSWORD)
    await expect(page.getByRole('alert')).toHaveText('Wrong e-mail or password.')
    await signIn(page, emailOf('Ada'), 'another good one')
    await new Person('Ada', page, server).inRoom()

    const again = await visit()
    await again.goto(mail.link)
    await expect(again.getByText('This link does not work any more')).toBeVisible()
  })
})

test.describe('a link that signs in', () => {
  test.use({ provoked: { errors: [/status of (400|401|404)/] } })

  test('works once, and not for programs that look through mail', async ({ visit, server, mailbox }) => {
    await newcomer(await visit(), mailbox, 'Ada')
    const page = await visit()
    await page.goto('/account/devices')
    await fill(page, { 'E-mail': emailOf('Ada') })
    await button(page, 'E-mail me a link').click()
    await expect(heading(page, 'Check your mail')).toBeVisible()
    const mail = await mailbox.next(emailOf('Ada'))
    expect(mail.subject).toContain('Sign in to')
    await scan(mail.link)

    await page.goto(mail.link)
    await expect(heading(page, 'One press, and you are in')).toBeVisible()
    await button(page, 'Sign in').click()
    await expect(page).toHaveURL(`${server.url}/account/devices`)
    await expect(heading(page, 'Devices')).toBeVisible()
    await expect(button(page, 'Account: Ada')).toBeVisible()

    const again = await visit()
    await again.goto(mail.link)
    await button(again, 'Sign in').click()
    await expect(heading(again, "That didn't work")).toBeVisible()
    await expect(again.getByText('This link does not work any more')).toBeVisible()
    await again.getByRole('link', { name: 'Back to signing in' }).click()
    await expect(button(again, 'E-mail me a link')).toBeVisible()
  })

  test('makes an account for somebody new', async ({ visit, server, mailbox }) => {
    const page = await visit()
    await page.goto('/sign-in')
    await fill(page, { 'E-mail': 'grace.hopper@example.org' })
    await button(page, 'E-mail me a link').click()
    await page.goto((await mailbox.next('grace.hopper@example.org')).link)
    await button(page, 'Sign in').click()
    await new Person('grace.hopper', page, server).inRoom()
    await expect(button(page, 'Account: grace.hopper')).toBeVisible()
  })
})

test('an address is changed by both links, and each says what it has done', async ({ visit, server, mailbox }) => {
  const page = await visit()
  await newcomer(page, mailbox, 'Ada')
  const [old, next] = [emailOf('Ada'), 'ada@new.example']
  await page.goto('/account/profile')
  await expect(page.getByText('Not confirmed')).toBeVisible()
  await button(page, 'Send the mail').click()
  await expect(page.getByText('A mail is on its way.')).toBeVisible()
  await page.goto((await mailbox.next(old)).link)
  await expect(heading(page, 'Your e-mail is confirmed')).toBeVisible()
  await button(page, 'Go on').click()
  await expect(page.getByText('Confirmed', { exact: true })).toBeVisible()

  await button(page, 'Change').click()
  await fill(page, { 'New e-mail address': next })
  await button(page, 'Change address').click()
  await expect(page.getByRole('status').filter({ hasText: `A mail is on its way to ${old}` })).toBeVisible()
  await button(page, 'Done').click()

  const agree = await mailbox.next(old)
  expect(agree.text).toContain(next)
  // In a browser where nobody is signed in it does nothing.
  const stranger = await visit()
  await stranger.goto(agree.link)
  await expect(stranger.getByText("an account that you aren't signed in to")).toBeVisible()

  await page.goto(agree.link)
  await expect(heading(page, 'The link worked')).toBeVisible()
  await expect(page.getByRole('main')).toContainText(`Your address here is ${old}. Still the old one?`)
  await expectClean(page)
  const adopt = await mailbox.next(next)
  await page.goto(adopt.link)
  await expect(heading(page, 'The link worked')).toBeVisible()
  await expect(page.getByRole('main')).toContainText(`Your address here is ${next}.`)
  await button(page, 'Go on').click()
  await expect(page.getByRole('main')).toContainText(next)
  await expect(page.getByText('Confirmed', { exact: true })).toBeVisible()
  expect((await mailbox.next(old)).subject).toContain('was changed')

  await page.goto('about:blank') // a page that is still there would be refused what it asks for
  await page.context().clearCookies()
  await page.goto('/sign-in')
  await signIn(page, next, PASSWORD)
  await new Person('Ada', page, server).inRoom()
  expect(mailbox.empty).toBe(true)
})

test.describe('an invitation', () => {
  test.use({ more: { SNUG_SIGN_UP: 'invite' } })

  test('comes by mail, and lets in the one it is for', async ({ enter, visit, server, mailbox }) => {
    const owner = await enter('Owner')
    await owner.page.goto('/account/invitations')
    await button(owner.page, 'Invite').click()
    await owner.page.getByText('One address').click()
    await fill(owner.page, { 'E-mail': emailOf('Ada') })
    await button(owner.page, 'Make link').click()
    await expect(owner.page.getByText('It was mailed.')).toBeVisible()

    const mail = await mailbox.next(emailOf('Ada'))
    expect(mail.subject).toContain('Owner invites you')
    const page = await visit()
    await page.goto('/sign-up')
    await expect(heading(page, 'You need an invitation')).toBeVisible()
    await page.goto(mail.link)
    await expect(heading(page, 'You are invited')).toBeVisible()
    await expect(page.getByRole('main')).toContainText(`Owner invited you to talk here. The invitation is for ${emailOf('Ada')}.`)
    await page.getByRole('link', { name: 'Create your account' }).click()
    await expect(page.getByLabel('E-mail', { exact: true })).toHaveValue(emailOf('Ada'))
    await fill(page, { Name: 'Ada', Password: PASSWORD })
    await button(page, 'Create account').click()
    await new Person('Ada', page, server).inRoom()
    await owner.page.reload()
    await expect(owner.page.getByText('No open invitations')).toBeVisible()
  })
})

test('mails are in the language that was chosen, which may be another than the browser’s', async ({ visit, server, mailbox }) => {
  const page = await visit()
  await page.goto('/sign-up')
  const choice = page.getByRole('combobox', { name: 'Language' })
  await choice.selectOption('de')
  await fill(page, { Name: 'Ada', 'E-Mail': emailOf('Ada'), Passwort: PASSWORD })
  await button(page, 'Konto erstellen').click()
  expect((await mailbox.next(emailOf('Ada'))).text).toContain('Öffne diesen Link, um zu bestätigen, dass sie dir gehört:')
  // The server knows it from here on, also of requests that come from elsewhere.
  await expect(page).toHaveURL(`${server.url}/rooms/global`)
  await expect.poll(async () => (await (await page.request.get('/api/attention')).json()).language).toBe('de')
  const other = await visit()
  await other.goto('/forgot-password')
  await fill(other, { 'E-mail': emailOf('Ada') })
  await button(other, 'Send the link').click()
  expect((await mailbox.next(emailOf('Ada'))).text).toContain('um ein neues Passwort für dein Konto')
})
