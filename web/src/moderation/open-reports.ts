import { createEffect, createMemo, on, onCleanup } from 'solid-js'
import type { Live } from '~/app/live'
import { call, member } from '~/http'
import { may } from '~/permissions.gen'
import { isCount } from '~/realtime/frames'

/** Reports of one message come in bursts. */
const ASK_AFTER_MS = 300

/** Keeps the number of open reports for those who moderate. To be called in a component's scope. */
export function createOpenReports({ connection, rooms, setOpenReports }: Live) {
  // Who moderates the server does so in all public rooms, and everybody is in one of them.
  const moderates = createMemo(() => rooms.rooms().some((r) => may('see_reports', r.role, r.kind)))
  let timer: ReturnType<typeof setTimeout> | undefined
  let last: AbortController | undefined
  onCleanup(() => {
    clearTimeout(timer)
    last?.abort()
  })

  function askSoon() {
    clearTimeout(timer)
    if (moderates()) timer = setTimeout(() => void ask(), ASK_AFTER_MS)
  }

  async function ask() {
    last?.abort()
    const { signal } = (last = new AbortController())
    try {
      const result = await call('/api/reports?open=true&limit=1', { signal }, parseOpen)
      if (result.ok) setOpenReports(result.value)
    } catch {
      // It was asked for anew.
    }
  }

  createEffect(
    on(moderates, (now) => {
      askSoon()
      if (!now) setOpenReports(0)
    }),
  )
  onCleanup(
    connection.subscribe({
      onFrame: (frame) => frame.type === 'reports' && askSoon(),
      // What came while there was no connection wasn't told.
      onState: (state) => state.status === 'open' && askSoon(),
    }),
  )
}

function parseOpen(value: unknown): number | null {
  const open = member(value, 'open')
  return isCount(open) ? open : null
}
