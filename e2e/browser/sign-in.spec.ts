import { createHmac } from 'node:crypto'
import { button, fill, inRoom, post, signInBy } from './entry'
import { emailOf, expect, PASSWORD, signUpBy, test } from './kit'
import { noLimits } from './server'

// What somebody meets who isn't signed in, on real parts. The providers themselves
// are in a spec of their own.

test.describe('codes of a way back that failed', () => {
  test('are said in words, with what to do', async ({ visit }) => {
    const page = await visit()
    for (const [code, words] of [
      ['account_not_linked', 'There is an account with this e-mail already. Sign in the way you did before'],
      ['state_mismatch', 'Start it again.'],
      ['INVITE_REQUIRED', 'You need an invitation'],
      ['BANNED_USER', 'shut out'],
      ['quota_exceeded', 'Signing in did not work (quota_exceeded).'],
    ] as const) {
      await page.goto(`/sign-in?error=${code}`)
      await expect(page.getByRole('alert')).toContainText(words)
      await expect(button(page, 'Sign in')).toBeVisible()
    }
  })

  test('are no way to put words into our mouth', async ({ visit }) => {
    const page = await visit()
    await page.goto(`/sign-in?error=${encodeURIComponent('Your account is broken, call 555 0100')}`)
    await expect(page.getByRole('alert')).toHaveText('Signing in did not work. Try again, or choose another way.')
  })
})

test.describe('providers', () => {
  test.use({
    settings: { ...noLimits, SNUG_GITHUB_CLIENT_ID: 'id', SNUG_GITHUB_CLIENT_SECRET: 'secret', SNUG_TWITTER_CLIENT_ID: 'id', SNUG_TWITTER_CLIENT_SECRET: 'secret' },
    provoked: { errors: [/status of (403|500)/] },
  })

  test('have a button if they are set up, and where one was going is kept', async ({ visit }) => {
    const page = await visit()
    await page.goto('/rooms/global?x=%C3%BC')
    await expect(button(page, 'Continue with GitHub')).toBeVisible()
    await expect(button(page, 'Continue with X')).toBeVisible()
    await expect(button(page, /^Continue with/)).toHaveCount(2)

    // What the server is asked for it takes; where it would lead is a foreign host.
    let asked: unknown
    await page.route('**/api/auth/sign-in/social', async (route) => {
      asked = route.request().postDataJSON()
      const reply = await route.fetch()
      expect(reply.status()).toBe(200)
      await route.fulfill({ json: { url: 'javascript:document.title=1', redirect: true } })
    })
    await button(page, 'Continue with GitHub').click()
    await expect(page.getByRole('alert')).toContainText('makes no sense')
    await expect(button(page, 'Continue with GitHub')).toBeVisible()
    expect(asked).toMatchObject({ provider: 'github', callbackURL: expect.stringMatching(/\/rooms\/global\?x=/), errorCallbackURL: expect.stringMatching(/\/sign-in\?redirect=/) })
  })

  test('that the server refuses say why', async ({ visit }) => {
    const page = await visit()
    await page.goto('/sign-up')
    await page.route('**/api/auth/sign-in/social', (route) => route.fulfill({ status: 403, json: { code: 'SIGN_UP_CLOSED', message: 'x' } }))
    await button(page, 'Continue with X').click()
    await expect(page.getByRole('alert')).toContainText('takes no new accounts')
  })
})

test.describe('the way back from a provider, on a server that leaves it to the page', () => {
  test.use({
    settings: { ...noLimits, SNUG_OAUTH_CALLBACK: 'page', SNUG_GITHUB_CLIENT_ID: 'id', SNUG_GITHUB_CLIENT_SECRET: 'secret' },
    provoked: { errors: [/status of 404/] },
  })

  test('is finished by the page, and says what went wrong', async ({ visit }) => {
    const page = await visit()
    const state = 'a'.repeat(32)
    await page.goto(`/api/auth/callback/github?code=12345678901234567890&state=${state}`)
    await expect(page.getByRole('heading', { name: "That didn't work" })).toBeVisible()
    await expect(page.getByText('That sign-in took too long, or was begun in another browser.')).toBeVisible()
    await page.getByRole('link', { name: 'Back to signing in' }).click()
    await expect(button(page, 'Continue with GitHub')).toBeVisible()
  })
})

test('what other front ends call their first page leads to ours', async ({ visit }) => {
  const page = await visit()
  await signUpBy(page, 'Ada')
  await page.goto('/dashboard')
  await inRoom(page)
})

test.describe('the way used last', () => {
  test.use({ settings: { ...noLimits, SNUG_GITHUB_CLIENT_ID: 'id', SNUG_GITHUB_CLIENT_SECRET: 'secret' } })

  test('is marked, and comes first', async ({ visit, server }) => {
    const page = await visit()
    await page.goto('/sign-in')
    await expect(button(page, 'Sign in')).toBeVisible()
    await expect(page.getByText('Last used')).toHaveCount(0)
    const order = () => page.locator('main button').allInnerTexts().then((all) => all.map((t) => t.replace(/\s+/g, ' ').trim()).filter((t) => /^(Continue|Sign in)/.test(t)))
    expect(await order()).toEqual(['Continue with GitHub', 'Sign in'])

    await signUpBy(page, 'Ada')
    await post(page, server, '/api/auth/sign-out', {})
    await page.goto('/sign-in')
    await expect(button(page, 'Sign in Last used')).toBeVisible()
    expect(await order()).toEqual(['Sign in Last used', 'Continue with GitHub'])
    await expect(page.getByLabel('E-mail')).toBeFocused()

    await page.context().addCookies([{ name: 'better-auth.last_used_login_method', value: 'github', url: server.url }])
    await page.reload()
    await expect(button(page, 'Continue with GitHub Last used')).toBeVisible()
    expect(await order()).toEqual(['Continue with GitHub Last used', 'Sign in'])
  })
})

test.describe('who may join', () => {
  test.describe('nobody', () => {
    test.use({ settings: { ...noLimits, SNUG_SIGN_UP: 'closed' } })
    test('but the first, who owns the server', async ({ visit }) => {
      const page = await visit()
      await page.goto('/sign-in')
      await expect(page.getByText('Nobody has an account here yet.')).toBeVisible()
      await page.getByRole('link', { name: 'Create an account' }).click()
      await expect(page.getByText('this account will own the server')).toBeVisible()
      await fill(page, { Name: 'Ada', 'E-mail': emailOf('Ada'), Password: PASSWORD })
      await button(page, 'Create account').click()
      await inRoom(page)

      const late = await visit()
      await late.goto('/sign-up')
      await expect(late.getByRole('heading', { name: 'No new accounts' })).toBeFocused()
      await expect(late.getByRole('textbox')).toHaveCount(0)
      await late.getByRole('link', { name: 'Sign in' }).click()
      await expect(button(late, 'Sign in')).toBeVisible()
      await expect(late.getByText('Create an account')).toHaveCount(0)
    })
  })

  test.describe('who is invited', () => {
    test.use({ settings: { ...noLimits, SNUG_SIGN_UP: 'invite' }, provoked: { errors: [/status of 404/] } })
    test('by a link that is for one address, and works once', async ({ visit, server }) => {
      const owner = await visit()
      await signUpBy(owner, 'Marta Lindqvist')
      const { url } = await post(owner, server, '/api/account/invites', { email: emailOf('Ada') })
      const path = new URL(String(url)).pathname

      const page = await visit()
      await page.goto('/sign-up')
      await expect(page.getByRole('heading', { name: 'You need an invitation' })).toBeVisible()
      await page.goto(path)
      await expect(page).toHaveTitle('You are invited · Snug')
      await expect(page.getByText('Marta Lindqvist invited you')).toContainText(emailOf('Ada'))
      await page.getByRole('link', { name: 'Create your account' }).click()
      await expect(page.getByText('Marta Lindqvist invited you')).toBeVisible()
      await expect(page.getByLabel('E-mail')).toHaveValue(emailOf('Ada'))
      await expect(page.getByLabel('E-mail')).toHaveJSProperty('readOnly', true)
      await fill(page, { Name: 'Ada', Password: PASSWORD })
      await button(page, 'Create account').click()
      await inRoom(page)
      await page.goto(path)
      await expect(page.getByRole('heading', { name: 'You are in already' })).toBeVisible()

      const late = await visit()
      await late.goto(path)
      await expect(late.getByText('This invitation does not work any more')).toBeVisible()
    })
  })

  test.describe('who has an address', () => {
    test.use({ settings: { ...noLimits, SNUG_SIGN_UP: 'domain', SNUG_SIGN_UP_DOMAINS: 'pub.example,example.org' } })
    test('of certain domains', async ({ visit }) => {
      const owner = await visit()
      await owner.context().request.post('/api/auth/sign-up/email', { data: { name: 'Owner', email: 'o@pub.example', password: PASSWORD } })
      const page = await visit()
      await page.goto('/sign-up')
      await expect(page.getByText('An address at pub.example or example.org.')).toBeVisible()
      await fill(page, { Name: 'Ada', 'E-mail': 'ada@else.example', Password: PASSWORD })
      await button(page, 'Create account').click()
      await expect(page.getByText('Use an address at pub.example or example.org.')).toBeVisible()
      await expect(page.getByLabel('E-mail')).toBeFocused()
      await fill(page, { 'E-mail': emailOf('Ada') })
      await button(page, 'Create account').click()
      // Which has to be shown to be theirs.
      await expect(page.getByText(emailOf('Ada'))).toBeVisible()
    })
  })

  test.describe('anybody', () => {
    test.use({ settings: { ...noLimits, SNUG_GUESTS: 'true' } })
    test('as a guest, who stays who they are with an account', async ({ visit, server }) => {
      await signUpBy(await visit(), 'Owner')
      const page = await visit()
      await page.goto('/sign-in')
      await button(page, 'Come in as a guest').click()
      await inRoom(page)
      const { user: guest } = await (await page.context().request.get('/api/auth/get-session')).json() as { user: { id: string } }
      await page.goto('/sign-up')
      await expect(page.getByText('What you wrote as a guest stays yours.')).toBeVisible()
      await fill(page, { Name: 'Ada', 'E-mail': emailOf('Ada'), Password: PASSWORD })
      await button(page, 'Create account').click()
      await expect(page).toHaveURL(`${server.url}/rooms/global`)
      const { user } = await (await page.context().request.get('/api/auth/get-session')).json() as { user: { id: string; name: string } }
      expect(user).toMatchObject({ id: guest.id, name: 'Ada' })
    })
  })
})

test.describe('an address that has to be confirmed', () => {
  test.use({ settings: { ...noLimits, SNUG_REQUIRE_VERIFIED_EMAIL: 'true' }, provoked: { errors: [/status of (401|403)/] } })

  test('keeps people waiting until its link was opened', async ({ visit, server }) => {
    const page = await visit()
    await page.goto('/sign-up?redirect=%2Frooms%2Fglobal%3Fseen')
    await fill(page, { Name: 'Ada', 'E-mail': emailOf('Ada'), Password: PASSWORD })
    await button(page, 'Create account').click()
    await expect(page.getByRole('heading', { name: 'One step more' })).toBeFocused()
    await expect(page.getByText(emailOf('Ada'))).toBeVisible()
    await expect(button(page, /^Send again in \d+ s$/)).toBeDisabled()
    await button(page, 'Use another address').click()
    await expect(page.getByLabel('E-mail')).toHaveValue(emailOf('Ada'))

    await page.goto('/sign-in')
    await signInBy(page, 'Ada')
    await expect(page.getByRole('heading', { name: 'One step more' })).toBeVisible()

    await page.goto(`/verify-email?error=token_expired`)
    await expect(page.getByRole('heading', { name: 'Not confirmed yet' })).toBeVisible()
    await fill(page, { 'E-mail': emailOf('Ada') })
    await button(page, 'Send a new link').click()
    await expect(page.getByRole('heading', { name: 'One step more' })).toBeVisible()

    // The link of the form knows where one was going.
    await page.goto(await server.link('%2Fverify-email%3Fredirect'))
    await button(page, 'Confirm').click()
    await expect(page.getByRole('heading', { name: 'Your e-mail is confirmed' })).toBeFocused()
    await button(page, 'Go on').click()
    await inRoom(page)
    expect(page.url()).toContain('/rooms/global?seen')
  })
})

test.describe('a password', () => {
  test.use({ provoked: { errors: [/status of (400|401)/] } })

  test('that was forgotten is chosen anew', async ({ visit, server }) => {
    const page = await visit()
    await signUpBy(page, 'Ada')
    await page.context().clearCookies()
    await page.goto('/sign-in')
    await fill(page, { 'E-mail': emailOf('Ada') })
    await page.getByRole('link', { name: 'Forgot your password?' }).click()
    await expect(page).toHaveTitle('Forgot your password? · Snug')
    await expect(page.getByLabel('E-mail')).toHaveValue(emailOf('Ada'))
    expect(page.url()).not.toContain('ada')
    await button(page, 'Send the link').click()
    await expect(button(page, /^Send again in/)).toBeDisabled()

    const link = await server.link('/api/auth/reset-password')
    await page.goto(link)
    await expect(page).toHaveTitle('Choose a new password · Snug')
    await button(page, 'Set the password').click()
    await expect(page.getByText('Choose a password.')).toBeVisible()
    await expect(page.getByLabel('New password')).toBeFocused()
    await fill(page, { 'New password': 'another good one' })
    await button(page, 'Set the password').click()
    await expect(page.getByRole('heading', { name: 'Your new password is set' })).toBeFocused()
    await page.getByRole('link', { name: 'Sign in' }).click()
    await signInBy(page, 'Ada')
    await expect(page.getByRole('alert')).toHaveText('Wrong e-mail or password.')
    await signInBy(page, 'Ada', 'another good one')
    await inRoom(page)

    await page.goto('about:blank') // a page that is still there would be refused its socket
    await page.context().clearCookies()
    await page.goto(link)
    await expect(page.getByText('This link does not work any more')).toBeVisible()
    await page.getByRole('link', { name: 'Ask for a new link' }).click()
    await expect(button(page, 'Send the link')).toBeVisible()
  })
})

test.describe('a second factor', () => {
  test.use({ provoked: { errors: [/status of 40[01]/] } })

  /** RFC 6238, as an authenticator app does it. */
  function codeOf(secret: string, at: number): string {
    let bits = ''
    for (const c of secret.replace(/=+$/, '')) bits += 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')
    const key = Buffer.from(bits.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? [])
    const counter = Buffer.alloc(8)
    counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)))
    const mac = createHmac('sha1', key).update(counter).digest()
    const offset = (mac.at(-1) ?? 0) & 15
    return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
  }

  test('is asked for, by the app or by a code that was put away', async ({ visit, server }) => {
    const page = await visit()
    await signUpBy(page, 'Ada')
    const { totpURI, backupCodes } = await post(page, server, '/api/auth/two-factor/enable', { password: PASSWORD })
    const secret = new URL(String(totpURI)).searchParams.get('secret') ?? ''
    await post(page, server, '/api/auth/two-factor/verify-totp', { code: codeOf(secret, Date.now()) })
    const backup = Array.isArray(backupCodes) ? backupCodes.map(String) : []
    await post(page, server, '/api/auth/sign-out', {})

    await page.goto('/sign-in?redirect=%2Frooms%2Fglobal%3Fback')
    await signInBy(page, 'Ada')
    await expect(page).toHaveTitle('One step more · Snug')
    const code = page.getByLabel('Code', { exact: true })
    await expect(code).toBeFocused()
    await expect(code).toHaveAttribute('autocomplete', 'one-time-code')
    await code.fill('12345')
    await code.press('Enter')
    await expect(page.getByText('Enter the six digits')).toBeVisible()
    await code.fill('000 000')
    await code.press('Enter')
    await expect(page.getByRole('alert')).toContainText('Wrong code.')

    await button(page, 'Use a backup code').click()
    await page.getByLabel('Backup code').fill(backup[0] ?? '')
    await page.getByText('Trust this device for 30 days').click()
    await expect(page.getByRole('checkbox')).toBeChecked()
    await button(page, 'Go on').click()
    await inRoom(page)
    expect(page.url()).toContain('/rooms/global?back')

    // This device is trusted; another isn't, and a code that was used is of no use.
    await page.goto('about:blank') // a page that is still there would be refused its socket
    await post(page, server, '/api/auth/sign-out', {})
    await page.goto('/sign-in')
    await signInBy(page, 'Ada')
    await inRoom(page)
    const other = await visit()
    await other.goto('/sign-in')
    await signInBy(other, 'Ada')
    await button(other, 'Use a backup code').click()
    await other.getByLabel('Backup code').fill(backup[0] ?? '')
    await button(other, 'Go on').click()
    await expect(other.getByRole('alert')).toContainText('Wrong backup code')
    await button(other, 'Use the code of the app').click()
    // The code of the next half minute is taken too: no test waits for it.
    await other.getByLabel('Code', { exact: true }).fill(codeOf(secret, Date.now() + 30_000))
    await button(other, 'Go on').click()
    await inRoom(other)
  })

  test('of nobody is no dead end', async ({ visit }) => {
    const page = await visit()
    await page.goto('/two-factor')
    await page.getByLabel('Code', { exact: true }).fill('123456')
    await button(page, 'Go on').click()
    await expect(page.getByRole('heading', { name: 'This sign-in is over' })).toBeFocused()
    await page.getByRole('link', { name: 'Start again' }).click()
    await expect(button(page, 'Sign in')).toBeVisible()
  })
})

test.describe('passkeys', () => {
  // They belong to a name, which an IP address isn't.
  test.use({ settings: { ...noLimits, SNUG_BASE_URL: 'http://localhost:{port}' }, provoked: { errors: [/status of 40[0-9]/] } })

  test('let in whoever has one', async ({ visit, server }) => {
    const page = await visit()
    // A page that sees itself signed out would ask for a passkey by itself.
    const leave = async () => {
      await page.goto('about:blank')
      await post(page, server, '/api/auth/sign-out', {})
    }
    const client = await page.context().newCDPSession(page)
    await client.send('WebAuthn.enable')
    await client.send('WebAuthn.addVirtualAuthenticator', {
      options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
    })
    await signUpBy(page, 'Ada')
    await page.goto('/')
    await inRoom(page)
    await page.evaluate(async () => {
      const get = await fetch('/api/auth/passkey/generate-register-options')
      const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(await get.json())
      const made = await navigator.credentials.create({ publicKey })
      if (!(made instanceof PublicKeyCredential)) throw new Error('no passkey was made')
      const reply = await fetch('/api/auth/passkey/verify-registration', {
        method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ response: made.toJSON() }),
      })
      if (!reply.ok) throw new Error(await reply.text())
    })
    await leave()

    // The browser offers it in the field of the address, and this one's person takes
    // it at once.
    await page.goto('/sign-in?redirect=%2Frooms%2Fglobal%3Foffered')
    await inRoom(page)
    expect(page.url()).toContain('/rooms/global?offered')
    await leave()

    // Where browsers don't do that there is the button.
    await page.addInitScript(() => {
      if ('PublicKeyCredential' in globalThis) Object.assign(PublicKeyCredential, { isConditionalMediationAvailable: () => Promise.resolve(false) })
    })
    await page.goto('/sign-in?redirect=%2Frooms%2Fglobal%3Fpressed')
    await expect(page.getByLabel('E-mail')).toHaveAttribute('autocomplete', 'username webauthn')
    await button(page, 'Use a passkey Last used').click()
    await inRoom(page)
    expect(page.url()).toContain('/rooms/global?pressed')

    // One that the server has forgotten says so, and leaves the other ways.
    const { id } = await page.evaluate(async () => {
      const all: unknown = await (await fetch('/api/auth/passkey/list-user-passkeys')).json()
      return Array.isArray(all) ? (all[0] as { id: string }) : { id: '' }
    })
    await post(page, server, '/api/auth/passkey/delete-passkey', { id })
    await leave()
    await page.goto('/sign-in')
    await button(page, /^Use a passkey/).click()
    await expect(page.getByRole('alert')).toContainText('does not know that passkey')
    await signInBy(page, 'Ada')
    await inRoom(page)
  })
})
