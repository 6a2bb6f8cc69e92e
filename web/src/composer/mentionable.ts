import type { User } from '~/realtime/wire.gen'

/** Whom one may mean: those who spoke last, then those who are here; without oneself. */
export function mentionable(messages: readonly (User & { type: string })[], people: readonly User[], me: string): User[] {
  const known = new Map<string, User>()
  for (const m of messages.toReversed()) if (m.type === 'text' && m.userName !== '' && !known.has(m.userId)) known.set(m.userId, m)
  for (const p of people) known.set(p.userId, p)
  known.delete(me)
  return [...known.values()]
}
