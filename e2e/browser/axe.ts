import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from '@playwright/test'
import { expect } from './kit'

/** Finds nothing on the page that keeps people from using it. */
export async function expectClean(page: Page): Promise<void> {
  // What fades in has not yet the contrast that it will have.
  await page.evaluate(async () => {
    const ending = document.getAnimations().filter((a) => a.playState === 'running' && Number.isFinite(a.effect?.getComputedTiming().endTime))
    await Promise.all(ending.map((a) => a.finished.catch(() => {}))) // one that is cancelled is over too
  })
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']).analyze()
  expect(violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => `${n.html} ${n.failureSummary ?? ''}`).join(' | ')}`), page.url()).toEqual([])
}
