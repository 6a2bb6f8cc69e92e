import { emailOf, expect, PASSWORD, Person, signUpBy, test } from './kit'
import { noLimits } from './server'

// Ways in that need neither a mail nor a provider.

test.describe('a guest', () => {
  test.use({ settings: { ...noLimits, SNUG_GUESTS: 'true' } })

  test('who makes an account stays the same person, in what was said too', async ({ enter, visit, server }) => {
    const owner = await enter('Owner')
    const page = await visit()
    await page.goto('/sign-in')
    await page.getByRole('button', { name: 'Come in as a guest' }).click()
    const guest = new Person('Guest', page, server)
    await guest.inRoom()
    await guest.post('passing by')
    await expect(owner.posted('passing by')).toContainText(/Guest \d+/)

    await page.getByRole('button', { name: /^Account: Guest \d+$/ }).filter({ visible: true }).click()
    await page.getByRole('menuitem', { name: 'Make an account' }).click()
    for (const [label, value] of [['Name', 'Ada'], ['E-mail', emailOf('Ada')], ['Password', PASSWORD]] as const) await page.getByLabel(label, { exact: true }).fill(value)
    await page.getByRole('button', { name: 'Create account' }).click()
    const ada = new Person('Ada', page, server)
    await ada.inRoom()
    await ada.post('come to stay')
    // What was said by the name of then keeps it; to oneself it is one's own.
    await expect(owner.posted('come to stay')).toContainText('Ada')
    await expect(ada.posted('passing by')).toContainText('Ada')
    await expect(owner.posted('passing by')).toContainText(/Guest \d+/)
    await expect(owner.people).toHaveText(/2$/)
  })
})

test.describe('a server without mail', () => {
  test.use({ settings: { ...noLimits, SNUG_BASE_URL: 'http://127.0.0.1:{port}' }, provoked: { errors: [/status of (401|404)/] } })

  test('lets in who forgot the password by a link that the operator prints', async ({ visit, server }) => {
    await signUpBy(await visit(), 'Ada')
    const link = (await server.command('user', 'link', emailOf('Ada'))).trim()
    expect(link).toMatch(new RegExp(`^${server.url}/magic-link\\?token=\\w+$`))
    const page = await visit()
    await page.goto(link)
    await page.getByRole('button', { name: 'Sign in' }).click()
    const ada = new Person('Ada', page, server)
    await ada.inRoom()
    await ada.openAccountMenu()
    const other = await visit()
    await other.goto(link)
    await other.getByRole('button', { name: 'Sign in' }).click()
    await expect(other.getByText('This link does not work any more')).toBeVisible()
  })
})
