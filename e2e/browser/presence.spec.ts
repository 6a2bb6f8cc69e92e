import type { BrowserContextOptions, Locator } from '@playwright/test'
import { expectClean } from './axe'
import { expect, outage, test, type Person } from './kit'
import { actable } from './message-kit'
import { api, roomNamed } from './rooms-kit'

test.use({ provoked: { errors: outage } })

// With SHOTS each view is kept as eyes see it, in all modes.
const shots = process.env.SHOTS

const direct = (person: Person, other: string) => person.page.getByRole('textbox', { name: `Message ${other}` })
const dialog = (person: Person) => person.page.getByRole('dialog', { name: 'Your status' })
/** How the other of a direct is, as the list of rooms says it. */
const listed = (person: Person, other: string, state: string) => roomNamed(person, new RegExp(`^${other}.* \\(${state}\\)$`))

async function openDirect(person: Person, slug: string, other: string): Promise<Locator> {
  await person.page.goto(`/rooms/${slug}`)
  await expect(direct(person, other)).toBeVisible()
  return direct(person, other)
}

async function askStatus(person: Person): Promise<Locator> {
  await person.openAccountMenu()
  await person.page.getByRole('menuitem', { name: /status/ }).click()
  await expect(dialog(person).getByRole('button', { name: 'Save' })).toBeVisible()
  return dialog(person)
}

test('a status, being away and what was seen are told to the other of a direct', async ({ enter }) => {
  const ada = await enter('Ada')
  const bob = await enter('Bob')
  const { slug } = await api(ada, 'POST', '/api/rooms', { name: '', kind: 'direct', people: [await bob.id()] })
  const composer = await openDirect(ada, slug, 'Bob')
  await expect(listed(ada, 'Bob', 'online')).toBeVisible()

  // Set by the keyboard alone.
  const asked = await askStatus(bob)
  const words = asked.getByRole('textbox', { name: "What's going on" })
  await expect(words).toBeFocused()
  await words.fill('Reading proofs')
  await bob.page.keyboard.press('Shift+Tab')
  await expect(asked.getByRole('button', { name: 'Choose an emoji' })).toBeFocused()
  await bob.page.keyboard.press('Enter')
  const search = bob.page.getByRole('combobox', { name: 'Search emoji' })
  await expect(search).toBeFocused()
  await bob.page.keyboard.press('Escape')
  await expect(asked.getByRole('button', { name: 'Choose an emoji' })).toBeFocused()
  await bob.page.keyboard.press('Enter')
  await expect(search).toBeFocused()
  await search.fill('headphone')
  await expect(bob.page.getByRole('gridcell', { name: /headphone/ }).first()).toBeVisible()
  await bob.page.keyboard.press('Enter')
  await expect(asked.getByRole('button', { name: 'Emoji: 🎧. Choose another' })).toBeFocused()
  await asked.getByRole('checkbox', { name: 'Do not disturb' }).press('Space')
  await asked.getByRole('combobox', { name: 'Clear after' }).selectOption('1 hour')
  await words.press('Enter')
  await expect(asked).toBeHidden()
  await expect(bob.page.getByRole('button', { name: 'Account: Bob' })).toBeFocused()

  await expect(listed(ada, 'Bob Reading proofs', 'do not disturb')).toBeVisible()
  const head = ada.page.locator('main > header')
  await expect(head.getByRole('img', { name: 'Reading proofs' })).toHaveText('🎧')
  await expect(head.getByText('Reading proofs', { exact: true })).toBeVisible()

  // Cleared, it is gone for the other too.
  await (await askStatus(bob)).getByRole('button', { name: 'Clear status' }).click()
  await expect(dialog(bob)).toBeHidden()
  await expect(listed(ada, 'Bob', 'online')).toBeVisible()
  await expect(head.getByRole('img', { name: 'Reading proofs' })).toHaveCount(0)

  // What one wrote is seen once the other looks.
  await composer.fill('Are you in tonight?')
  await composer.press('Enter')
  await expect(ada.posted('Are you in tonight?')).toBeVisible()
  await expect(ada.timeline.getByText(/^Seen by/)).toHaveCount(0)
  await openDirect(bob, slug, 'Ada')
  await expect(ada.posted('Are you in tonight?').getByText('Seen by Bob')).toBeVisible()
})

test('who does nothing for five minutes is away until they do something', async ({ enter }) => {
  const ada = await enter('Ada')
  const bob = await enter('Bob')
  const { slug } = await api(ada, 'POST', '/api/rooms', { name: '', kind: 'direct', people: [await bob.id()] })
  await openDirect(ada, slug, 'Bob')
  await bob.page.clock.install()
  await openDirect(bob, slug, 'Ada')
  await expect(listed(ada, 'Bob', 'online')).toBeVisible()
  // Who does nothing is looked at from some time after the page's start on.
  await expect(async () => {
    await bob.page.clock.fastForward('05:01')
    await expect(listed(ada, 'Bob', 'away')).toBeVisible({ timeout: 3_000 })
  }).toPass({ timeout: 60_000 })
  await expect(ada.page.locator('main > header [data-state=away]')).toBeVisible()
  await bob.page.keyboard.press('Shift')
  await expect(listed(ada, 'Bob', 'online')).toBeVisible()
})

const modes: [string, BrowserContextOptions][] = [
  ['light', { colorScheme: 'light', reducedMotion: 'reduce' }],
  ['dark', { colorScheme: 'dark', reducedMotion: 'reduce' }],
  ['phone', { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, reducedMotion: 'reduce', ...(shots !== undefined && { deviceScaleFactor: 2 }) }],
]

for (const [mode, options] of shots === undefined ? modes.slice(-1) : modes) {
  test(`axe finds nothing in how people are shown: ${mode}`, async ({ enter }) => {
    const ada = await enter('Ada Bright', options)
    const bob = await enter('Bob Carver')
    const { page } = ada
    const look = async (view: string) => {
      await expectClean(page)
      if (shots !== undefined) await page.screenshot({ path: `${shots}/presence-${view}-${mode}.png` })
    }
    await api(bob, 'PUT', '/api/status', { emoji: '🎧', text: 'Reading proofs until the very last page is done', until: 0, dnd: true })
    const { slug } = await api(ada, 'POST', '/api/rooms', { name: '', kind: 'direct', people: [await bob.id()] })
    await page.goto('/rooms')
    await expect(listed(ada, 'Bob Carver .*', 'do not disturb')).toBeVisible()
    await look('list')
    const asked = await askStatus(ada)
    await look('dialog')
    await asked.getByRole('button', { name: 'Choose an emoji' }).click()
    await expect(asked.getByRole('gridcell', { name: 'thumbs up' }).first()).toBeVisible()
    await look('emoji')
    await asked.getByRole('button', { name: 'Choose an emoji' }).click()
    await asked.getByRole('button', { name: 'On holiday' }).click()
    await asked.getByRole('button', { name: 'Save' }).click()
    await expect(asked).toBeHidden()
    await (await openDirect(ada, slug, 'Bob Carver')).fill('Are you in tonight?')
    await direct(ada, 'Bob Carver').press('Enter')
    await expect(ada.posted('Are you in tonight?')).toBeVisible()
    await openDirect(bob, slug, 'Ada Bright')
    await expect(ada.timeline.getByText('Seen by Bob Carver')).toBeVisible()
    await look('direct')
    await bob.page.goto('/rooms/global')
    await page.goto('/rooms/global')
    await expect(ada.people).toHaveAccessibleName('2 people here')
    await ada.people.click()
    await expect(page.getByRole('list', { name: 'People here' }).getByText('do not disturb')).toBeVisible()
    await look('people')
  })
}

test("a person's card says how they are, and a status ends when one wants it to", async ({ enter }) => {
  const ada = await enter('Ada')
  const bob = await enter('Bob')
  await bob.post('hello')
  const asked = await askStatus(bob)
  await asked.getByRole('textbox', { name: "What's going on" }).fill('Reading proofs')
  await asked.getByRole('combobox', { name: 'Clear after' }).selectOption('At a time of my own')
  const at = asked.getByLabel('Clear at')
  await expect(at).toBeFocused()
  await at.fill('2020-01-01T10:00')
  await asked.getByRole('button', { name: 'Save' }).click()
  await expect(asked.getByRole('alert').filter({ hasText: 'Choose a time that is still to come' })).toBeVisible()
  await expectClean(bob.page)
  // Chosen by the page's own clock.
  const tomorrow = await bob.page.evaluate(() => {
    const day = new Date(Date.now() + 24 * 3_600_000)
    const two = (n: number) => String(n).padStart(2, '0')
    return { field: `${day.getFullYear()}-${two(day.getMonth() + 1)}-${two(day.getDate())}T09:30`, time: day.setHours(9, 30, 0, 0) }
  })
  await at.fill(tomorrow.field)
  await asked.getByRole('button', { name: 'Save' }).click()
  await expect(asked).toBeHidden()
  expect((await api(bob, 'GET', '/api/status'))['until']).toBe(tomorrow.time)

  await actable(ada)
  await ada.posted('hello').getByRole('button', { name: 'Bob' }).click()
  const card = ada.page.getByRole('dialog', { name: 'Bob' })
  await expect(card.getByTestId('state')).toHaveText(/Reading proofs until .*9:30.*online$/)
  await expect(card.locator('svg[data-state=online]')).toBeVisible()
  await expectClean(ada.page)
  if (shots !== undefined) await ada.page.screenshot({ path: `${shots}/card.png` })
  await bob.page.close()
  await expect(card.getByTestId('state')).toHaveText(/offline$/)
})
