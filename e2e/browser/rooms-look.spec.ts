import type { BrowserContextOptions } from '@playwright/test'
import { expect, outage, test } from './kit'
import { expectClean } from './axe'
import { api, roomNamed } from './rooms-kit'

test.use({ provoked: { errors: [...outage, /status of (403|404)/] } })

// Each view of rooms, as axe sees it; with SHOTS as eyes do.
const shots = process.env.SHOTS

const modes: [string, BrowserContextOptions][] = [
  ['light', { colorScheme: 'light', reducedMotion: 'reduce' }],
  ['dark', { colorScheme: 'dark', reducedMotion: 'reduce' }],
  ['phone', { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true, reducedMotion: 'reduce', ...(shots !== undefined && { deviceScaleFactor: 2 }) }],
]

for (const [mode, options] of modes) {
  test(`axe finds nothing in what is shown of rooms: ${mode}`, async ({ enter }) => {
    const ada = await enter('Ada Bright', options)
    const bob = await enter('Bob Carver')
    const cleo = await enter('Cleo Marsh')
    const { page } = ada
    const look = async (view: string) => {
      await expectClean(page)
      if (shots !== undefined) await page.screenshot({ path: `${shots}/${view}-${mode}.png` })
    }
    const tea = await api(ada, 'POST', '/api/rooms', { name: 'Tea and biscuits', kind: 'public', topic: 'Which pot, how long, and whether milk goes first', people: [await bob.id()] })
    const plans = await api(ada, 'POST', '/api/rooms', { name: 'Plans for the summer fair', kind: 'private', people: [await bob.id(), await cleo.id()] })
    await api(bob, 'POST', '/api/rooms', { name: 'River watch', kind: 'public', topic: 'Levels, boats, geese' })
    const direct = await api(bob, 'POST', '/api/rooms', { name: '', kind: 'direct', people: [await ada.id()] })
    await api(cleo, 'POST', '/api/rooms', { name: '', kind: 'group', people: [await ada.id(), await bob.id()] })
    await api(ada, 'PUT', `/api/rooms/${plans.slug}/settings`, { section: 'Fair' })
    await api(bob, 'POST', `/api/rooms/${direct.slug}/messages`, { clientId: 'c1', content: 'Are you in tonight?' })
    await api(bob, 'POST', `/api/rooms/${tea.slug}/messages`, { clientId: 'c2', content: 'The big pot is back.' })

    await page.goto('/rooms')
    await expect(roomNamed(ada, /^Tea and biscuits/)).toBeVisible()
    await expect(roomNamed(ada, /^Bob Carver 1 unread/)).toBeVisible()
    await look('list')
    await page.getByRole('button', { name: 'Add', exact: true }).click()
    await expect(page.getByRole('menu', { name: 'Add' })).toBeVisible()
    await look('add')
    await page.getByRole('menuitem', { name: 'New room' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name').first().fill('Chess by the window')
    await expect(dialog.getByText('/rooms/chess-by-the-window')).toBeVisible()
    await dialog.getByRole('combobox', { name: 'First people' }).fill('cl')
    await expect(dialog.getByRole('option', { name: 'Cleo Marsh' })).toBeVisible()
    await look('make')
    await page.keyboard.press('Escape')
    await page.keyboard.press('Escape')
    await expect(dialog).toHaveCount(0)

    await page.goto('/browse')
    await expect(page.getByRole('heading', { name: 'River watch' })).toBeVisible()
    await look('browse')

    await page.goto(`/rooms/${plans.slug}`)
    await expect(page.getByRole('textbox', { name: 'Message Plans for the summer fair' })).toBeVisible()
    // Its name is known before it is joined; what happens to it until then is in no page of it.
    await expect(page.getByRole('button', { name: '1 person here' })).toBeVisible()
    await api(ada, 'PATCH', `/api/rooms/${plans.slug}`, { topic: 'Stalls, tents, and who brings the urn' })
    await expect(page.getByTestId('room-event')).toHaveText([/You changed the topic/])
    await api(bob, 'POST', `/api/rooms/${plans.slug}/messages`, { clientId: 'c3', content: 'I can bring the urn if somebody fetches it from the hall.' })
    await expect(ada.posted('I can bring the urn')).toBeVisible()
    await look('room')
    for (const tab of ['about', 'members', 'settings']) {
      await page.goto(`/rooms/${plans.slug}?panel=${tab}`)
      await expect(page.getByRole('tabpanel')).toBeVisible()
      await expect(page.locator('[role=tabpanel] [aria-busy=true]')).toHaveCount(0)
      if (tab === 'members') await expect(page.getByRole('list', { name: 'Members' }).getByRole('listitem')).toHaveCount(3)
      await look(tab)
    }
    await page.getByRole('button', { name: 'Delete the room…' }).click()
    await expect(page.getByRole('alertdialog')).toBeVisible()
    await look('delete')
    await page.keyboard.press('Escape')
    await expect(page.getByRole('alertdialog')).toHaveCount(0)

    await page.goto('/rooms/river-watch')
    await expect(page.getByRole('button', { name: 'Join' })).toBeVisible()
    await look('outside')
    await api(ada, 'PUT', `/api/rooms/${tea.slug}/archive`)
    await page.goto(`/rooms/${tea.slug}`)
    await expect(page.getByText('#tea-and-biscuits is archived')).toBeVisible()
    await look('archived')
    await page.goto(`/rooms/${direct.slug}`)
    await expect(page.getByRole('textbox', { name: 'Message Bob Carver' })).toBeVisible()
    await look('direct')
  })
}
