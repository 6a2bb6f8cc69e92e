import type { BrowserContextOptions } from '@playwright/test'
import { expectClean } from './axe'
import { BACK, expect, outage, test } from './kit'
import { atRest } from './reading-kit'
import { chatter, seed } from './seed'

test.use({ provoked: { errors: [...outage, /status of (401|404)/] } })

const modes: [string, BrowserContextOptions][] = [
  // Without motion nothing is looked at half faded in.
  ['light', { colorScheme: 'light', reducedMotion: 'reduce' }],
  ['dark', { colorScheme: 'dark', reducedMotion: 'reduce' }],
  ['phone', { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, reducedMotion: 'reduce' }],
]

for (const [mode, options] of modes) {
  test(`axe finds nothing on the pages before the room: ${mode}`, async ({ visit }) => {
    const page = await visit(options)
    for (const [path, button] of [['/sign-in', 'Sign in'], ['/sign-up', 'Create account']] as const) {
      await page.goto(path)
      await expect(page.getByRole('button', { name: button })).toBeVisible()
      await expectClean(page, path)
      await page.getByRole('button', { name: button }).click()
      await expect(page.getByText('Enter your e-mail address.')).toBeVisible()
      await expectClean(page, `${path} with faults`)
    }
    await page.goto('/sign-in')
    await page.getByLabel('E-mail').fill('nobody@example.org')
    await page.getByLabel('Password', { exact: true }).fill('not this one')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await expect(page.getByRole('alert')).toHaveText('Wrong e-mail or password.')
    await expectClean(page, 'a refusal')
  })

  test(`axe finds nothing in what is said in passing: ${mode}`, async ({ enter }) => {
    const ada = await enter('Ada', options)
    for (const text of ['one', 'two', 'three']) await ada.post(text)
    // It comes together with what can be done with messages.
    await expect(ada.page.getByRole('button', { name: 'Search messages' })).toBeVisible()
    const toast = (words: string) => ada.page.getByRole('status').filter({ hasText: words })
    await ada.posted('three').focus()
    await ada.page.keyboard.press('u')
    await expect(toast('Marked unread from here')).toBeVisible()
    await ada.posted('three').focus()
    await ada.page.keyboard.press('Delete')
    await expect(toast('Message deleted.').getByRole('button', { name: 'Undo' })).toBeVisible()
    await ada.page.context().setOffline(true)
    await ada.posted('two').focus()
    await ada.page.keyboard.press('u')
    await expect(toast('It is still read')).toBeVisible()
    await expectClean(ada.page, 'toasts')
  })

  test(`axe finds nothing in the room: ${mode}`, async ({ browser, enter, server }) => {
    const ada = await enter('Ada', options)
    await expect(ada.timeline.getByText('Nobody has said anything yet')).toBeVisible()
    await expectClean(ada.page, 'an empty room')
    const bob = await enter('Bob')
    await bob.post('hello https://example.org')
    await seed(browser, server, 'Cleo', chatter(80))
    await ada.post('and I')
    await expect(ada.posted('and I')).toBeInViewport()
    await expectClean(ada.page, 'messages')

    await ada.people.click()
    await expect(ada.page.getByRole('list', { name: 'People here' })).toBeVisible()
    await expectClean(ada.page, 'who is here')
    await ada.page.keyboard.press('Escape')
    await expect(ada.page.getByRole('list', { name: 'People here' })).toHaveCount(0)
    await ada.openAccountMenu()
    await expect(ada.page.getByRole('menu')).toBeVisible()
    await expectClean(ada.page, 'the menu')
    await ada.page.keyboard.press('Escape')
    await expect(ada.page.getByRole('menu')).toHaveCount(0)
    await ada.page.goto('/rooms/global')
    await expect(ada.people).toBeVisible()

    await bob.composer.pressSequentially('I am')
    await expect(ada.page.getByText('Bob is writing…')).toBeVisible()
    // A list that still goes to its end would go there from anywhere.
    await atRest(ada)
    await ada.timeline.evaluate((s) => s.scrollTo(0, s.scrollHeight / 2))
    await expect(ada.page.getByRole('button', { name: 'To the newest' })).toBeVisible()
    await expectClean(ada.page, 'scrolled up')
    await ada.page.getByRole('button', { name: /jump to a day/ }).click()
    await expect(ada.page.getByRole('button', { name: 'The beginning' })).toBeVisible()
    await expectClean(ada.page, 'ways to another day')
    await ada.page.keyboard.press('Escape')
    await expect(ada.page.getByRole('button', { name: 'The beginning' })).toHaveCount(0)

    await bob.post('said by another')
    await ada.page.getByRole('button', { name: '1 new message' }).click()
    await expect(ada.timeline.getByTestId('unread-line')).toHaveCount(1)
    await expectClean(ada.page, 'unread')
    await ada.page.context().setOffline(true)
    await ada.post('waits, with a name above it')
    await ada.post('waits too')
    await expect(ada.status('2 messages waiting.')).toBeVisible()
    await expectClean(ada.page, 'offline')
    await ada.page.context().setOffline(false)
    await expect(ada.posted('waits too')).toBeVisible(BACK)

    await ada.page.goto('/rooms')
    await expect(ada.page.getByRole('navigation', { name: 'Rooms' })).toBeVisible()
    await expectClean(ada.page, 'the rooms')
    await ada.page.goto('/rooms/nowhere')
    await expect(ada.page.getByRole('heading', { name: 'No room #nowhere' })).toBeVisible()
    await expectClean(ada.page, 'a room that is not there')
  })
}
