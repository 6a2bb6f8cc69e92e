import type { Page } from '@playwright/test'
import { expect, outage, test, type Person } from './kit'
import { actable, rowOf, say, walkTo } from './message-kit'
import { api, makeRoom, openRoom, roomNamed } from './rooms-kit'

// Where the focus is, and what is said, for those who go by keys or by ear.

test.use({ provoked: { errors: [...outage, /status of (401|403|404)/] } })

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true } as const

/** Nobody's focus is on the page as a whole, or nowhere. */
async function somewhere(page: Page): Promise<void> {
  await expect.poll(() => page.evaluate(() => document.activeElement !== document.body && document.activeElement?.id !== 'main')).toBe(true)
}

async function mentionOf(person: Person, words: string): Promise<string> {
  return `@[${person.name}](user:${await person.id()}) ${words}`
}

test('a row that has the focus says who wrote it, what, and when', async ({ enter }) => {
  const ada = await enter('Ada')
  const bob = await enter('Bob')
  const first = await say(bob, 'Who has the **key**?')
  const second = await say(bob, 'and the lamp')
  const gone = await say(bob, 'never mind')
  await api(bob, 'DELETE', `/api/rooms/global/messages/${gone.id}`)
  const row = rowOf(ada, first)
  await walkTo(ada, row)
  await expect(row).toHaveAccessibleName('Bob')
  await expect(row).toHaveAccessibleDescription(/^Who has the key\?\s\d\d:\d\d$/)
  await expect(rowOf(ada, second)).toHaveAccessibleDescription(/^and the lamp\s\d\d:\d\d$/)
  await expect(rowOf(ada, gone)).toHaveAccessibleDescription(/^Message deleted\s\d\d:\d\d$/)

  await row.focus()
  await ada.page.keyboard.press('t')
  const panel = ada.page.getByRole('complementary', { name: 'Thread', exact: true })
  await expect(panel.getByRole('article', { name: 'Bob' })).toHaveAccessibleDescription(/^Who has the key\?\s\d\d:\d\d$/)
  // What others answer is said as what others post is.
  const log = panel.getByRole('log', { name: 'New replies' })
  await expect(log).toHaveText('')
  await say(bob, 'I have it', { thread: first.id })
  await expect(log).toHaveText('Bob: I have it')
})

test('dialogs of a message give the focus back to its row', async ({ enter }) => {
  const ada = await enter('Ada')
  const bob = await enter('Bob')
  const row = rowOf(ada, await say(bob, 'hello'))
  await walkTo(ada, row)
  for (const item of ['Forward…', 'About Bob…', 'Report…']) {
    await ada.page.keyboard.press('Enter')
    await ada.page.getByRole('menuitem', { name: item }).focus()
    await ada.page.keyboard.press('Enter')
    const dialog = ada.page.getByRole('dialog')
    await expect(dialog).toBeVisible()
    await expect.poll(() => dialog.evaluate((d) => d.contains(document.activeElement))).toBe(true)
    await ada.page.keyboard.press('Escape')
    await expect(dialog).toHaveCount(0)
    await expect(row).toBeFocused()
  }
})

test('in Moderation the person’s dialog gives the focus back', async ({ enter }) => {
  const ada = await enter('Ada') // the first one owns the server
  const bob = await enter('Bob')
  const said = await say(ada, 'hello')
  await api(bob, 'POST', `/api/rooms/global/messages/${said.id}/report`, { reason: 'why not' })
  await ada.page.goto('/moderation')
  const about = ada.page.getByRole('button', { name: 'About Ada…' })
  await about.focus()
  await ada.page.keyboard.press('Enter')
  await expect(ada.page.getByRole('dialog')).toBeVisible()
  await ada.page.keyboard.press('Escape')
  await expect(about).toBeFocused()
})

test('what goes with its press leaves the focus near', async ({ enter }) => {
  const ada = await enter('Ada')
  const bob = await enter('Bob')
  const { page } = ada
  const row = rowOf(ada, await say(ada, 'hello'))

  // One's only reaction.
  await actable(ada)
  await row.focus()
  await page.keyboard.press('Enter')
  await page.getByRole('menuitemcheckbox').first().focus()
  await page.keyboard.press('Enter')
  const reaction = row.getByRole('button', { name: /, you$/ })
  await expect(reaction).toHaveAttribute('aria-pressed', 'true')
  await reaction.focus()
  await page.keyboard.press('Enter')
  await expect(reaction).toHaveCount(0)
  await expect(row).toBeFocused()

  // The way to the end.
  for (let i = 0; i < 40; i++) await say(bob, `line ${i}`)
  await expect(ada.row('line 39')).toBeVisible()
  await ada.timeline.focus()
  await page.keyboard.press('Home')
  const pill = page.getByRole('button', { name: 'To the newest' })
  await pill.focus()
  await page.keyboard.press('Enter')
  await expect(ada.row('line 39')).toBeInViewport()
  await expect(pill).toHaveCount(0)
  await expect(ada.timeline).toBeFocused()

  // An entry of the inbox.
  await page.goto('/browse')
  await say(bob, await mentionOf(ada, 'come here'))
  await page.goto('/inbox')
  const entry = page.getByRole('list', { name: 'Entries' }).getByRole('link')
  await page.getByRole('button', { name: 'Mark as read' }).focus()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('button', { name: 'Mark as read' })).toHaveCount(0)
  await expect(entry).toBeFocused()

  // Joining, in the list of all rooms and from within; and leaving.
  await makeRoom(bob, 'Tea', 'public')
  const slug = await makeRoom(bob, 'Cake', 'public')
  await page.goto('/browse')
  await page.getByRole('button', { name: 'Join Tea' }).focus()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('link', { name: 'Open Tea' })).toBeFocused()
  const field = await openRoom(ada, slug, '#cake')
  await page.getByRole('region', { name: 'Join this room' }).getByRole('button', { name: 'Join' }).focus()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('region', { name: 'Join this room' })).toHaveCount(0)
  await expect(field).toBeFocused()
  await page.getByRole('heading', { level: 1 }).getByRole('button').click()
  const panel = page.getByRole('complementary', { name: 'Room', exact: true })
  await panel.getByRole('button', { name: 'Leave #cake' }).focus()
  await page.keyboard.press('Enter')
  await expect(panel.getByRole('button', { name: 'Leave #cake' })).toHaveCount(0)
  await expect(panel.getByRole('heading', { level: 2, name: 'Room' })).toBeFocused()
})

test('what others do leaves the focus on what came in its place, and takes it from nobody who writes', async ({ enter }) => {
  const ada = await enter('Ada')
  const bob = await enter('Bob')
  const { page } = bob
  const slug = await makeRoom(ada, 'Tea', 'private', [bob])
  const field = await openRoom(bob, slug, 'Tea')
  const path = `/api/rooms/${slug}/members/${await bob.id()}`
  const mute = () => api(ada, 'PUT', `${path}/mute`, { seconds: 3_600 })
  const unmute = () => api(ada, 'DELETE', `${path}/mute`)
  await field.fill('a long thought')
  await expect(field).toBeFocused()
  await mute()
  const note = page.getByRole('status').filter({ hasText: 'You are muted here until' })
  await expect(note).toBeFocused()
  await unmute()
  await expect(field).toHaveValue('a long thought')

  // Somebody who writes elsewhere goes on writing there.
  await mute()
  await expect(note).toBeVisible()
  await page.getByRole('button', { name: 'Search messages' }).click()
  const words = page.getByRole('searchbox', { name: 'Search messages' })
  await expect(words).toBeFocused()
  await unmute()
  await expect(field).toBeVisible()
  await page.keyboard.type('soup')
  await expect(words).toHaveValue('soup')

  await field.focus()
  await api(ada, 'DELETE', path)
  await expect(page.getByRole('heading', { level: 1, name: 'You are not in Tea any more' })).toBeFocused()

  await bob.open()
  await expect(bob.composer).toBeFocused()
  await api(ada, 'PUT', `/api/people/${await bob.id()}/ban`, { reason: '', deleteMessages: false })
  const title = page.getByRole('alert').getByRole('heading', { name: "You can't be here any more" })
  await expect(title).toBeFocused()
})

test('on a phone, who comes to a room is at its name, and who goes back at the room that was left', async ({ enter }) => {
  const ada = await enter('Ada', phone)
  const { page } = ada
  await page.getByRole('link', { name: 'All rooms' }).tap()
  const global = roomNamed(ada, 'global')
  await expect(global).toBeFocused()
  await global.tap()
  await expect(page.getByRole('heading', { level: 1, name: 'global' })).toBeFocused()
  // A panel that closes opens no keyboard.
  await page.getByRole('heading', { level: 1 }).getByRole('button').tap()
  await page.getByRole('complementary', { name: 'Room', exact: true }).getByRole('button', { name: 'Close room' }).first().tap()
  await expect(page.getByRole('complementary', { name: 'Room', exact: true })).toHaveCount(0)
  await expect(ada.composer).not.toBeFocused()
})

test('a narrow window without touch: the way back leads to the room that was left', async ({ enter }) => {
  const ada = await enter('Ada', { viewport: { width: 320, height: 640 } })
  await ada.page.getByRole('link', { name: 'All rooms' }).focus()
  await ada.page.keyboard.press('Enter')
  await expect(roomNamed(ada, 'global')).toBeFocused()
})

test('keys of a composition close nothing and choose nobody', async ({ enter }) => {
  const ada = await enter('Ada')
  await enter('Bob')
  const { page } = ada
  for (const open of ['New room', 'New message'] as const) {
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await page.getByRole('menuitem', { name: open }).click()
    const dialog = page.getByRole('dialog')
    const field = dialog.getByRole(open === 'New room' ? 'textbox' : 'combobox').first()
    await field.fill('B')
    await field.dispatchEvent('keydown', { key: 'Escape', isComposing: true, keyCode: 229 })
    if (open === 'New message') {
      await expect(dialog.getByRole('option', { name: 'Bob' })).toBeVisible()
      await field.dispatchEvent('keydown', { key: 'Enter', keyCode: 229 })
      await expect(dialog.getByRole('button', { name: 'Remove Bob' })).toHaveCount(0)
    }
    await expect(field).toHaveValue('B')
    await dialog.getByRole('button', { name: 'Cancel' }).click()
    await expect(dialog).toHaveCount(0)
  }
  await page.keyboard.press('Control+k')
  const field = page.getByRole('combobox', { name: 'Go to a room, a person or a command' })
  await field.fill('tea')
  await field.dispatchEvent('keydown', { key: 'Escape', isComposing: true, keyCode: 229 })
  await expect(field).toHaveValue('tea')
  await page.keyboard.press('Escape')
  await expect(field).toHaveCount(0)
})

test('the people of a room are walked, opened and left by keys', async ({ enter }) => {
  const ada = await enter('Ada')
  await enter('Bob')
  const { page } = ada
  await expect(ada.people).toHaveAccessibleName('2 people here')
  const list = page.getByRole('list', { name: 'People here' })
  await ada.people.focus()
  for (const _ of ['first', 'again']) {
    await page.keyboard.press('Enter')
    await expect(list.getByRole('button').first()).toBeFocused()
    await page.keyboard.press('ArrowDown')
    await expect(list.getByRole('button').nth(1)).toBeFocused()
    // On from where the list stands, and not from the beginning of the page.
    await page.keyboard.press('Tab')
    await expect(list).toHaveCount(0)
    await expect(page.getByRole('button', { name: 'Search messages' })).toBeFocused()
    await ada.people.focus()
  }
  await page.keyboard.press('Enter')
  await expect(list.getByRole('button').first()).toBeFocused()
  await list.getByRole('button', { name: 'Bob' }).focus()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('dialog', { name: 'Bob' })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(ada.people).toBeFocused()
})

test('the account menu begins at its first item, the first time too', async ({ enter }) => {
  const ada = await enter('Ada')
  const button = ada.page.getByRole('button', { name: 'Account: Ada' }).filter({ visible: true })
  for (const _ of ['first', 'again']) {
    await button.focus()
    await ada.page.keyboard.press('Enter')
    await expect(ada.page.getByRole('menuitem', { name: 'Set a status' })).toBeFocused()
    await ada.page.keyboard.press('Escape')
    await expect(button).toBeFocused()
  }
  await somewhere(ada.page)
})
