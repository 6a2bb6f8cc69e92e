import { randomUUID } from 'node:crypto'
import type { APIResponse, Locator } from '@playwright/test'
import { expect, type Person } from './kit'

const room = '/api/rooms/global/messages'

export interface Said {
  id: string
  seq: number
}

/** Posts as somebody, past the composer; resolves with what the server made of it. */
export async function say(person: Person, content: string, more: Readonly<Record<string, unknown>> = {}): Promise<Said> {
  const reply = await person.page.context().request.post(room, { data: { clientId: randomUUID(), content, ...more } })
  const body: unknown = await answer(reply)
  const message = read(body, 'message') ?? body
  const id = read(message, 'id')
  const seq = read(message, 'seq')
  if (typeof id !== 'string' || typeof seq !== 'number') throw new Error(`no message in ${JSON.stringify(body)}`)
  return { id, seq }
}

/** Edits as somebody on another device of theirs. */
export async function editElsewhere(person: Person, id: string, content: string): Promise<void> {
  await answer(await person.page.context().request.patch(`${room}/${id}`, { data: { content } }))
}

export async function deleteElsewhere(person: Person, id: string): Promise<void> {
  await answer(await person.page.context().request.delete(`${room}/${id}`))
}

export async function pinElsewhere(person: Person, id: string): Promise<void> {
  await answer(await person.page.context().request.put(`${room}/${id}/pin`))
}

async function answer(reply: APIResponse): Promise<unknown> {
  const text = await reply.text()
  expect(reply.ok(), `${reply.status()} ${text}`).toBe(true)
  return text === '' ? null : JSON.parse(text)
}

function read(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}

/** The row of one message. */
export function rowOf(person: Person, said: Said): Locator {
  return person.timeline.locator(`[role=article][data-seq="${said.seq}"]`)
}

/** What can be done with messages comes a moment after them, together with these buttons. */
export async function actable(person: Person): Promise<void> {
  await expect(person.page.getByRole('button', { name: 'Pinned messages', exact: true })).toBeVisible()
}

/** Puts the focus on a row as the keyboard does: into the list, then up from its end. */
export async function walkTo(person: Person, row: Locator): Promise<void> {
  await actable(person)
  await expect(row).toBeVisible()
  // Where the way begins changes while rows come in at the end, or get their height.
  await expect(async () => {
    await person.timeline.focus()
    for (let i = 0; i < 30; i++) {
      await person.page.keyboard.press('ArrowUp')
      if (await row.evaluate((r) => r === document.activeElement)) return
    }
    throw new Error('the row can not be reached by the arrow keys')
  }).toPass({ timeout: 30_000 })
}

/** Opens the menu of a message by the pointer. */
export async function openMenu(person: Person, row: Locator): Promise<Locator> {
  await actable(person)
  // The buttons leave the row where what comes above or below it moves it from under the pointer.
  await expect(async () => {
    await row.hover({ timeout: 5_000 })
    await row.getByRole('button', { name: 'More', exact: true }).click({ timeout: 5_000 })
  }).toPass({ timeout: 45_000 })
  const menu = person.page.getByRole('menu', { name: 'What to do with this message' })
  await expect(menu).toBeVisible()
  return menu
}
