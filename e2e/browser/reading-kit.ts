import type { Page } from '@playwright/test'
import { expect, type Person } from './kit'

// What a reader sees of the timeline, and whether it stays where it is.

/** The tops of the rows on the screen, by seq. */
export async function places(person: Person): Promise<Map<number, number>> {
  return new Map(await person.timeline.evaluate((scroller) => {
    const box = scroller.getBoundingClientRect()
    return [...scroller.querySelectorAll<HTMLElement>('[role=article][data-seq]')]
      .map((row) => ({ seq: Number(row.dataset.seq), r: row.getBoundingClientRect() }))
      .filter(({ r }) => r.bottom > box.top && r.top < box.bottom)
      .map(({ seq, r }): [number, number] => [seq, r.top])
  }))
}

/** The same, once nothing moves any more. */
export async function atRest(person: Person): Promise<Map<number, number>> {
  let last = ''
  let rows = new Map<number, number>()
  await expect.poll(async () => {
    await frames(person.page, 3)
    rows = await places(person)
    const now = JSON.stringify([...rows])
    const same = now === last && rows.size > 0
    last = now
    return same
  }).toBe(true)
  return rows
}

export async function frames(page: Page, count: number): Promise<void> {
  await page.evaluate(async (n) => {
    for (let i = 0; i < n; i++) await new Promise(requestAnimationFrame)
  }, count)
}

/** What stands elsewhere than before, in words. */
export function moved(before: Map<number, number>, after: Map<number, number>): string[] {
  return [...before].filter(([seq, top]) => Math.abs((after.get(seq) ?? Infinity) - top) > 1).map(([seq, top]) => `${seq}: ${top} to ${after.get(seq)}`)
}

/**
 * Looks at the timeline after each paint, from now on: a row on the screen that is
 * elsewhere than it was first seen has moved under its reader's eyes. Only rows up to
 * `through`, if that is said.
 */
export async function watchPlaces(person: Person, through = Infinity): Promise<void> {
  await person.timeline.evaluate((scroller, last) => {
    const watched = { moves: [] as string[], frames: 0 }
    Reflect.set(globalThis, 'watched', watched)
    const places = new Map<number, number>()
    const look = () => {
      if (Reflect.get(globalThis, 'watched') !== watched) return
      watched.frames++
      const box = scroller.getBoundingClientRect()
      for (const row of scroller.querySelectorAll<HTMLElement>('[role=article][data-seq]')) {
        const seq = Number(row.dataset.seq)
        const { top, bottom } = row.getBoundingClientRect()
        if (seq > last || bottom <= box.top || top >= box.bottom) continue
        const before = places.get(seq) ?? top
        if (Math.abs(top - before) > 1) watched.moves.push(`message ${seq} from ${before.toFixed(1)} to ${top.toFixed(1)}`)
        if (!places.has(seq) || Math.abs(top - before) > 1) places.set(seq, top)
      }
      requestAnimationFrame(painted)
    }
    // What is asked for before the paint is done after it, and before anything that comes
    // meanwhile, as a frame of the socket: what that changes isn't painted yet.
    const painted = () => void scheduler.postTask(look, { priority: 'user-blocking' })
    requestAnimationFrame(painted)
  }, through)
}

/** What has moved since `watchPlaces`. */
export async function seenMoving(person: Person): Promise<string[]> {
  const watched = await person.page.evaluate(() => {
    const value: unknown = Reflect.get(globalThis, 'watched')
    if (typeof value !== 'object' || value === null) throw new Error('nobody watches')
    return value as { moves: string[]; frames: number }
  })
  expect(watched.frames, 'frames that were looked at').toBeGreaterThan(0)
  return watched.moves
}

/**
 * Rows that come in above are drawn at a guess of their height, and a turn of the
 * wheel then goes so much further or less far. A page that isn't anchored moves
 * what is read by hundreds.
 */
const GUESS_PX = 120

/**
 * Watches the timeline after each paint, as a reader does: whether rows fill it,
 * how many elements it costs, and whether what stays on the screen is moved by
 * anything but turns of the wheel, each of `notch` pixels.
 */
export async function observe(page: Page, notch: number): Promise<void> {
  await page.evaluate(({ notch, guess }) => {
    const scroller = document.querySelector<HTMLElement>('[data-testid=timeline]')
    if (!scroller) throw new Error('no timeline')
    const seen = { frames: 0, blank: 0, elements: 0, jumps: [] as string[], pages: 0, stop: false }
    Reflect.set(globalThis, 'seen', seen)
    let places = new Map<string, number>()
    let height = scroller.scrollHeight
    const look = () => {
      const box = scroller.getBoundingClientRect()
      const now = new Map<string, number>()
      let covered = 0
      for (const row of scroller.querySelectorAll<HTMLElement>('[role=article]')) {
        const r = row.getBoundingClientRect()
        covered += Math.max(0, Math.min(r.bottom, box.bottom) - Math.max(r.top, box.top))
        if (row.dataset.seq !== undefined && r.bottom > box.top && r.top < box.bottom) now.set(row.dataset.seq, r.top)
      }
      seen.frames++
      seen.elements = Math.max(seen.elements, scroller.querySelectorAll('*').length)
      // What stands above the first row is no row; a hole further down is one.
      if (scroller.scrollTop > 200 && covered < box.height - 30) seen.blank++
      for (const [seq, top] of now) {
        const moved = top - (places.get(seq) ?? top)
        const off = Math.abs(moved - Math.round(moved / notch) * notch)
        if (off > guess && scroller.scrollTop > 0) seen.jumps.push(`message ${seq} moved by ${moved.toFixed(1)} px`)
        break
      }
      if (scroller.scrollHeight - height > 1_000) seen.pages++
      places = now
      height = scroller.scrollHeight
      if (!seen.stop) requestAnimationFrame(painted)
    }
    // What is asked for before the paint is done after it, and before anything that comes
    // meanwhile, as a frame of the socket: what that changes isn't painted yet.
    const painted = () => void scheduler.postTask(look, { priority: 'user-blocking' })
    requestAnimationFrame(painted)
  }, { notch, guess: GUESS_PX })
}

export interface Seen { frames: number; blank: number; elements: number; jumps: string[]; pages: number }

export async function observed(page: Page): Promise<Seen> {
  return await page.evaluate(() => {
    const seen: unknown = Reflect.get(globalThis, 'seen')
    if (typeof seen !== 'object' || seen === null) throw new Error('nobody observed')
    Reflect.set(seen, 'stop', true)
    return seen as Seen
  })
}
