import path from 'node:path'
import { expectClean } from './axe'
import { emailOf, expect, outage, PASSWORD, test, type Person } from './kit'
import { actable, openMenu } from './message-kit'
import { api, makeRoom, openRoom } from './rooms-kit'

test.use({ provoked: { errors: [...outage, /status of (401|403|404)/] } })

/** A picture to look at, where a folder for those is named. */
async function look(person: Person, name: string): Promise<void> {
  const folder = process.env.E2E_LOOK
  if (folder) await person.page.screenshot({ path: path.join(folder, `${name}.png`) })
}

async function menuOf(person: Person, text: string, item: string): Promise<void> {
  const menu = await openMenu(person, person.posted(text))
  await menu.getByRole('menuitem', { name: item }).click()
}

test('a spammer is reported, and with all that they wrote shut out', async ({ enter }) => {
  const mod = await enter('Mod') // the first one owns the server
  const ada = await enter('Ada')
  const spammer = await enter('Sam')
  for (const text of ['buy watches', 'buy more watches', 'buy all watches']) await spammer.post(text)
  await mod.post('what a fine day')
  // What comes moves what was there from under the pointer.
  await expect(ada.posted('what a fine day')).toBeVisible()
  for (const text of ['buy watches', 'buy more watches', 'buy all watches']) await expect(ada.posted(text)).toBeVisible()

  await menuOf(ada, 'buy more watches', 'Report…')
  const report = ada.page.getByRole('dialog', { name: 'Report this message' })
  await report.getByLabel('What is wrong with it?').fill('It is an advertisement')
  await expectClean(ada.page)
  await look(ada, 'report-light')
  await report.getByRole('button', { name: 'Report' }).click()
  await expect(ada.page.getByText('Thank you. It is reported')).toBeVisible()
  // Somebody who looks after nothing has no such page in the menu.
  await ada.openAccountMenu()
  await expect(ada.page.getByRole('menuitem', { name: 'Account' })).toBeVisible()
  await expect(ada.page.getByRole('menuitem', { name: 'Moderation' })).toHaveCount(0)

  // The report keeps what it said.
  await spammer.page.reload()
  await spammer.inRoom()
  await mod.openAccountMenu()
  await mod.page.getByRole('menuitem', { name: 'Moderation' }).click()
  const item = mod.page.getByRole('list', { name: 'Reports' }).getByRole('listitem')
  await expect(item).toContainText('It is an advertisement')
  await expect(item).toContainText('buy more watches')
  await expectClean(mod.page)
  await look(mod, 'reports-light')
  await mod.page.emulateMedia({ colorScheme: 'dark' })
  await look(mod, 'reports-dark')
  await mod.page.setViewportSize({ width: 360, height: 740 })
  await look(mod, 'reports-phone')
  await expect.poll(() => mod.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBeLessThanOrEqual(0)
  await mod.page.setViewportSize({ width: 1280, height: 800 })
  await mod.page.emulateMedia({ colorScheme: 'light' })

  await item.getByRole('button', { name: 'Show it' }).click()
  await expect(mod.posted('buy more watches')).toBeVisible()
  await mod.posted('buy watches').getByRole('button', { name: 'Sam' }).click()
  const card = mod.page.getByRole('dialog', { name: 'Sam' })
  await expect(card.getByRole('button', { name: 'Write to Sam' })).toBeVisible()
  await card.getByRole('button', { name: 'Delete all they wrote in' }).click()
  const sure = mod.page.getByRole('alertdialog')
  await expect(sure.getByRole('button', { name: 'Back' })).toBeFocused()
  await sure.getByRole('button', { name: 'Back' }).press('Enter')
  await expectClean(mod.page)
  await look(mod, 'card-light')
  await card.getByRole('button', { name: 'Delete all they wrote in' }).click()
  await sure.getByRole('button', { name: 'Delete all' }).click()
  for (const person of [mod, ada, spammer]) {
    await expect(person.posted('watches')).toHaveCount(0)
    await expect(person.posted('what a fine day')).toBeVisible()
  }

  await mod.page.goto('/moderation')
  await item.getByRole('button', { name: 'About Sam…' }).click()
  await card.getByRole('button', { name: 'Ban from the server…' }).click()
  await sure.getByLabel('Why?').fill('advertisements')
  await sure.getByText('Delete all that they wrote', { exact: true }).click()
  await expectClean(mod.page)
  await look(mod, 'ban-light')
  await sure.getByRole('button', { name: 'Ban', exact: true }).click()
  await expect(spammer.page.getByRole('heading', { name: "You can't be here any more" })).toBeVisible()
  await item.getByRole('button', { name: 'Mark handled' }).click()
  await mod.page.getByRole('dialog', { name: 'Mark as handled?' }).getByRole('button', { name: 'Handled' }).click()
  await expect(mod.page.getByText('Nothing is waiting for you.')).toBeVisible()

  await mod.page.reload()
  await mod.page.getByText('Audit log', { exact: true }).click()
  const log = mod.page.getByRole('list', { name: 'Audit log' })
  await expect(log).toContainText('Mod banned Sam: advertisements')
  await expect(log).toContainText('Mod deleted all messages of Sam in all rooms')
  await expect(log).toContainText('Mod handled a report about Sam')
  await expectClean(mod.page)
  await look(mod, 'log-light')
  // By keys alone: who it is about, as a menu has it.
  await mod.open()
  await ada.page.goto('/')
  await ada.inRoom()
  await ada.post('a word of mine')
  await actable(mod)
  await mod.posted('a word of mine').focus()
  await expect(mod.posted('a word of mine')).toBeFocused()
  await mod.page.keyboard.press('Enter')
  await mod.page.getByRole('menuitem', { name: 'About Ada…' }).press('Enter')
  await expect(mod.page.getByRole('dialog', { name: 'Ada' })).toBeVisible()
  await mod.page.keyboard.press('Escape')
  await expect(mod.page.getByRole('dialog', { name: 'Ada' })).toHaveCount(0)
})

test('an invitation leads into a private room, with an account and without', async ({ enter, visit }) => {
  const owner = await enter('Owner')
  const ada = await enter('Ada')
  const slug = await makeRoom(owner, 'Council', 'private')
  await openRoom(owner, slug, 'Council')
  await owner.page.getByRole('heading', { level: 1 }).getByRole('button').click()
  const panel = owner.page.getByRole('complementary', { name: 'Room', exact: true })
  await panel.getByRole('tab', { name: 'Members' }).click()
  await panel.getByRole('button', { name: 'Invite by link' }).click()
  const dialog = owner.page.getByRole('dialog', { name: /^Invite to/ })
  await dialog.getByLabel('How many people').fill('2')
  await expectClean(owner.page)
  await dialog.getByRole('button', { name: 'Make link' }).click()
  const made = owner.page.getByRole('dialog', { name: 'Your invitation' })
  await expect(made.getByRole('img', { name: 'The link, for the camera of a phone' })).toBeVisible()
  await look(owner, 'invite-light')
  const link = (await made.getByRole('group', { name: 'Link' }).textContent()) ?? ''
  expect(link).toMatch(/\/invite\/\w+/)
  await made.getByRole('button', { name: 'Done' }).click()

  await ada.page.goto(link)
  await expect(ada.page).toHaveURL(new RegExp(`/rooms/${slug}`))
  await expect(ada.page.getByRole('textbox', { name: /^Message/ })).toBeVisible()

  const page = await visit()
  await page.goto(link)
  await expect(page.getByRole('main')).toContainText('Owner invited you to the room Council.')
  await page.getByRole('link', { name: 'Create your account' }).click()
  await page.getByLabel('Name').fill('Bob')
  await page.getByLabel('E-mail').fill(emailOf('Bob'))
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.getByRole('button', { name: 'Create account' }).click()
  await expect(page).toHaveURL(new RegExp(`/rooms/${slug}`))
  await expect(page.getByRole('textbox', { name: /^Message/ })).toBeVisible()
  // It was good for two.
  const late = await enter('Late')
  await late.page.goto(link)
  await expect(late.page.getByRole('heading', { name: 'You are in already' })).toBeVisible()
  await expect(late.page.getByRole('main')).toContainText(/used up/)
  const { members } = (await api(owner, 'GET', `/api/rooms/${slug}/members`)) as { members?: unknown[] }
  expect(members).toHaveLength(3)
})

test('who moderates sees at once that a report waits, and that it was handled', async ({ enter }) => {
  const mod = await enter('Mod')
  const second = await enter('Second')
  await api(mod, 'PUT', `/api/people/${await second.id()}/role`, { role: 'moderator' })
  await second.page.reload()
  await second.inRoom()
  const ada = await enter('Ada')
  const bob = await enter('Bob')
  await bob.post('buy watches')
  await menuOf(ada, 'buy watches', 'Report…')
  await ada.page.getByRole('dialog', { name: 'Report this message' }).getByRole('button', { name: 'Report' }).click()

  const account = (person: Person) => person.page.getByRole('button', { name: `Account: ${person.name}` })
  for (const person of [mod, second]) await expect(account(person)).toHaveAccessibleDescription('1 open report')
  await look(second, 'open-reports')
  await expectClean(second.page)
  await expect(account(ada)).not.toHaveAccessibleDescription(/report/)
  await second.openAccountMenu()
  await expect(second.page.getByRole('menuitem', { name: 'Moderation 1 open report' })).toBeVisible()
  await look(second, 'open-reports-menu')
  await second.page.keyboard.press('Escape')

  await mod.page.goto('/moderation')
  await mod.page.getByRole('button', { name: 'Mark handled' }).click()
  await mod.page.getByRole('dialog', { name: 'Mark as handled?' }).getByRole('button', { name: 'Handled' }).click()
  for (const person of [mod, second]) await expect(account(person)).not.toHaveAccessibleDescription(/report/)
  await mod.page.goto('/rooms/global')
  await mod.inRoom()
  await expect(account(mod)).not.toHaveAccessibleDescription(/report/)
})
