import path from 'node:path'
import type { BrowserContextOptions } from '@playwright/test'
import { expect, outage, signUpBy, test, type Person } from './kit'

test.use({ provoked: { errors: outage } })

const folder = path.join(import.meta.dirname, '../screenshots')

const sizes: [string, BrowserContextOptions][] = [
  ['1280x800', { viewport: { width: 1280, height: 800 } }],
  ['360x740', { viewport: { width: 360, height: 740 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true }],
]
const themes = ['light', 'dark'] as const

/** An evening in a pub that isn't there. */
const talk: readonly [name: string, ...texts: string[]][] = [
  ['Marta Lindqvist', 'The river is up to the second step again.', 'Bring boots if you come by the towpath.'],
  ['Tom Okafor', 'Thanks for the warning. I was about to leave in trainers.'],
  ['Ines Duarte', 'Table by the window is ours until ten. I have the chess board, two lamps that work and one that thinks about it.'],
  ['Marta Lindqvist', 'Schedule for Sunday is at https://example.org/quiz, round four is mine. No questions about bridges this time, promised.'],
  ['Jun Watanabe', '¿A las siete, entonces?', 'I can carry the speakers if somebody opens the side door 🙂'],
  ['Marta Lindqvist', 'Side door opens at half past six. Knock twice.'],
]

for (const theme of themes) {
  for (const [size, device] of sizes) {
    const options: BrowserContextOptions = { ...device, colorScheme: theme, reducedMotion: 'reduce' }
    const file = (view: string) => path.join(folder, `${view}-${theme}-${size}.png`)

    test(`${theme} ${size}`, async ({ visit, enter }) => {
      const page = await visit(options)
      for (const view of ['sign-in', 'sign-up', 'forgot-password', 'two-factor', 'magic-link']) {
        await page.goto(`/${view}`)
        await expect(page.getByRole('heading', { level: 1 })).toBeVisible()
        await page.evaluate(() => document.fonts.ready)
        await page.screenshot({ path: file(view) })
      }

      const people = new Map<string, Person>()
      for (const [name] of talk) if (!people.has(name)) people.set(name, await enter(name))
      const reader = await visit(options)
      await signUpBy(reader, 'Ada Bright')
      await reader.goto('/')
      await expect(reader.getByText('Nobody has said anything yet')).toBeVisible()
      await reader.screenshot({ path: file('room-empty') })
      for (const [name, ...texts] of talk) {
        const person = people.get(name)
        for (const text of texts) {
          await person?.post(text)
          await expect(reader.getByRole('article').filter({ hasText: text })).toHaveCount(1)
        }
      }
      const composer = reader.getByRole('textbox', { name: 'Message #global' })
      await composer.fill('Twice it is. See you at half past six.')
      await composer.press('Enter')
      await expect(reader.locator('[role=article][data-seq]').filter({ hasText: 'Twice it is.' })).toBeInViewport()
      await people.get('Ines Duarte')?.composer.pressSequentially('Somebody')
      await expect(reader.getByText('Ines Duarte is writing…')).toBeVisible()
      await reader.screenshot({ path: file('room') })

      await reader.getByRole('button', { name: /people here$/ }).click()
      await expect(reader.getByRole('list', { name: 'People here' })).toBeVisible()
      await reader.screenshot({ path: file('people') })
      await reader.keyboard.press('Escape')
      await expect(reader.getByRole('list', { name: 'People here' })).toHaveCount(0)
      await reader.getByRole('button', { name: 'Account: Ada Bright' }).filter({ visible: true }).click()
      await expect(reader.getByRole('menu')).toBeVisible()
      await reader.screenshot({ path: file('menu') })
      await reader.keyboard.press('Escape')
      await expect(reader.getByRole('menu')).toHaveCount(0)

      await reader.context().setOffline(true)
      await composer.fill('Bringing the good biscuits too.')
      await composer.press('Enter')
      await expect(reader.getByRole('status').filter({ hasText: '1 message waiting.' })).toBeVisible()
      await reader.screenshot({ path: file('offline') })
      await reader.context().setOffline(false)

      for (const view of ['profile', 'sign-in', 'devices', 'tokens', 'data']) {
        await reader.goto(`/account/${view}`)
        await expect(reader.getByRole('heading', { level: 2 }).first()).toBeVisible()
        await expect(reader.locator('main [aria-busy=true]')).toHaveCount(0)
        await reader.screenshot({ path: file(`account-${view}`) })
      }
    })
  }
}
