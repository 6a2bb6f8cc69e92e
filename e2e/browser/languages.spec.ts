import type { BrowserContextOptions, Page } from '@playwright/test'
import { expectClean } from './axe'
import { expect, outage, test, type Person } from './kit'
import { delivering } from './push-service'

// What lies beside the client has no icon, and a server that stops says so to whom it can't answer any more.
test.use({ serviceWorkers: 'allow', provoked: { errors: [...outage, /status of 404.*favicon\.ico/, /status of 503/] } })

// What the catalogues call the button of the account menu; from right to left a name is kept to itself.
const account = { en: 'Account: Ada', de: 'Konto: Ada', ar: 'الحساب: \u2068Ada\u2069' } as const
type Language = keyof typeof account

async function speaks(page: Page, language: Language): Promise<void> {
  await expect(page.locator('html')).toHaveAttribute('lang', language)
  await expect(page.locator('html')).toHaveAttribute('dir', language === 'ar' ? 'rtl' : 'ltr')
}

/** Opens the account menu, which on a phone stands below the list of rooms. */
async function openMenu({ page }: Person, language: Language): Promise<void> {
  const button = page.getByRole('button', { name: account[language] }).filter({ visible: true })
  await expect(button.or(page.locator('#composer')).first()).toBeVisible()
  if (!(await button.isVisible())) {
    await page.goto('/rooms')
    await expect(button).toBeVisible()
  }
  await button.click()
  await expect(page.getByRole('menu')).toBeVisible()
}

async function choose(person: Person, before: Language, next: Language, name: string): Promise<void> {
  await openMenu(person, before)
  await person.page.getByRole('menuitemradio', { name }).click()
  await speaks(person.page, next)
}

/** Until the worker is in place and knows that this language is spoken. */
async function installed(page: Page, language: Language): Promise<void> {
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready
    if (!navigator.serviceWorker.controller) await new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve, { once: true }))
  })
  await expect.poll(() => page.evaluate(async () => await (await caches.match('/spoken'))?.text())).toBe(language)
  if (language !== 'en') await expect.poll(() => keptCatalogues(page)).toContain(language)
}

/** Languages whose catalogues the browser keeps. */
async function keptCatalogues(page: Page): Promise<string[]> {
  return await page.evaluate(async () => {
    const found: string[] = []
    for (const name of await caches.keys()) {
      for (const request of await (await caches.open(name)).keys()) {
        const language = /^\/assets\/(\w\w)-[^/]+\.json$/.exec(new URL(request.url).pathname)?.[1]
        if (language) found.push(language)
      }
    }
    return found
  })
}

test('the sign-in page speaks what the browser prefers, and what is chosen', async ({ visit }) => {
  const page = await visit({ locale: 'de-AT' })
  await page.goto('/sign-in')
  await speaks(page, 'de')
  await expect(page.getByRole('heading', { name: 'Anmelden' })).toBeVisible()
  await page.getByLabel('E-Mail', { exact: true }).fill('ada@example.org')
  await page.getByLabel('Passwort', { exact: true }).fill('not to be kept')

  const german = page.getByRole('combobox', { name: 'Sprache' })
  await expect(german).toHaveValue('')
  await expect(german.getByRole('option')).toHaveText(['Automatisch', 'English', 'Español', 'Deutsch', '中文', 'العربية'])
  await german.focus()
  await german.selectOption('ar')
  await speaks(page, 'ar')
  // Where arrow keys choose at once, the next one goes on from here.
  await expect(page.getByRole('combobox', { name: 'اللغة' })).toBeFocused()
  await expect(page.getByRole('heading', { name: 'تسجيل الدخول' })).toBeVisible()
  await expect(page.getByLabel('البريد الإلكتروني', { exact: true })).toHaveValue('ada@example.org')
  await expect(page.getByLabel('كلمة المرور', { exact: true })).toHaveValue('')
  expect(await page.evaluate(() => JSON.stringify(Object.entries(sessionStorage)))).not.toContain('not to be kept')

  await page.getByRole('combobox', { name: 'اللغة' }).selectOption('en')
  await speaks(page, 'en')
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible()
  await page.getByRole('combobox', { name: 'Language' }).selectOption('')
  await speaks(page, 'de')
})

test('a language that is chosen stays, without a network as well, and nothing typed is lost by it', async ({ enter, server }) => {
  const ada = await enter('Ada')
  const { page } = ada
  await ada.post('said')
  await expect(ada.posted('said')).toBeVisible()
  await installed(page, 'en')
  expect(await keptCatalogues(page)).toEqual([])
  await ada.composer.press('ArrowUp')
  const edit = page.locator('textarea[id^="edit-"]')
  await edit.fill('said, and changed')
  await ada.composer.fill('half a thought')

  await choose(ada, 'en', 'ar', 'العربية')
  await expect(page.getByRole('navigation', { name: 'الغرف' })).toBeVisible()
  await expect(page.locator('#composer')).toHaveValue('half a thought')
  await expect(edit).toHaveValue('said, and changed')
  await page.reload()
  await speaks(page, 'ar')
  await installed(page, 'ar')
  expect(new Set(await keptCatalogues(page))).toEqual(new Set(['ar']))

  await server.stop()
  await page.reload()
  await speaks(page, 'ar')
  await expect(page.getByRole('navigation', { name: 'الغرف' })).toBeVisible()
  await expect(page.locator('#composer')).toHaveValue('half a thought')
  await server.start()
  // What is open closes when a page that began without a server gets to one.
  await page.reload()
  await speaks(page, 'ar')
  await expect(ada.rows.first()).toBeVisible()

  await choose(ada, 'ar', 'en', 'English')
  await expect(page.getByRole('navigation', { name: 'Rooms' })).toBeVisible()
  await expect(ada.composer).toHaveValue('half a thought')
  // The switcher knows languages by their own names.
  await page.getByRole('button', { name: /^Go to/ }).click()
  await page.getByRole('combobox', { name: 'Go to a room, a person or a command' }).fill('deutsch')
  await expect(page.getByRole('option', { name: 'Language: Deutsch' })).toBeVisible()
  await page.keyboard.press('Enter')
  await speaks(page, 'de')
})

test('who is told while nothing is open is told in their language', { tag: '@system' }, async ({ enter }) => {
  const ada = await enter('Ada', { permissions: ['notifications'] })
  const { page } = ada
  await installed(page, 'en')
  await choose(ada, 'en', 'ar', 'العربية')
  await installed(page, 'ar')
  const deliver = await delivering(page)
  await page.goto('/robots.txt')
  await deliver(JSON.stringify({ type: 'notice', notice: { id: 1, kind: 'mention', room: 'tea', roomName: 'Tea', seq: 1, messageId: 'm1', userId: 'b', userName: 'Bob', text: 'come back', at: 1, quiet: false } }))
  await expect
    .poll(() => page.evaluate(async () => (await (await navigator.serviceWorker.ready).getNotifications()).map((n) => n.title)))
    // Names of the other direction stand for themselves.
    .toEqual(['أشار إليك \u2068Bob\u2069 في \u2068#Tea\u2069'])
})

const phone: BrowserContextOptions = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true }
const modes: [string, BrowserContextOptions][] = [
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['light, phone', { colorScheme: 'light', ...phone }],
  ['dark, phone', { colorScheme: 'dark', ...phone }],
]

for (const [mode, options] of modes) {
  test(`axe finds nothing from right to left: ${mode}`, async ({ enter, visit }) => {
    const guest = await visit({ ...options, locale: 'ar-EG', reducedMotion: 'reduce' })
    await guest.goto('/sign-in')
    await speaks(guest, 'ar')
    await expect(guest.getByRole('combobox', { name: 'اللغة' })).toBeVisible()
    await expectClean(guest)
    await guest.goto('/sign-up')
    await expect(guest.getByRole('button', { name: 'إنشاء حساب' })).toBeVisible()
    await expectClean(guest)

    const ada = await enter('Ada', { ...options, reducedMotion: 'reduce' })
    const { page } = ada
    await ada.post('hello')
    await ada.post('שלום')
    await choose(ada, 'en', 'ar', 'العربية')
    await openMenu(ada, 'ar')
    await expectClean(page)
    await page.keyboard.press('Escape')
    await expect(page.getByRole('menu')).toHaveCount(0)
    await page.goto('/rooms/global')
    await expect(ada.posted('hello')).toBeVisible()
    await expectClean(page)
    // Nothing stands out at the side.
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
  })
}
