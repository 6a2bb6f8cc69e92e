import type { Page } from '@playwright/test'
import { emailOf, expect, PASSWORD, Person, test } from './kit'

/** Presses Tab until something fits; fails if it comes around without. */
async function tabTo(page: Page, name: RegExp): Promise<void> {
  const passed: string[] = []
  for (let i = 0; i < 30; i++) {
    await page.keyboard.press('Tab')
    const focus = await page.evaluate(() => {
      const e = document.activeElement
      if (!(e instanceof HTMLElement)) return { name: '', ring: true }
      const style = getComputedStyle(e)
      // A field shows focus on the frame around it.
      const frame = e.parentElement ? getComputedStyle(e.parentElement) : style
      const ring = (style.outlineStyle !== 'none' && Number.parseFloat(style.outlineWidth) >= 2) || style.boxShadow !== 'none' || (e.tagName === 'TEXTAREA' && frame.borderColor !== '')
      const labels = 'labels' in e && e.labels instanceof NodeList ? [...e.labels].map((l) => l.textContent).join(' ') : ''
      return { name: e.getAttribute('aria-label') ?? (labels || e.textContent || e.tagName), ring: ring || e === document.body }
    })
    passed.push(focus.name.trim())
    expect(focus.ring, `${focus.name} shows that it has the focus`).toBe(true)
    if (name.test(focus.name.trim())) return
  }
  throw new Error(`Tab never came to ${name}: ${passed.join(' → ')}`)
}

test('everything can be done with the keyboard alone', async ({ visit, server }) => {
  const page = await visit()
  await page.goto('/sign-in')
  await expect(page.getByLabel('E-mail')).toBeFocused()
  await tabTo(page, /^Create an account$/)
  await page.keyboard.press('Enter')
  await expect(page.getByLabel('Name')).toBeFocused()
  await page.keyboard.type('Ada')
  await tabTo(page, /^E-mail$/)
  await page.keyboard.type(emailOf('Ada'))
  await tabTo(page, /^Password$/)
  await page.keyboard.type(PASSWORD)
  await page.keyboard.press('Enter')

  const ada = new Person('Ada', page, server)
  await ada.inRoom()
  await expect(ada.composer).toBeFocused()
  await page.keyboard.type('one')
  await page.keyboard.press('Shift+Enter')
  await page.keyboard.type('two')
  await expect(ada.composer).toHaveValue('one\ntwo')
  await page.keyboard.press('Enter')
  await expect(ada.posted('one')).toContainText('two')
  await expect(ada.composer).toBeFocused()

  // The order: skip link, who one is, who is here, the messages, the composer.
  await page.evaluate(() => (document.activeElement instanceof HTMLElement ? document.activeElement.blur() : undefined))
  await tabTo(page, /^Account: Ada$/)
  await tabTo(page, /^Skip to writing$/)
  await tabTo(page, /person here$/)
  await page.keyboard.press('Enter')
  await expect(page.getByRole('list', { name: 'People here' })).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(page.getByRole('list', { name: 'People here' })).toBeHidden()
  await expect(ada.people).toBeFocused()
  await tabTo(page, /^Messages in #global$/)
  await tabTo(page, /^Message #global$/)
  await page.keyboard.type('by keys')
  await tabTo(page, /^Send$/)
  await page.keyboard.press('Space')
  await expect(ada.posted('by keys')).toBeVisible()
  await expect(ada.composer).toBeFocused()

  // The menu: arrows go through it, Escape leaves it to where one was.
  await page.evaluate(() => (document.activeElement instanceof HTMLElement ? document.activeElement.blur() : undefined))
  await tabTo(page, /^Account: Ada$/)
  await page.keyboard.press('Enter')
  const menu = page.getByRole('menu')
  await expect(menu).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(menu).toHaveCount(0)
  const trigger = page.getByRole('button', { name: 'Account: Ada' }).filter({ visible: true })
  await expect(trigger).toBeFocused()
  await page.keyboard.press('Enter')
  await expect.poll(() => menu.evaluate((m) => m.contains(document.activeElement))).toBe(true)
  await page.keyboard.press('End')
  await expect(page.getByRole('menuitem', { name: 'Sign out' })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(page).toHaveURL(/\/sign-in/)
  await expect(page.getByLabel('E-mail')).toBeFocused()
})

test('the skip link leads to the composer', async ({ enter }) => {
  const ada = await enter('Ada')
  const skip = ada.page.getByRole('link', { name: 'Skip to writing' })
  await skip.focus()
  await expect(skip).toBeInViewport()
  await ada.page.keyboard.press('Enter')
  await expect(ada.composer).toBeFocused()
})

test('Enter that ends a composition sends nothing', async ({ enter }) => {
  const ada = await enter('Ada')
  const client = await ada.page.context().newCDPSession(ada.page)
  await ada.composer.focus()
  await client.send('Input.imeSetComposition', { text: 'にほん', selectionStart: 3, selectionEnd: 3 })
  await ada.composer.dispatchEvent('keydown', { key: 'Enter', isComposing: true, keyCode: 229 })
  await client.send('Input.insertText', { text: '日本' })
  await expect(ada.composer).toHaveValue('日本')
  await expect(ada.rows).toHaveCount(0)
  await ada.composer.press('Enter')
  await expect(ada.posted('日本')).toBeVisible()
})

test('new messages are announced once, old ones not', async ({ enter }) => {
  const ada = await enter('Ada')
  const bob = await enter('Bob')
  await ada.post('said before')
  await expect(bob.posted('said before')).toBeVisible()
  await bob.page.reload()
  await bob.inRoom()
  await expect(bob.posted('said before')).toBeVisible()
  const log = bob.page.getByRole('log')
  await expect(log).toHaveCount(1)
  await ada.post('said **just** `now`')
  await expect(log).toHaveText('Ada: said just now')
  await expect(log).not.toContainText('said before')
})

test('where nothing is to be written the skip link leads to the page', async ({ enter }) => {
  const ada = await enter('Ada')
  for (const [path, heading] of [['/browse', 'Browse rooms'], ['/moderation', 'Moderation'], ['/inbox', 'Inbox']] as const) {
    await ada.page.goto(path)
    await expect(ada.page.getByRole('heading', { level: 1, name: heading })).toBeVisible()
    const skip = ada.page.getByRole('link', { name: 'Skip to the page' })
    await skip.focus()
    await ada.page.keyboard.press('Enter')
    await expect(ada.page.getByRole('main')).toBeFocused()
  }
})
