import type { CDPSession } from '@playwright/test'
import { expect, test, type Person } from './kit'
import { atRest, observe, observed } from './reading-kit'
import { chatter, seed } from './seed'
import { noLimits } from './server'

const MESSAGES = 100_000
/** People who post them at the same time. */
const WRITERS = 4
/** Pixels of one turn of the wheel. */
const NOTCH = 600
/** The client holds 5,000 messages at most; these are more. */
const READ = 5_600

// Nobody searches here, and the index would be busy for longer than the test.
test.use({ settings: { ...noLimits, SNUG_SEARCH: 'false' } })

/** Bytes of JavaScript that are still in use. */
async function heap(browser: CDPSession): Promise<number> {
  await browser.send('HeapProfiler.collectGarbage')
  return (await browser.send('Runtime.getHeapUsage')).usedSize
}

/** Seconds that the page's main thread has worked, whoever else has the processor. */
async function worked(browser: CDPSession): Promise<number> {
  const { metrics } = await browser.send('Performance.getMetrics')
  return metrics.find((m) => m.name === 'TaskDuration')?.value ?? NaN
}

/**
 * Turns the wheel until `there` says so of a seq on the screen; each time once there is
 * as much to read as a turn is long. What the main thread did for each turn, in ms.
 */
async function wheel(person: Person, tools: CDPSession, notch: number, there: (seq: number) => boolean): Promise<number[]> {
  const box = await person.timeline.boundingBox()
  if (!box) throw new Error('no timeline')
  await person.page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
  const turns: number[] = []
  for (let was = await worked(tools); turns.length < 2_000; ) {
    await person.page.mouse.wheel(0, notch)
    const seqs = await person.timeline.evaluate(async (scroller, notch) => {
      const left = () => (notch < 0 ? scroller.scrollTop : scroller.scrollHeight - scroller.clientHeight - scroller.scrollTop)
      let frames = 0
      do await new Promise(requestAnimationFrame)
      while (++frames < 2 || left() < Math.abs(notch))
      const box = scroller.getBoundingClientRect()
      return [...scroller.querySelectorAll<HTMLElement>('[role=article][data-seq]')]
        .filter((row) => row.getBoundingClientRect().bottom > box.top && row.getBoundingClientRect().top < box.bottom)
        .map((row) => Number(row.dataset.seq))
    }, notch)
    const now = await worked(tools)
    turns.push((now - was) * 1_000)
    was = now
    if (seqs.some(there)) return turns
  }
  throw new Error('that far the wheel does not go')
}

test('a room of 100,000 messages is read at any place of it, without a blank and in little memory', async ({ browser, enter, server }) => {
  test.slow()
  const each = MESSAGES / WRITERS
  await Promise.all(Array.from({ length: WRITERS }, (_, i) => seed(browser, server, `Writer ${i}`, chatter(each, 1 + i * each))))
  const ada = await enter('Ada')
  const row = (seq: number) => ada.timeline.locator(`[role=article][data-seq="${seq}"]`)
  const newest = row(MESSAGES)
  await expect(newest).toBeInViewport()
  const tools = await ada.page.context().newCDPSession(ada.page)
  await tools.send('Performance.enable', { timeDomain: 'threadTicks' })
  const before = await heap(tools)

  const fromEnd = () => ada.timeline.evaluate((s) => s.scrollHeight - s.clientHeight - s.scrollTop)
  await ada.timeline.focus()
  await ada.page.keyboard.press('Home')
  await expect.poll(fromEnd).toBeGreaterThan(100)
  await expect(newest).not.toBeInViewport()
  await ada.page.keyboard.press('End')
  await expect(newest).toBeInViewport()
  await expect.poll(fromEnd).toBeLessThanOrEqual(1)

  // Up through many windows.
  await observe(ada.page, NOTCH)
  const turns = await wheel(ada, tools, -NOTCH, (seq) => seq < MESSAGES - READ)
  const seen = await observed(ada.page)
  expect(seen.blank).toBe(0)
  expect(seen.jumps).toEqual([])
  expect(seen.elements).toBeLessThan(400)
  const slowest = Math.max(...turns)
  const average = turns.reduce((sum, t) => sum + t, 0) / turns.length
  const after = await heap(tools)
  test.info().annotations.push(
    { type: 'scroll', description: `${turns.length} turns, ${seen.frames} frames, ${seen.pages} pages, at most ${seen.elements} elements` },
    { type: 'main thread', description: `${average.toFixed(1)} ms a turn, at most ${slowest.toFixed(1)} ms` },
    { type: 'heap', description: `${(before / 1e6).toFixed(1)} MB, then ${(after / 1e6).toFixed(1)} MB` },
  )
  expect(after - before).toBeLessThan(30e6)

  // To a day long before all that was said, and down from there.
  const pill = ada.page.getByRole('button', { name: /: jump to a day$/ })
  await pill.click()
  await ada.page.getByLabel('A day', { exact: true }).fill('2020-01-01')
  await ada.page.getByRole('button', { name: 'Go', exact: true }).click()
  await expect(row(1)).toBeInViewport()
  await atRest(ada)
  await observe(ada.page, NOTCH)
  await wheel(ada, tools, NOTCH, (seq) => seq > 800)
  const down = await observed(ada.page)
  expect(down.blank).toBe(0)
  expect(down.jumps).toEqual([])
  expect(down.elements).toBeLessThan(400)

  // To the midst, by a link; and back to the newest by a key, past what wasn't loaded.
  await ada.page.goto('/rooms/global?at=50000')
  await expect(row(50_000)).toBeInViewport()
  await atRest(ada)
  await ada.timeline.focus()
  await ada.page.keyboard.press('End')
  await expect(newest).toBeInViewport()
  await expect.poll(fromEnd).toBeLessThanOrEqual(1)
})
