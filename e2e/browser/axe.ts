import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { expect } from './kit'

const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
/** What a page in the dark may have that it has not in the light. */
const colours = ['color-contrast', 'link-in-text-block']

/** Finds nothing on the page that keeps people from using it; `what` is its state, in words. */
export async function expectClean(page: Page, what = page.url()): Promise<void> {
  // What fades in has not yet the contrast that it will have.
  const dark = await page.evaluate(async () => {
    const ending = document.getAnimations().filter((a) => a.playState === 'running' && Number.isFinite(a.effect?.getComputedTiming().endTime))
    await Promise.all(ending.map((a) => a.finished.catch(() => {}))) // one that is cancelled is over too
    return document.documentElement.classList.contains('dark')
  })
  const axe = new AxeBuilder({ page }).setLegacyMode() // no frames of others, no page to open for each
  const { violations } = await (dark ? axe.withRules(colours) : axe.withTags(tags)).analyze()
  expect(violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => `${n.html} ${n.failureSummary ?? ''}`).join(' | ')}`), what).toEqual([])
}
