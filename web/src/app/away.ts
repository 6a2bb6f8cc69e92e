import type { Connection } from '~/realtime/connection'

/** Who does nothing for this long is away. */
export const AWAY_MS = 5 * 60_000

const acts = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart', 'focus'] as const

/**
 * Tells the server of this page when nobody sits at it any more, and when somebody does
 * again. A hidden page hears of no act, so it is away as soon. It ends with the connection.
 */
export function watchAway(connection: Connection, page: EventTarget & Pick<Document, 'visibilityState'> = document, view: EventTarget = window): void {
  if (connection.state().status === 'ended') return
  let away = false
  let actedAt = Date.now()
  let timer = setTimeout(check, AWAY_MS)
  let place = ''

  function check() {
    const left = actedAt + AWAY_MS - Date.now()
    if (left > 0) {
      timer = setTimeout(check, left)
      return
    }
    away = true
    connection.send({ type: 'away', on: true })
  }

  function act(event: Event) {
    // What is focused by the page itself is nobody's doing.
    if (event.type === 'focus' && event.target !== view) return
    // Browsers tell of a pointer that rests while the page moves below it.
    if (event.type === 'pointermove' && event instanceof MouseEvent) {
      const now = `${event.screenX} ${event.screenY}`
      if (now === place) return
      place = now
    }
    actedAt = Date.now()
    if (!away) return
    away = false
    connection.send({ type: 'away', on: false })
    timer = setTimeout(check, AWAY_MS)
  }
  function look(event: Event) {
    if (page.visibilityState === 'visible') act(event)
  }

  function stop() {
    clearTimeout(timer)
    unsubscribe()
    for (const type of acts) view.removeEventListener(type, act, { capture: true })
    page.removeEventListener('visibilitychange', look)
  }

  for (const type of acts) view.addEventListener(type, act, { capture: true, passive: true })
  page.addEventListener('visibilitychange', look)
  const unsubscribe = connection.subscribe({
    onState(state) {
      // The new socket is taken for one at which somebody sits.
      if (state.status === 'open' && away) connection.send({ type: 'away', on: true })
      if (state.status === 'ended') stop()
    },
  })
}
