// Asks the server for its counts where this page can only guess: soon after a time in which
// it knew, and in a busy one seldom. Many pages guess at the same moment, of the same post,
// so each waits a little of its own.

const SOON_MS = 300
const SPREAD_MS = 700
/** Between two requests at least; twice as long each time while there is always a reason. */
const GAP_MS = 2_000
const LONGEST_GAP_MS = 8_000

export interface Recount {
  /**
   * What is shown of a room may not be what the server counts. If the room is read by the
   * time it would be asked, it isn't; without a room it is. What it tells has to be of
   * `afterMs` from now or later, if that is given: it hears of something only by then.
   */
  ask(slug?: string, afterMs?: number): void
  /** The server has told how it was at `time` (Unix ms), or later. */
  told(time: number): void
  dispose(): void
}

export interface RecountOptions {
  load(): void
  /** Whether nothing of a room is unread. */
  read(slug: string): boolean
}

export function makeRecount({ load, read }: RecountOptions): Recount {
  const doubtful = new Set<string>()
  let anyway = false
  let from = 0
  let askedAt = -Infinity
  let gap = GAP_MS
  let timer: ReturnType<typeof setTimeout> | undefined
  let due = Infinity

  function stop() {
    clearTimeout(timer)
    due = Infinity
  }

  function settle() {
    stop()
    doubtful.clear()
    anyway = false
  }

  function schedule(waitMs: number) {
    const now = Date.now()
    const at = Math.max(now + waitMs, askedAt + gap)
    if (at >= due) return
    stop()
    due = at
    timer = setTimeout(act, at - now)
  }

  function act() {
    due = Infinity
    if (!anyway && [...doubtful].every(read)) return settle()
    const now = Date.now()
    gap = now < askedAt + 2 * gap ? Math.min(2 * gap, LONGEST_GAP_MS) : GAP_MS
    askedAt = now
    load()
  }

  return {
    ask(slug, afterMs) {
      if (slug === undefined) anyway = true
      else doubtful.add(slug)
      if (afterMs !== undefined) from = Math.max(from, Date.now() + afterMs)
      schedule(Math.max(SOON_MS + Math.random() * SPREAD_MS, afterMs ?? 0))
    },
    told(time) {
      if (time >= from) settle()
      else schedule(from - Date.now())
    },
    dispose: settle,
  }
}
