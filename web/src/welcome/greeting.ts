import { useQueryClient } from '@tanstack/solid-query'
import { createEffect, createSignal, onCleanup, untrack } from 'solid-js'
import { useLive } from '~/app/live'
import { useQuery } from '~/query'
import { settingsQuery } from '~/settings'
import { greetingQuery, noteSetup } from './calls'
import { recallServerName, setServerName } from './naming'

/** Who needs no greeting on this device: nothing is asked for then. */
const KNOWN = 'snug:greeted'
/** A connection that comes back sooner brings no new name, ms. */
const NAME_MS = 60_000

/**
 * Greets whoever needs it: an owner of a server that has no name yet, once, and somebody
 * who is new; and keeps up with what the server is called. `inRoom`: a room is shown,
 * which is where greetings stand.
 */
export function createGreeting(inRoom: () => boolean) {
  const live = useLive()
  const client = useQueryClient()
  const userId = untrack(() => live.account().id)
  const [known, setKnown] = createSignal(knows(userId))
  const greeting = useQuery(() => ({ ...greetingQuery, enabled: !known() }))

  let gone = false
  onCleanup(() => (gone = true))
  createEffect(() => {
    const g = greeting.data
    if (!g) return
    if (g.setup === 'done' && !g.newcomer) {
      live.setGreeting(undefined)
      remember(userId)
      setKnown(true)
      return
    }
    if (g.setup === 'new') {
      if (!inRoom() || live.opened() !== undefined || live.desk.asked()) return
      live.open('setup')
      // From here on it is found where it was left, on other devices too.
      client.setQueryData(greetingQuery.queryKey, { ...g, setup: 'left' })
      void noteSetup('left')
      return
    }
    // The answer to a later state may have been quicker.
    void import('./cards').then((cards) => !gone && g === untrack(() => greeting.data) && live.setGreeting(g.setup === 'done' ? cards.NewcomerCard : cards.SetupCard), () => {})
  })

  recallServerName()
  onCleanup(
    live.connection.subscribe({
      onState(state) {
        if (state.status !== 'open') return
        client.fetchQuery({ ...settingsQuery, staleTime: NAME_MS }).then(({ server }) => setServerName(server), () => {})
      },
    }),
  )
  client.fetchQuery(settingsQuery).then(({ server }) => setServerName(server), () => {})
  onCleanup(() => live.setGreeting(undefined))
}

function knows(userId: string): boolean {
  try {
    return localStorage.getItem(KNOWN) === userId
  } catch {
    return false
  }
}

function remember(userId: string) {
  try {
    localStorage.setItem(KNOWN, userId)
  } catch {
    // Storage is blocked or full: the server is asked again.
  }
}
