import path from 'node:path'
import { expectClean } from './axe'
import { emailOf, expect, outage, PASSWORD, test, type Person } from './kit'
import { actable } from './message-kit'
import { api, makeRoom, openRoom } from './rooms-kit'

test.use({ provoked: { errors: outage } })

async function look(person: Person, name: string): Promise<void> {
  const folder = process.env.E2E_LOOK
  if (folder) await person.page.screenshot({ path: path.join(folder, `${name}.png`) })
}

test('a call to many is asked about before it goes, and the text is never lost', async ({ enter, playwright, server }) => {
  const ada = await enter('Ada')
  const bob = await enter('Bob')
  for (let i = 1; i <= 10; i++) {
    const other = await playwright.request.newContext({ baseURL: server.url })
    const reply = await other.post('/api/auth/sign-up/email', { data: { name: `Person ${i}`, email: emailOf(`Person ${i}`), password: PASSWORD } })
    expect(reply.ok(), await reply.text()).toBe(true)
    await other.dispose()
  }
  const { page } = ada
  const question = page.getByRole('alertdialog', { name: 'Notify 11 people?' })
  const option = (name: RegExp) => page.getByRole('option', { name })

  // Among those whom one may name; a call is found by its other names too.
  await ada.composer.focus()
  await expect(page.locator('form [data-help]')).toBeAttached()
  await page.keyboard.type('@')
  await expect(option(/^@here/)).toContainText('Notify everybody who is online')
  await page.keyboard.type('every')
  await expect(option(/^@room/)).toContainText('Notify everybody in this room')
  await expectClean(page)
  await look(ada, 'call-suggestions')
  await page.keyboard.press('Enter')
  await expect(ada.composer).toHaveValue('@room ')
  await page.keyboard.type('lunch is here')

  await page.keyboard.press('Enter')
  await expect(question).toBeVisible()
  await expect(question.getByRole('button', { name: 'Send', exact: true })).toBeFocused()
  await expectClean(page)
  await look(ada, 'call-question')
  await page.keyboard.press('Escape')
  await expect(question).toHaveCount(0)
  await expect(ada.composer).toBeFocused()
  await expect(ada.composer).toHaveValue('@room lunch is here')
  await expect(ada.rows).toHaveCount(0)

  // The composer works on.
  await page.keyboard.type(' now')
  await page.keyboard.press('Enter')
  await question.getByRole('button', { name: 'Send without notifying' }).click()
  await expect(ada.composer).toHaveValue('')
  await expect(ada.posted('@room lunch is here now')).toBeVisible()
  await expect(ada.posted('@room lunch is here now').locator('.mention')).toHaveCount(0)

  // So is one that is typed in full.
  await page.keyboard.type('@Room, wake up')
  await page.keyboard.press('Enter')
  await expect(question).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(question).toHaveCount(0)
  await expect(ada.composer).toHaveValue('@room, wake up')
  await ada.composer.fill('')

  await expect(ada.composer).toBeFocused()
  await page.keyboard.type('@room')
  await expect(option(/^@room/)).toBeVisible()
  await page.keyboard.press('Enter')
  await expect(ada.composer).toHaveValue('@room ')
  await page.keyboard.type('come')
  await page.keyboard.press('Enter')
  await expect(question.getByRole('button', { name: 'Send', exact: true })).toBeFocused()
  // Not at once, so that a second press isn't taken for an answer.
  await expect(async () => {
    await page.keyboard.press('Enter')
    await expect(question).toHaveCount(0, { timeout: 250 })
  }).toPass()
  await expect(ada.posted('@room come').locator('.mention')).toHaveText('@room')
  await expect(bob.posted('@room come').locator('.mention')).toHaveText('@room')
  // He is there, and has read it at once.
  const items = async () => JSON.stringify((await api(bob, 'GET', '/api/inbox'))['items'])
  await expect.poll(items).toContain('(room:all) come')
  expect(await items()).not.toContain('lunch')

  // An edit that calls tells them too, and so asks; one of what called already doesn't.
  await bob.post('an edit')
  await expect(bob.posted('an edit')).toBeVisible()
  await actable(bob)
  await bob.composer.press('ArrowUp')
  const field = bob.page.getByRole('textbox', { name: 'Edit the message' })
  await expect(field).toBeFocused()
  await expect(bob.timeline.locator('[data-help]')).toBeAttached()
  await bob.page.keyboard.press('End')
  await bob.page.keyboard.type(' @room')
  await expect(bob.page.getByRole('option', { name: /^@room/ })).toBeVisible()
  await bob.page.keyboard.press('Enter')
  await expect(field).toHaveValue('an edit @room ')
  await bob.page.keyboard.press('Enter')
  const edited = bob.page.getByRole('alertdialog', { name: 'Notify 11 people?' })
  await edited.getByRole('button', { name: 'Cancel' }).click()
  await expect(edited).toHaveCount(0)
  await expect(field).toBeFocused()
  await expect(field).toHaveValue('an edit @room ')
  await field.press('Enter')
  await edited.getByRole('button', { name: 'Send', exact: true }).click()
  await expect(bob.posted('an edit @room').locator('.mention')).toHaveText('@room')
  await expect(field).toHaveCount(0)
  await bob.composer.press('ArrowUp')
  await expect(bob.timeline.locator('[data-help]')).toBeAttached()
  await field.press('End')
  await bob.page.keyboard.type(' soon')
  await bob.page.keyboard.press('Enter')
  await expect(bob.posted('an edit @room soon')).toBeVisible()
  await expect(edited).toHaveCount(0)
})

test('few are called without a question, and in a direct nobody is offered', async ({ enter }) => {
  const ada = await enter('Ada')
  const bob = await enter('Bob')
  const slug = await makeRoom(ada, 'Den', 'private', [bob])
  const composer = await openRoom(ada, slug, 'Den')
  await composer.focus()
  await expect(ada.page.locator('form [data-help]')).toBeAttached()
  await ada.page.keyboard.type('@here')
  await expect(ada.page.getByRole('option', { name: /^@here/ })).toBeVisible()
  await ada.page.keyboard.press('Enter')
  await ada.page.keyboard.type('hello')
  await ada.page.keyboard.press('Enter')
  await expect(ada.posted('@here hello').locator('.mention')).toHaveText('@here')
  await expect(ada.page.getByRole('alertdialog')).toHaveCount(0)

  // In a direct all hear of it anyway.
  const { slug: direct } = await api(ada, 'POST', '/api/rooms', { name: '', kind: 'direct', people: [await bob.id()] })
  await ada.page.goto(`/rooms/${direct}`)
  const other = ada.page.getByRole('textbox', { name: 'Message Bob' })
  await other.focus()
  await expect(ada.page.locator('form [data-help]')).toBeAttached()
  await ada.page.keyboard.type('@')
  await expect(ada.page.getByRole('option', { name: 'Bob' })).toBeVisible()
  await expect(ada.page.getByRole('option', { name: /^@/ })).toHaveCount(0)
})
