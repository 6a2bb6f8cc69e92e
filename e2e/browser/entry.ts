import type { Locator, Page } from '@playwright/test'
import { emailOf, expect, PASSWORD } from './kit'
import type { Server } from './server'

// The way in, as people and their pages go it.

export function button(page: Page, name: string | RegExp): Locator {
  return page.getByRole('button', { name })
}

/** In the room, whatever has opened above it since: a dialog hides all else from who asks by roles. */
export async function inRoom(page: Page): Promise<void> {
  await expect(page.getByRole('textbox', { name: 'Message #global', includeHidden: true })).toBeVisible()
}

export async function fill(page: Page, fields: Record<string, string>): Promise<void> {
  for (const [label, value] of Object.entries(fields)) await page.getByLabel(label, { exact: true }).fill(value)
}

export async function signInBy(page: Page, name: string, password = PASSWORD): Promise<void> {
  await fill(page, { 'E-mail': emailOf(name), Password: password })
  await button(page, /^Sign in/).click()
}

/** Calls the server as a page of this profile would. */
export async function post(page: Page, server: Server, path: string, data: object): Promise<Record<string, unknown>> {
  const reply = await page.context().request.post(path, { data, headers: { Origin: server.url } })
  expect(reply.ok(), `${path}: ${await reply.text()}`).toBe(true)
  const body: unknown = await reply.json()
  return typeof body === 'object' && body !== null ? { ...body } : {}
}
