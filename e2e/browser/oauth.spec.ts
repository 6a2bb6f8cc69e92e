import type { BrowserContextOptions, Page } from '@playwright/test'
import { expectClean } from './axe'
import { emailOf, expect, PASSWORD, Person, signUpBy } from './kit'
import { asGoogle, test } from './provider'
import type { Server } from './server'

test.use({ serviceWorkers: 'allow' })

// Signing in at a provider, which is a real one: with its own pages, on another site.

const acme = (page: Page) => page.getByRole('button', { name: 'Continue with Acme' })
const alert = (page: Page) => page.getByRole('alert')

/** Who is signed in. */
async function whoami(page: Page): Promise<{ id: string; name: string; email: string; emailVerified: boolean; image: string | null }> {
  const reply: unknown = await (await page.context().request.get('/api/auth/get-session')).json()
  return (reply as { user: Awaited<ReturnType<typeof whoami>> }).user
}

async function signOut(person: Person): Promise<void> {
  await person.openAccountMenu()
  await person.page.getByRole('menuitem', { name: 'Sign out' }).click()
  await expect(person.page).toHaveURL(/\/sign-in/)
}

/** The addresses by which the issuer has sent the page back. */
function callbacks(page: Page): string[] {
  const list: string[] = []
  page.on('request', (request) => {
    if (request.isNavigationRequest() && request.url().includes('/api/auth/callback/')) list.push(request.url())
  })
  return list
}

/** The owner of the server, so that whoever comes next is nobody special. */
async function withOwner(visit: () => Promise<Page>): Promise<Page> {
  const page = await visit()
  await signUpBy(page, 'Owner')
  return page
}

const phone: BrowserContextOptions = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, colorScheme: 'dark' }

for (const [mode, more, options] of [
  ['', {}, {}],
  [', which the page finishes, on a phone in the dark', { SNUG_OAUTH_CALLBACK: 'page' }, phone],
] as const) {
  test.describe('a button of a provider', () => {
    test.use({ more })

    test(`leads to its page and back into the room${mode}`, async ({ visit, server, issuer }) => {
      const page = await visit(options)
      const ada = new Person('Ada Byron', page, server)
      await page.goto('/sign-in')
      await expect(page.getByRole('button', { name: /^Continue with/ })).toHaveText(['Continue with Acme'])
      await acme(page).click()
      await issuer.signIn(page, 'ada')
      await ada.inRoom()
      await expect(page).toHaveURL(`${server.url}/rooms/global`)
      await ada.post('hello from elsewhere')
      await expect(ada.posted('hello from elsewhere')).toContainText('Ada Byron')
      const first = await whoami(page)
      expect(first).toMatchObject({ name: 'Ada Byron', email: 'ada@example.org', emailVerified: true })

      await signOut(ada)
      await expect(page.getByText('Good to have you back.')).toBeVisible()
      const back = page.getByRole('button', { name: /Acme\s*Last used/ })
      await expect(back).toBeVisible()
      await expectClean(page)
      await back.click()
      // The issuer knows both the person and the answer by now.
      await ada.inRoom()
      expect((await whoami(page)).id).toBe(first.id)
      await expect(ada.posted('hello from elsewhere')).toBeVisible()
    })
  })
}

test.describe('in the place of Google', () => {
  test.use({ settings: async ({ settings, issuer }, use) => use({ ...settings, ...asGoogle(issuer) }) })

  test('each provider that is set up has its button, and its own account', async ({ visit, server, issuer }) => {
    const page = await visit()
    const bob = new Person('Bob', page, server)
    await page.goto('/sign-in')
    await expect(page.getByRole('button', { name: /^Continue with/ })).toHaveText(['Continue with Google', 'Continue with Acme'])
    await page.getByRole('button', { name: 'Continue with Google' }).click()
    await issuer.signIn(page, 'bob')
    await bob.inRoom()
    await page.goto('/account/sign-in')
    const connected = page.getByRole('heading', { name: 'Connected accounts' }).locator('xpath=ancestor::section[1]')
    await expect(connected).toContainText('Your only way to sign in.')
    await expect(page.getByRole('button', { name: 'Connect Acme' })).toBeVisible()
    await expect(page.getByRole('button', { name: 'Disconnect Google' })).toHaveCount(0)
  })
})

test('who says no at the provider is back, in words, and can say yes', async ({ visit, server, issuer }) => {
  const page = await visit()
  await page.goto('/sign-in')
  await acme(page).click()
  await issuer.cancel(page)
  await expect(alert(page)).toContainText('The other site was told not to let you in here.')
  await expectClean(page)
  await acme(page).click()
  await issuer.giveLogin(page, 'ada')
  await expect(page.getByRole('heading', { name: 'Authorize' })).toBeVisible()
  await page.getByRole('link', { name: 'Cancel' }).click()
  await expect(alert(page)).toContainText('The other site was told not to let you in here.')
  await acme(page).click()
  await page.getByRole('button', { name: 'Continue' }).click()
  await new Person('Ada Byron', page, server).inRoom()
})

test.describe('a provider with trouble', () => {
  test.use({ provoked: { errors: [/status of 503/] } })

  test('is said to have it, before one leaves and after', async ({ visit, server, issuer }) => {
    await issuer.stop()
    const page = await visit()
    await page.goto('/sign-in')
    await acme(page).click()
    const words = 'The other site has trouble, or can not be reached from here.'
    await expect(alert(page)).toContainText(words)
    await expect(page).toHaveURL(/\/sign-in$/)

    await issuer.restart()
    issuer.failTokens()
    await acme(page).click()
    await issuer.signIn(page, 'ada')
    await expect(page).toHaveURL(/\/sign-in\?error=/)
    await expect(alert(page)).toContainText(words)
    // All other ways still work.
    await page.getByRole('link', { name: 'Create an account' }).click()
    for (const [label, value] of [['Name', 'Ada'], ['E-mail', emailOf('Ada')], ['Password', PASSWORD]] as const) await page.getByLabel(label, { exact: true }).fill(value)
    await page.getByRole('button', { name: 'Create account' }).click()
    await new Person('Ada', page, server).inRoom()
  })
})

test('the way back works once: again, it is said in words, and whoever is in stays in', async ({ visit, server, issuer }) => {
  const page = await visit()
  const seen = callbacks(page)
  await page.goto('/sign-in')
  await acme(page).click()
  await issuer.signIn(page, 'ada')
  const ada = new Person('Ada Byron', page, server)
  await ada.inRoom()
  await page.goto(seen[0] ?? '')
  await expect(page.getByRole('heading', { level: 1, name: 'This sign-in is over' })).toBeVisible()
  await expectClean(page)
  await page.reload()
  await expect(page.getByRole('heading', { level: 1, name: 'This sign-in is over' })).toBeVisible()
  await page.getByRole('link', { name: 'Back to sign-in' }).click()
  await ada.inRoom()

  // Nobody comes in by an address that was copied out of another's browser.
  const other = await visit()
  await other.goto(seen[0] ?? '')
  await expect(other.getByRole('heading', { level: 1 })).toHaveText('This sign-in is over')
  await other.getByRole('link', { name: 'Back to sign-in' }).click()
  await expect(acme(other)).toBeVisible()
})

test.describe('where the page finishes', () => {
  // Where it failed, the page that it is sent on to is fetched as data, which it isn't.
  // The issuer has no use for a question that was answered.
  test.use({ more: { SNUG_OAUTH_CALLBACK: 'page' }, provoked: { errors: [/status of 404/, /localhost.*status of 400|status of 400.*localhost/] } })

  test('the way back works once, too', async ({ visit, server, issuer }) => {
    const page = await visit()
    const seen = callbacks(page)
    await page.goto('/sign-in')
    await acme(page).click()
    await issuer.cancel(page)
    await expect(alert(page)).toContainText('The other site was told not to let you in here.')
    await acme(page).click()
    await issuer.signIn(page, 'ada')
    const ada = new Person('Ada Byron', page, server)
    await ada.inRoom()
    // The browser's button leads past the address with the code.
    await page.goBack()
    expect(new URL(page.url()).origin).toBe(issuer.url)
    await page.goForward()
    await ada.inRoom()

    await page.goto(seen.at(-1) ?? '')
    await expect(page.getByRole('heading', { level: 1, name: "That didn't work" })).toBeVisible()
    await expect(page.getByText('That sign-in took too long, or was begun in another browser.')).toBeVisible()
    await expectClean(page)
    await page.reload()
    await expect(page.getByRole('heading', { level: 1, name: "That didn't work" })).toBeVisible()
    await page.getByRole('link', { name: 'Back to signing in' }).click()
    await ada.inRoom()
  })
})

test('two tabs that sign in at once both get in', async ({ visit, server, issuer, watch }) => {
  const one = await visit()
  const two = await one.context().newPage()
  await watch.page(two, server.url)
  for (const page of [one, two]) {
    await page.goto('/sign-in')
    await acme(page).click()
    await expect(page.getByPlaceholder('Enter any login')).toBeVisible()
  }
  await issuer.signIn(two, 'ada')
  await new Person('Ada Byron', two, server).inRoom()
  await issuer.giveLogin(one, 'ada')
  const [here, there] = [new Person('Ada Byron', one, server), new Person('Ada Byron', two, server)]
  await here.inRoom()
  // The first session is over: its tab has come back with the second one.
  await here.post('from both')
  await expect(there.posted('from both')).toBeVisible()
  await expect(there.people).toHaveText(/1$/)
})

test('a provider is connected and disconnected on the account page', async ({ visit, server, issuer, watch }) => {
  const page = await visit()
  await signUpBy(page, 'Ada')
  const ada = new Person('Ada', page, server)
  const second = new Person('Ada', await page.context().newPage(), server)
  await watch.page(second.page, server.url)
  await second.open()
  await page.bringToFront() // what lies behind is drawn but once a second
  await page.goto('/account/sign-in')
  const toast = (title: string) => page.getByRole('region', { name: /notifications/i }).getByText(title)

  await page.getByRole('button', { name: 'Connect Acme' }).click()
  await issuer.signIn(page, 'bob')
  await expect(alert(page)).toContainText('Nothing was connected. That account has another e-mail address than yours here.')
  await expectClean(page)

  await page.context().clearCookies({ domain: 'localhost' }) // signed out there
  await page.getByRole('button', { name: 'Connect Acme' }).click()
  await issuer.cancel(page)
  await expect(alert(page)).toContainText('Nothing was connected. The other site was told not to')

  await page.getByRole('button', { name: 'Connect Acme' }).click()
  await issuer.signIn(page, 'ada')
  await expect(toast('Acme is connected')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Disconnect Acme' })).toBeVisible()
  expect(await whoami(page)).toMatchObject({ name: 'Ada', emailVerified: true })

  // The other tab has stayed where it was.
  await second.post('all well here')
  await expect(second.posted('all well here')).toBeVisible()
  await second.page.close()

  // It is a way in now.
  await signOut(ada)
  await acme(page).click()
  await ada.inRoom()

  await page.goto('/account/sign-in')
  await page.getByRole('button', { name: 'Disconnect Acme' }).click()
  await page.getByRole('alertdialog').getByRole('button', { name: 'Disconnect' }).click()
  await expect(toast('Acme is disconnected')).toBeVisible()
  await expect(page.getByRole('button', { name: 'Connect Acme' })).toBeVisible()
})

test.describe('an account with the same address', () => {
  test.use({ provoked: { errors: [/status of 401/, /WebSocket connection to .* failed/] } })

  test('is its owner’s, not theirs who took the address first', async ({ visit, server, issuer }) => {
    await withOwner(visit)
    const stranger = await visit()
    await signUpBy(stranger, 'Stranger', 'ada@example.org')
    const squatter = new Person('Stranger', stranger, server)
    await squatter.open()

    const page = await visit()
    await page.goto('/sign-in')
    await acme(page).click()
    await issuer.signIn(page, 'mallory') // the issuer doesn't know whether the address is hers
    await expect(alert(page)).toContainText('There is an account with this e-mail already. Sign in the way you did before')
    await page.context().clearCookies({ domain: 'localhost' })
    await acme(page).click()
    await issuer.signIn(page, 'ada')
    await new Person('Stranger', page, server).inRoom()
    expect(await whoami(page)).toMatchObject({ email: 'ada@example.org', emailVerified: true })

    await expect(stranger).toHaveURL(/\/sign-in/)
    await stranger.getByLabel('E-mail', { exact: true }).fill('ada@example.org')
    await stranger.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await stranger.getByRole('button', { name: /^Sign in/ }).click()
    await expect(alert(stranger)).toHaveText('Wrong e-mail or password.')
  })
})

test.describe('a provider whose people aren’t all let in', () => {
  test.use({ more: { SNUG_OIDC_ACME_EMAIL_DOMAINS: 'example.org', SNUG_OIDC_ACME_CLAIM: 'groups=staff', SNUG_OIDC_ACME_SCOPES: 'groups' } })

  test('says so to the others in words', async ({ visit, server, issuer }) => {
    for (const login of ['bob', 'carl', 'mallory']) { // no staff, another domain, an address that isn't verified
      const page = await visit()
      await page.goto('/sign-in')
      await acme(page).click()
      await issuer.signIn(page, login)
      await expect(alert(page)).toContainText('This server lets in only certain people from there.')
    }
    const page = await visit()
    await page.goto('/sign-in')
    await acme(page).click()
    await issuer.signIn(page, 'ada')
    await new Person('Ada Byron', page, server).inRoom()
  })
})

test.describe('a server by invitation', () => {
  test.use({ more: { SNUG_SIGN_UP: 'invite' } })

  test('takes somebody new by a provider only with one', async ({ visit, server, issuer }) => {
    const owner = await withOwner(visit)
    const page = await visit()
    await page.goto('/sign-in')
    await acme(page).click()
    await issuer.signIn(page, 'ada')
    await expect(alert(page)).toContainText('You need an invitation to make an account here.')

    await page.goto(await invitation(owner, server))
    await expect(page.getByRole('heading', { name: 'You are invited' })).toBeVisible()
    await expectClean(page)
    await page.getByRole('link', { name: 'Create your account' }).click()
    await acme(page).click()
    await new Person('Ada Byron', page, server).inRoom()
  })
})

async function invitation(owner: Page, server: Server): Promise<string> {
  const reply = await owner.context().request.post('/api/account/invites', { data: {}, headers: { Origin: server.url } })
  expect(reply.ok(), await reply.text()).toBe(true)
  return (await reply.json() as { url: string }).url
}

test.describe('a provider with rooms for newcomers', () => {
  test.use({ more: { SNUG_OIDC_ACME_ROOMS: 'global' } })

  test('opens one the first time; later, what one came for', async ({ visit, server, issuer }) => {
    const page = await visit()
    const ada = new Person('Ada Byron', page, server)
    await page.goto('/account/devices')
    await acme(page).click()
    await issuer.signIn(page, 'ada')
    await ada.inRoom()
    await expect(page).toHaveURL(`${server.url}/rooms/global`)
    await signOut(ada)
    await page.goto('/account/devices')
    await page.getByRole('button', { name: /Acme\s*Last used/ }).click()
    await expect(page).toHaveURL(`${server.url}/account/devices`)
    await expect(page.getByRole('heading', { level: 1, name: 'Devices' })).toBeVisible()
  })
})
