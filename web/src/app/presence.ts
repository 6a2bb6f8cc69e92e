import { createEffect, createSignal, onCleanup } from 'solid-js'
import type { Connection } from '~/realtime/connection'
import type { PersonState } from '~/realtime/wire.gen'

// How people are who are shown somewhere: the server tells of those whom the page
// watches, now and as they change.

export interface Presence {
  /** Undefined until it is known. Tracked. */
  of(user: string | undefined): PersonState | undefined
  /** Wants to know how these people are, for as long as the scope lasts that it is called in. */
  watch(users: () => readonly string[]): void
  dispose(): void
}

/** As many people the server tells of. */
export const WATCH_LIMIT = 200
/** What changes in a bunch is asked for once. */
const ASK_AFTER_MS = 100

export function makePresence(connection: Connection): Presence {
  const [known, setKnown] = createSignal<ReadonlyMap<string, PersonState>>(new Map())
  /** Those who were asked for last come first. */
  const wanted = new Map<object, readonly string[]>()
  let watched: ReadonlySet<string> = new Set()
  let timer: ReturnType<typeof setTimeout> | undefined

  function ask() {
    clearTimeout(timer)
    timer = undefined
    const users = [...new Set([...wanted.values()].toReversed().flat())].slice(0, WATCH_LIMIT)
    if (users.length === watched.size && users.every((user) => watched.has(user))) return
    if (!connection.send({ type: 'watch', users })) return
    watched = new Set(users)
    // Who isn't watched may change unheard.
    setKnown((all) => new Map([...all].filter(([user]) => watched.has(user))))
  }
  function askSoon() {
    timer ??= setTimeout(ask, ASK_AFTER_MS)
  }

  const unsubscribe = connection.subscribe({
    onState(state) {
      if (state.status !== 'open') return
      // The new socket watches nobody yet.
      watched = new Set()
      ask()
    },
    onFrame(frame) {
      if (frame.type !== 'people') return
      const people = frame.people.filter((p) => watched.has(p.userId))
      setKnown((all) => new Map([...all, ...people.map((p) => [p.userId, p] as const)]))
    },
  })

  return {
    of: (user) => (user === undefined ? undefined : known().get(user)),
    watch(users) {
      const key = {}
      createEffect(() => {
        wanted.set(key, users())
        askSoon()
      })
      onCleanup(() => {
        wanted.delete(key)
        askSoon()
      })
    },
    dispose() {
      clearTimeout(timer)
      unsubscribe()
    },
  }
}
