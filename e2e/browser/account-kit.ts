import { createHmac } from 'node:crypto'
import type { Locator, Page } from '@playwright/test'
import { expect, PASSWORD, type Person } from './kit'

// What the tests of the account have in common.

/** Goes to a page of the account. */
export async function open(person: Person, section: string, title: string): Promise<void> {
  await person.page.goto(`/account/${section}`)
  await expect(person.page.getByRole('heading', { level: 1, name: title })).toBeVisible()
}

export async function toast(page: Page, title: string | RegExp): Promise<void> {
  await expect(page.getByRole('region', { name: /notifications/i }).getByText(title).first()).toBeVisible()
}

/** A sign-in by the form, in a browser of its own. */
export async function signIn(page: Page, email: string, password: string): Promise<void> {
  await page.goto('/sign-in')
  await page.getByLabel('E-mail', { exact: true }).fill(email)
  await page.getByLabel('Password', { exact: true }).fill(password)
  await page.getByLabel('Password', { exact: true }).press('Enter')
}

/** The same without the form. */
export async function signInBy(page: Page, email: string): Promise<void> {
  const reply = await page.context().request.post('/api/auth/sign-in/email', { data: { email, password: PASSWORD } })
  expect(reply.ok(), await reply.text()).toBe(true)
}

/** The row of a card with these words. */
export function row(page: Page, words: string): Locator {
  return page.locator('main section > div > div').filter({ hasText: words }).last()
}

/** The six digits of an authenticator app (RFC 6238), now or some half minutes on. */
export function totp(secret: string, later = 0): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const bits = [...secret].map((letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('')
  const key = Buffer.from(bits.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? [])
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + later))
  const mac = createHmac('sha1', key).update(counter).digest()
  const offset = (mac.at(-1) ?? 0) & 15
  return ((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).toString().padStart(6, '0')
}
