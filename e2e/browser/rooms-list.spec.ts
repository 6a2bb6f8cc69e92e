import { expectClean } from './axe'
import { expect, outage, test } from './kit'
import { api, makeRoom, openRoom, roomNamed } from './rooms-kit'

test.use({ provoked: { errors: [...outage, /status of (403|404)/] } })

test('the list is gone through, folded and set by keys alone', async ({ enter }) => {
  const ada = await enter('Ada')
  for (const name of ['Art', 'Boats', 'Chess']) await makeRoom(ada, name, 'public')
  const { page } = ada
  const focus = page.locator('nav[aria-label=Rooms] :focus')
  await expect(roomNamed(ada, 'Chess')).toBeVisible()
  await roomNamed(ada, 'Global').focus()
  await page.keyboard.press('ArrowUp')
  await expect(focus).toHaveText('Chess')
  await page.keyboard.press('Home')
  await expect(focus).toHaveText('Rooms')
  await page.keyboard.press('ArrowDown')
  await expect(focus).toHaveText('Art')
  // One stop for the Tab key, which comes back to where one was.
  await page.keyboard.press('Shift+Tab')
  await expect(page.getByRole('button', { name: 'Add', exact: true })).toBeFocused()
  await page.keyboard.press('Tab')
  await expect(focus).toHaveText('Art')

  await page.keyboard.press('f')
  await expect(page.getByRole('button', { name: 'Favourites' })).toBeVisible()
  await expect(focus).toHaveText('Art')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowDown')
  await expect(focus).toHaveText('Boats')
  await page.keyboard.press('ContextMenu')
  const menu = page.getByRole('menu', { name: '#boats' })
  await expect(menu.getByRole('menuitem').first()).toBeFocused()
  await page.keyboard.press('ArrowDown')
  await expect(menu.getByRole('menuitem', { name: 'Section' })).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(menu.getByRole('menuitemradio', { name: 'None of my own' })).toBeFocused()
  await expectClean(page)
  await menu.getByRole('menuitem', { name: 'New section…' }).press('Enter')
  const dialog = page.getByRole('dialog', { name: 'New section' })
  await expect(dialog.getByLabel('Name')).toBeFocused()
  await page.keyboard.type('Afloat')
  await page.keyboard.press('Enter')
  await expect(dialog).toHaveCount(0)
  await expect(page.getByRole('region', { name: 'Afloat' }).getByRole('link')).toHaveText('Boats')

  // Folded sections stay folded.
  await page.getByRole('button', { name: 'Afloat' }).focus()
  await page.keyboard.press('ArrowLeft')
  await expect(roomNamed(ada, 'Boats')).toHaveCount(0)
  await page.reload()
  await expect(page.getByRole('button', { name: 'Afloat' })).toHaveAttribute('aria-expanded', 'false')
  await expect(page.getByRole('region', { name: 'Favourites' }).getByRole('link')).toHaveText('Art')
  await page.getByRole('button', { name: 'Afloat' }).focus()
  await page.keyboard.press('ArrowRight')
  await roomNamed(ada, 'Boats').focus()
  await page.keyboard.press('Enter')
  await expect(page.getByRole('heading', { level: 1, name: 'Boats' })).toBeVisible()
})

test('what is unread stands out, what speaks to one more so, and what is muted not at all', async ({ enter }) => {
  const ada = await enter('Ada')
  const bob = await enter('Bob')
  const tea = await makeRoom(ada, 'Tea', 'public', [bob])
  const boats = await makeRoom(ada, 'Boats', 'public', [bob])
  // Both have been read once.
  for (const slug of [tea, boats]) await openRoom(ada, slug, `#${slug}`)
  for (const slug of [tea, boats]) await api(bob, 'POST', `/api/rooms/${slug}/messages`, { clientId: `one-${slug}`, content: 'one' })
  await expect(ada.posted('one')).toBeVisible()
  await expect(roomNamed(ada, 'Tea 1 unread')).toBeVisible()
  await api(bob, 'POST', `/api/rooms/${tea}/messages`, { clientId: 'two', content: `@[Ada](user:${await ada.id()}) look` })
  await expect(roomNamed(ada, 'Tea 1 mention')).toBeVisible()
  await expect(ada.page).toHaveTitle('(2) #boats · Snug')

  await roomNamed(ada, /^Tea/).click({ button: 'right' })
  await ada.page.getByRole('menuitem', { name: 'Mark as read' }).click()
  await expect(roomNamed(ada, 'Tea')).toHaveText('Tea')
  await expect(ada.page).toHaveTitle('#boats · Snug')
  await roomNamed(ada, 'Tea').click({ button: 'right' })
  await ada.page.getByRole('menuitem', { name: 'Notifications' }).click()
  await ada.page.getByRole('menuitemradio', { name: 'Nothing' }).click()
  await expect(roomNamed(ada, 'Tea (muted)')).toBeVisible()
  await api(bob, 'POST', `/api/rooms/${tea}/messages`, { clientId: 'three', content: 'three' })
  await api(bob, 'POST', `/api/rooms/global/messages`, { clientId: 'four', content: 'four' })
  await expect(roomNamed(ada, /^Global 1 unread/)).toBeVisible()
  await expect(ada.page).toHaveTitle('(1) #boats · Snug')
  // The other device has it all.
  await ada.page.reload()
  await expect(roomNamed(ada, 'Tea (muted)')).toBeVisible()
})

test('a list of five hundred rooms is whole, and shows what it must', async ({ enter }) => {
  const ada = await enter('Ada')
  await ada.page.evaluate(async () => {
    const names = Array.from({ length: 500 }, (_, i) => `Room ${i + 1}`)
    const make = async () => {
      for (let name = names.shift(); name !== undefined; name = names.shift()) {
        const reply = await fetch('/api/rooms', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ name, kind: 'public' }) })
        if (!reply.ok) throw new Error(await reply.text())
      }
    }
    await Promise.all(Array.from({ length: 5 }, make))
  })
  await ada.page.reload()
  await expect(roomNamed(ada, 'Room 500')).toBeAttached()
  await expect(ada.page.getByRole('region', { name: 'Rooms' }).getByRole('link')).toHaveCount(502)
  await roomNamed(ada, 'Global').focus()
  await ada.page.keyboard.press('End')
  await ada.page.keyboard.press('ArrowUp')
  await expect(roomNamed(ada, 'Room 500')).toBeFocused()
  await expect(roomNamed(ada, 'Room 500')).toBeInViewport()
  const ms = await ada.page.evaluate(async () => {
    const from = performance.now()
    const row = document.activeElement
    if (row instanceof HTMLElement) row.click()
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)))
    return performance.now() - from
  })
  test.info().annotations.push({ type: 'switch', description: `${ms.toFixed(0)} ms to the frame after a press, among 500 rooms` })
  await expect(ada.page.getByRole('heading', { level: 1, name: 'Room 500' })).toBeVisible()
})

test('on a phone a long press asks what to do, and a room and its list take turns', async ({ enter }) => {
  const ada = await enter('Ada', { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, reducedMotion: 'reduce' })
  await makeRoom(ada, 'Tea', 'public')
  const { page } = ada
  await page.getByRole('link', { name: 'All rooms' }).click()
  const row = roomNamed(ada, 'Tea')
  await row.dispatchEvent('pointerdown', { pointerType: 'touch', isPrimary: true, clientX: 60, clientY: 200 })
  const sheet = page.getByRole('menu', { name: '#tea' })
  await expect(sheet).toBeVisible()
  await row.dispatchEvent('pointerup', { pointerType: 'touch', isPrimary: true })
  await expectClean(page)
  await sheet.getByRole('menuitem', { name: 'Favourite' }).tap()
  await expect(page.getByRole('region', { name: 'Favourites' }).getByRole('link')).toHaveText('Tea')
  await roomNamed(ada, 'Tea').tap()
  await expect(page.getByRole('heading', { level: 1, name: 'Tea' })).toBeVisible()
  await expect(row).toBeHidden()
  await page.getByRole('heading', { level: 1 }).getByRole('button').tap()
  const panel = page.getByRole('complementary', { name: 'Room', exact: true })
  await expect(panel).toBeVisible()
  await panel.getByRole('tab', { name: 'Members' }).tap()
  await expect(panel.getByRole('list', { name: 'Members' }).getByRole('listitem')).toHaveCount(1)
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  expect(wide).toBeLessThanOrEqual(0)
  await panel.getByRole('button', { name: 'Close room' }).tap()
  await expect(panel).toHaveCount(0)
})
