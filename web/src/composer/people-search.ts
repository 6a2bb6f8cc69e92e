import { createEffect, createSignal, on, onCleanup, type Accessor } from 'solid-js'
import { call, member } from '~/http'
import type { Person } from './trigger'

/** A key press rarely comes alone. */
const AFTER_MS = 120
const LIMIT = 20

export interface PeopleSearch {
  /** All whom the server named for what was asked so far. */
  found: Accessor<readonly Person[]>
  /** Asks once for each of these; never fails. */
  ask(words: string, signal: AbortSignal): Promise<void>
}

/** Asks by itself while there is a query. */
export function createPeopleSearch(query: Accessor<string | undefined>): PeopleSearch {
  const [found, setFound] = createSignal<readonly Person[]>([])
  const asked = new Set<string>()

  createEffect(on(query, (wanted) => {
    const words = wanted?.trim().toLowerCase()
    if (words === undefined) return
    const end = new AbortController()
    const timer = setTimeout(() => void ask(words, end.signal), AFTER_MS)
    onCleanup(() => {
      clearTimeout(timer)
      end.abort()
    })
  }))

  async function ask(words: string, signal: AbortSignal) {
    if (asked.has(words)) return
    try {
      const result = await call(`/api/people?${new URLSearchParams({ query: words, limit: String(LIMIT) })}`, { signal }, parsePeople)
      if (!result.ok) return
      asked.add(words)
      const known = new Map([...found(), ...result.value].map((p) => [p.userId, p]))
      setFound([...known.values()])
    } catch {
      // Another query is being asked by now, or it took too long.
    }
  }
  return { found, ask }
}

function parsePeople(value: unknown): Person[] | null {
  const people = member(value, 'people')
  if (!Array.isArray(people)) return null
  const out: Person[] = []
  for (const person of people) {
    const userId = member(person, 'userId')
    const userName = member(person, 'userName')
    const userImage = member(person, 'userImage')
    if (typeof userId !== 'string' || typeof userName !== 'string' || userName === '') return null
    out.push({ userId, userName, ...(typeof userImage === 'string' && { userImage }) })
  }
  return out
}
