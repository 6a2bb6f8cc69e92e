// Several tabs may show one room: one of them sends what all of them post. The
// browser's lock says which, and hands it on when that tab ends, however it
// ends. The others hand over by a channel between the tabs of this browser.

export interface Crew<Note> {
  /** Whether this tab is the one that acts for all. */
  leads(): boolean
  /** Tells the other tabs. */
  tell(note: Note): void
  /** Gives up the lead; another tab may take it. */
  dispose(): void
}

export interface CrewListener<Note> {
  /** It is this tab's turn from here on. */
  onLead(): void
  onNote(note: Note): void
}

/** `name` is the same in all tabs of one crew. */
export function joinCrew<Note>(name: string, listener: CrewListener<Note>): Crew<Note> {
  // Absent where the page came over plain http from another machine: then each
  // tab acts for itself, and the server tells the same post from two.
  if (!('locks' in navigator) || !('BroadcastChannel' in globalThis)) return alone(listener)
  const channel = new BroadcastChannel(name)
  const ended = new AbortController()
  let leading = false
  let release: (() => void) | undefined
  channel.addEventListener('message', (event: MessageEvent<Note>) => listener.onNote(event.data))
  navigator.locks
    .request(name, { signal: ended.signal }, () => {
      if (ended.signal.aborted) return undefined
      leading = true
      listener.onLead()
      return new Promise<void>((resolve) => (release = resolve))
    })
    .catch(() => {})
  return {
    leads: () => leading,
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has none
    tell: (note) => channel.postMessage(note),
    dispose() {
      leading = false
      ended.abort()
      release?.()
      channel.close()
    },
  }
}

/** The crew of a tab that is alone. */
export function alone<Note>(listener: CrewListener<Note>): Crew<Note> {
  queueMicrotask(() => listener.onLead())
  return { leads: () => true, tell: () => {}, dispose: () => {} }
}
