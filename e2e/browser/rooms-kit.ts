import type { Locator } from '@playwright/test'
import { expect, type Person } from './kit'

// What tests of rooms do past the pages.

/** Calls the server as somebody; resolves with what it answers. */
export async function api(person: Person, method: string, path: string, data?: object): Promise<Record<string, unknown> & { slug: string }> {
  const reply = await person.page.context().request.fetch(path, { method, ...(data && { data }), headers: { Origin: person.server.url } })
  const text = await reply.text()
  expect(reply.ok(), `${method} ${path}: ${reply.status()} ${text}`).toBe(true)
  const body: unknown = text === '' ? {} : JSON.parse(text)
  return { slug: '', ...(typeof body === 'object' ? body : {}) }
}

/** A room in somebody's list. */
export function roomNamed(person: Person, name: string | RegExp): Locator {
  return person.page.getByRole('navigation', { name: 'Rooms' }).getByRole('link', { name })
}

/** Makes a room as somebody; resolves with its address. */
export async function makeRoom(person: Person, name: string, kind: 'public' | 'private', people: readonly Person[] = []): Promise<string> {
  const ids = await Promise.all(people.map((p) => p.id()))
  const { slug } = await api(person, 'POST', '/api/rooms', { name, kind, people: ids })
  return slug
}

/** Opens a room by its address, and waits until one can write in it. */
export async function openRoom(person: Person, slug: string, label: string): Promise<Locator> {
  await person.page.goto(`/rooms/${slug}`)
  const composer = person.page.getByRole('textbox', { name: `Message ${label}` })
  await expect(composer).toBeVisible()
  await expect(person.people).toBeVisible()
  return composer
}
