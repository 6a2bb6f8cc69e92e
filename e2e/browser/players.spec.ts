import type { Locator, Page } from '@playwright/test'
import { expectClean } from './axe'
import { expect, test, type Person } from './kit'
import { film, tone } from './media'
import { openMenu } from './message-kit'
import { atRest, seenMoving, watchPlaces } from './reading-kit'

async function postFile(person: Person, name: string, mimeType: string, buffer: Buffer): Promise<void> {
  await person.page.locator('input[type=file]').first().setInputFiles([{ name, mimeType, buffer }])
  await person.page.getByRole('button', { name: 'Send' }).click()
}

/** Some megabytes go to the server and are looked at there. */
const UPLOAD = { timeout: 60_000 } as const

/** What is asked of a file, and how that is answered. */
function asks(page: Page, name: string): { range: string; status: number; from: number }[] {
  const list: { range: string; status: number; from: number }[] = []
  page.on('response', (response) => {
    if (!response.url().endsWith(`/${name}`)) return
    const range = response.request().headers()['range'] ?? ''
    list.push({ range, status: response.status(), from: Number(/^bytes=(\d+)-/.exec(range)?.[1] ?? -1) })
  })
  return list
}

const state = (media: Locator) => media.evaluate((m) => {
  if (!(m instanceof HTMLMediaElement)) throw new Error('no player')
  return { at: m.currentTime, paused: m.paused, length: m.duration, error: m.error?.message ?? null, controls: m.controls }
})
const at = async (media: Locator) => (await state(media)).at
const paused = async (media: Locator) => (await state(media)).paused

test('a sound is played in its place, costs nothing before, and is heard from anywhere in it', async ({ enter }) => {
  const ada = await enter('Ada')
  const bob = await enter('Bob')
  const asked = asks(bob.page, 'rain.wav')
  const SECONDS = 60
  await postFile(ada, 'rain.wav', 'audio/wav', tone(SECONDS))
  const sound = bob.timeline.locator('audio[aria-label="rain.wav"]')
  await expect(sound).toBeVisible(UPLOAD)
  await atRest(bob)
  await watchPlaces(bob)
  expect(await state(sound)).toEqual({ at: 0, paused: true, length: NaN, error: null, controls: true })
  expect(asked).toEqual([])

  // By the keyboard alone.
  await sound.focus()
  await bob.page.keyboard.press('Space')
  await expect.poll(() => at(sound)).toBeGreaterThan(0.2)
  expect((await state(sound)).length).toBeCloseTo(SECONDS, 0)
  await bob.page.keyboard.press('Space')
  await expect.poll(() => paused(sound)).toBe(true)
  const stopped = await at(sound)
  await bob.page.keyboard.press('ArrowRight')
  await expect.poll(() => at(sound)).toBeGreaterThan(stopped + 0.3)

  // Near its end, which nobody has loaded: the part is asked for, not all of it.
  await sound.evaluate((m, to) => m instanceof HTMLMediaElement && (m.currentTime = to), SECONDS - 9)
  await bob.page.keyboard.press('Space')
  await expect.poll(() => at(sound)).toBeGreaterThan(SECONDS - 8.5)
  expect(asked.map((a) => a.status).filter((s) => s !== 206)).toEqual([])
  expect(asked.some((a) => a.from === 0)).toBe(true)
  expect(Math.max(...asked.map((a) => a.from))).toBeGreaterThan((SECONDS - 15) * 192_000)
  await bob.page.keyboard.press('Space')
  await expect.poll(() => paused(sound)).toBe(true)
  expect((await state(sound)).error).toBeNull()
  expect(await seenMoving(bob)).toEqual([])
  // The keys were the player's: nothing was answered, edited or walked to.
  await expect(sound).toBeFocused()
  await expectClean(bob.page)
})

test('a film costs nothing before it is wanted, and then its keys are at hand', async ({ enter }) => {
  const ada = await enter('Ada')
  const bob = await enter('Bob')
  const asked = asks(bob.page, 'river.webm')
  const SECONDS = 20
  await postFile(ada, 'river.webm', 'video/webm', await film(ada.page, SECONDS))
  const play = bob.timeline.getByRole('button', { name: 'Play river.webm' })
  await expect(play).toBeVisible(UPLOAD)
  await atRest(bob)
  const before = await play.boundingBox()
  await watchPlaces(bob)
  expect(asked).toEqual([])

  await play.focus()
  await bob.page.keyboard.press('Enter')
  const player = bob.timeline.locator('video[aria-label="river.webm"]')
  await expect.poll(() => at(player)).toBeGreaterThan(0.2)
  const playing = await state(player)
  expect(playing).toMatchObject({ paused: false, error: null, controls: true })
  expect(playing.length).toBeCloseTo(SECONDS, 0)
  expect(await player.boundingBox()).toEqual(before)
  expect(await seenMoving(bob)).toEqual([])
  // Who came by the keyboard goes on by it.
  await expect(player).toBeFocused()
  await bob.page.keyboard.press('Space')
  await expect.poll(() => paused(player)).toBe(true)

  await expect.poll(() => colour(player)).toBe('red')
  await player.evaluate((m, to) => m instanceof HTMLMediaElement && (m.currentTime = to), SECONDS - 2)
  await expect.poll(() => colour(player)).toBe('blue')
  expect(await at(player)).toBeCloseTo(SECONDS - 2, 1)
  expect(asked.length).toBeGreaterThan(0)
  expect(asked.map((a) => a.status).filter((s) => s !== 206)).toEqual([])

  // It plays on when the message changes, as by a reaction.
  await player.evaluate((m) => m instanceof HTMLMediaElement && (m.currentTime = 0))
  await bob.page.keyboard.press('Space')
  await expect.poll(() => paused(player)).toBe(false)
  await player.evaluate((m) => m.setAttribute('data-same', ''))
  await (await openMenu(ada, ada.timeline.getByRole('article').last())).getByRole('menuitemcheckbox', { name: 'React with 🎉' }).click()
  await expect(bob.timeline.getByRole('button', { name: '🎉, Ada' })).toBeVisible()
  await expect(player).toHaveAttribute('data-same', '')
  await expect(player).toBeFocused()
  await expectClean(bob.page)
})

/** Of which colour the frame is that is shown. */
function colour(player: Locator): Promise<string> {
  return player.evaluate((video) => {
    const canvas = document.createElement('canvas').getContext('2d')
    if (!canvas || !(video instanceof HTMLVideoElement)) throw new Error('no film')
    canvas.drawImage(video, 0, 0, 1, 1)
    const [red = 0, , blue = 0] = canvas.getImageData(0, 0, 1, 1).data
    return blue > 150 && red < 100 ? 'blue' : red > 150 && blue < 100 ? 'red' : 'neither'
  })
}
