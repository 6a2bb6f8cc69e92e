import { expect, outage, test } from './kit'
import { say } from './message-kit'
import { noLimits } from './server'

test('two people talk, and each sees what the other says', async ({ enter }) => {
  const ada = await enter('Ada')
  await expect(ada.timeline.getByText('Nobody has said anything yet')).toBeVisible()
  const bob = await enter('Bob')
  await expect(ada.people).toHaveAccessibleName('2 people here')
  await expect(bob.people).toHaveAccessibleName('2 people here')

  await ada.post('Hello Bob')
  await expect(ada.posted('Hello Bob')).toBeVisible()
  await expect(bob.posted('Hello Bob')).toBeVisible()
  await expect(bob.posted('Hello Bob')).toHaveAccessibleName(/Ada/)
  await bob.post('Hello Ada')
  await bob.post('How are you?')
  await expect(ada.posted('How are you?')).toBeVisible()
  // One order for both.
  for (const person of [ada, bob]) {
    await expect(person.rows).toHaveText([/Hello Bob/, /Hello Ada/, /How are you\?/])
    await expect(person.timeline.getByRole('separator', { name: 'Today' })).toHaveCount(1)
  }

  await bob.page.context().close()
  await expect(ada.people).toHaveAccessibleName('1 person here')
})

test('who is here is a list of names', async ({ enter }) => {
  const ada = await enter('Ada')
  await enter('Bob')
  await expect(ada.people).toHaveAccessibleName('2 people here')
  await ada.people.click()
  const list = ada.page.getByRole('list', { name: 'People here' })
  await expect(list.getByRole('listitem')).toHaveText([/Ada.*you/, /Bob/])
  await ada.page.keyboard.press('Escape')
  await expect(list).toBeHidden()
  await expect(ada.people).toBeFocused()
})

test('one person in two tabs is one person', async ({ enter }) => {
  const ada = await enter('Ada')
  const second = await ada.page.context().newPage()
  await second.goto('/')
  await expect(second.getByRole('textbox', { name: 'Message #global' })).toBeVisible()
  await expect(second.getByRole('button', { name: '1 person here' })).toBeVisible()
  await ada.post('from the first tab')
  await expect(second.getByRole('article').filter({ hasText: 'from the first tab' })).toHaveCount(1)
  await expect(ada.people).toHaveAccessibleName('1 person here')
})

test('writing is seen by others, and only while it lasts', async ({ enter }) => {
  const ada = await enter('Ada')
  const bob = await enter('Bob')
  await bob.composer.pressSequentially('I am wri')
  await expect(ada.page.getByText('Bob is writing…')).toBeVisible()
  await expect(bob.page.getByText('Bob is writing…')).toHaveCount(0)
  await bob.post('I am done')
  await expect(ada.posted('I am done')).toBeVisible()
  await expect(ada.page.getByText('Bob is writing…')).toHaveCount(0)
})

test('history and an unsent draft are there after a reload', async ({ enter }) => {
  const ada = await enter('Ada')
  for (let i = 1; i <= 5; i++) await ada.post(`message ${i}`)
  await expect(ada.posted('message 5')).toBeVisible()
  await ada.composer.fill('half a thou')
  await ada.page.reload()
  await ada.inRoom()
  await expect(ada.rows).toHaveText([/message 1/, /message 2/, /message 3/, /message 4/, /message 5/])
  await expect(ada.composer).toHaveValue('half a thou')
})

test('a post keeps its element from the key press on', async ({ enter }) => {
  const ada = await enter('Ada')
  await ada.composer.fill('look at this very row')
  await ada.composer.press('Enter')
  const row = ada.row('look at this very row')
  await row.evaluate((element) => element.setAttribute('data-marked', ''))
  await expect(ada.posted('look at this very row')).toHaveAttribute('data-marked', '')
  await expect(row).toHaveCount(1)
})

test.describe('with a limit on posts', () => {
  // Long enough for five posts of a browser that has little of the machine.
  test.use({ settings: { ...noLimits, SNUG_POST_RATE: '3/10s' } })

  test('too much at once waits its turn, in words, and then goes by itself', async ({ enter }) => {
    const ada = await enter('Ada')
    const bob = await enter('Bob')
    for (let i = 1; i <= 5; i++) await ada.post(`burst ${i}`)
    await expect(ada.page.getByText('That was a lot at once.')).toBeVisible()
    await expect(ada.page.getByText(/The next message goes in \d+ second/)).toBeVisible()
    await expect(ada.composer).toBeEnabled()
    await expect(bob.rows).toHaveText([/burst 1/, /burst 2/, /burst 3/, /burst 4/, /burst 5/], { timeout: 30_000 })
    await expect(ada.rows).toHaveText([/burst 1/, /burst 2/, /burst 3/, /burst 4/, /burst 5/])
    await expect(ada.page.getByText('That was a lot at once.')).toHaveCount(0)
  })
})

test.describe('with posts that wait for a minute', () => {
  test.use({ settings: { ...noLimits, SNUG_POST_RATE: '2/60s' } })

  test('what others say meanwhile is not missed by who is at the end, in a room or a thread', async ({ enter }) => {
    const ada = await enter('Ada', { viewport: { width: 1280, height: 500 } })
    const bob = await enter('Bob')
    const long = (what: string) => Array.from({ length: 40 }, (_, i) => `${what}, line ${i + 1}`).join('\n')
    const root = await say(bob, 'What is in the box?')
    await ada.post(long('mine'))
    await ada.post('also mine')
    await ada.post('mine that waits')
    await expect(ada.page.getByText('That was a lot at once.')).toBeVisible()
    await expect(ada.row('mine that waits')).toBeInViewport({ ratio: 1 })
    // It comes in before what waits, and is as high as the screen.
    await say(bob, long('a list'))
    await expect(ada.row('a list, line 40')).toBeInViewport()
    await expect(ada.row('mine that waits')).toBeInViewport({ ratio: 1 })
    await expect(ada.row('mine that waits')).not.toHaveAttribute('data-seq')

    const cleo = await enter('Cleo')
    await ada.page.goto(`/rooms/global?thread=${root.id}`)
    const panel = ada.page.getByRole('complementary', { name: 'Thread', exact: true })
    const field = panel.getByRole('textbox', { name: 'Reply in thread' })
    await field.fill('a reply that waits')
    await field.press('Enter')
    const reply = panel.getByRole('article').filter({ hasText: 'a reply that waits' })
    await expect(reply).toBeInViewport({ ratio: 1 })
    await say(cleo, long('contents'), { thread: root.id })
    await expect(panel.getByRole('article').filter({ hasText: 'contents, line 40' })).toBeInViewport()
    await expect(reply).toBeInViewport({ ratio: 1 })
    await expect(reply).not.toHaveAttribute('data-seq')
  })
})

test.describe('when a session is ended elsewhere', () => {
  test.use({ provoked: { errors: [...outage, /status of 401/] } })

  test('the page goes to sign-in', async ({ enter }) => {
    const ada = await enter('Ada')
    const other = await ada.page.context().browser()?.newContext({ baseURL: ada.server.url })
    if (!other) throw new Error('no browser')
    const signedIn = await other.request.post('/api/auth/sign-in/email', { data: { email: ada.email, password: 'correct horse battery' } })
    expect(signedIn.ok()).toBe(true)
    const revoked = await other.request.post('/api/auth/revoke-other-sessions', { data: {}, headers: { Origin: ada.server.url } })
    expect(revoked.ok(), await revoked.text()).toBe(true)
    await expect(ada.page).toHaveURL(/\/sign-in\?redirect=/)
    await other.close()
  })
})
