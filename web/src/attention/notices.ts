import type { Connection } from '~/realtime/connection'
import type { Notice } from '~/realtime/wire.gen'
import { joinCrew } from '~/room/crew'
import { noticeData, notificationOf, tagOf, type NoticeData } from './notice'
import { overOf } from './over'
import { showByWorker, shownByWorker } from './registration'
import type { Sounds } from './sounds'

// Tells of notices while the page is open. All tabs hear of each; one of them shows
// it, unless another has it on the screen and says so first. What doesn't call for
// attention any more is withdrawn, whoever showed it.

/** What tabs tell each other: this message is before somebody's eyes. */
interface Seen {
  seen: string
}

/** Time for another tab to say that it shows the room. Tabs that aren't shown hear late. */
const OBJECTIONS_MS = 250

export interface NoticesOptions {
  userId: string
  connection: Connection
  sounds: Sounds
  /** Those that came before this page was ready to tell of any. */
  early: readonly Notice[]
  /** Whether the room, or the thread that it is in, is on the screen of a window that has the focus. */
  watched(notice: Pick<Notice, 'room' | 'thread'>): boolean
  /** What the person wants. */
  wants(): { desktop: boolean; sounds: boolean }
  /** One that can't be shown by the system, since the browser was never asked for leave. */
  onUnasked(): void
  /** A notification of this page was pressed. */
  onOpen(path: string): void
}

export interface Notices {
  /** Rooms that the person isn't in any more: of them nothing is told. */
  left(rooms: readonly string[]): void
  /** Withdraws all: nobody is signed in any more. */
  withdrawAll(): void
  dispose(): void
}

export function makeNotices(options: NoticesOptions): Notices {
  const { userId, connection } = options
  const waiting = new Map<string, { notice: Notice; timer: ReturnType<typeof setTimeout> }>()
  /** Notifications of this page itself, by their tags. */
  const own = new Map<string, { notification: Notification; data: NoticeData }>()
  /** How far rooms were read, here or elsewhere, while this page was open. */
  const read = new Map<string, number>()
  /** How often the server said that what waits has changed. */
  let changes = 0
  let settling = false
  let again = false
  let ended = false

  const crew = joinCrew<Seen>(`snug:notices:${userId}`, { onLead() {}, onNote: ({ seen }) => forget(seen) })

  const unsubscribe = connection.subscribe({
    onFrame(frame) {
      if (frame.type === 'notice') hear(frame.notice)
      else if (frame.type === 'attention') {
        changes++
        void settle()
      } else if (frame.type === 'read' && frame.userId === userId) {
        read.set(frame.room, frame.seq)
        void withdraw(readInRoom)
      }
    },
    onState(state) {
      // What happened while the connection was away was told to nobody.
      if (state.status === 'open') void settle()
      else if (state.status === 'ended' && (state.reason === 'signedOut' || state.reason === 'banned')) withdrawAll()
    },
  })

  for (const notice of options.early) hear(notice)
  // Those of an earlier visit, or that a push showed.
  void settle()

  function hear(notice: Notice) {
    if (options.watched(notice)) {
      crew.tell({ seen: notice.messageId })
      return
    }
    if (notice.quiet || ended || waiting.has(notice.messageId)) return
    const before = changes
    const timer = setTimeout(() => {
      waiting.delete(notice.messageId)
      if (crew.leads() && !readInRoom(notice)) void show(notice, before)
    }, OBJECTIONS_MS)
    waiting.set(notice.messageId, { notice, timer })
  }

  function forget(messageId: string) {
    clearTimeout(waiting.get(messageId)?.timer)
    waiting.delete(messageId)
  }

  // A room doesn't show what is in its threads.
  function readInRoom({ room, thread, seq }: Pick<Notice, 'room' | 'thread' | 'seq'>): boolean {
    return thread === undefined && seq <= (read.get(room) ?? 0)
  }

  async function show(notice: Notice, before: number) {
    const { desktop, sounds } = options.wants()
    if (sounds) options.sounds.play(notice.kind === 'room' || notice.kind === 'thread' ? 'other' : 'mention')
    if (!desktop || !('Notification' in globalThis)) return
    if (Notification.permission === 'default') return options.onUnasked()
    if (Notification.permission !== 'granted') return
    await display(notice)
    // The system takes its time; it may have been read by then.
    if (ended) withdrawAll()
    else if (readInRoom(notice)) void withdraw(readInRoom)
    else if (changes !== before) void settle()
  }

  // By the service worker where there is one: then it is the same notification that a
  // push would show, and stays when the page goes.
  async function display(notice: Notice) {
    // The page has its own sounds.
    const [title, more] = notificationOf(notice, true)
    if (await showByWorker(title, more)) return
    try {
      const notification = new Notification(title, more)
      own.set(tagOf(notice), { notification, data: more.data })
      notification.addEventListener('click', () => {
        window.focus()
        notification.close()
        options.onOpen(more.data.path)
      })
    } catch {
      // Phones show them by a service worker alone.
    }
  }

  // One after the other: of several changes the last is looked at in any case.
  async function settle() {
    if (settling) {
      again = true
      return
    }
    settling = true
    try {
      do {
        again = false
        const over = await overOf(await standing())
        if (over.size > 0) await withdraw(({ messageId }) => over.has(messageId))
      } while (again)
    } finally {
      settling = false
    }
  }

  async function standing(): Promise<NoticeData[]> {
    const byWorker = (await shownByWorker()).map((notification) => noticeData(notification.data))
    return [...byWorker.filter((data) => data !== null), ...[...own.values()].map(({ data }) => data)]
  }

  async function withdraw(which: (data: NoticeData) => boolean) {
    for (const [tag, { notification, data }] of own) {
      if (!which(data)) continue
      notification.close()
      own.delete(tag)
    }
    for (const notification of await shownByWorker()) {
      const data = noticeData(notification.data)
      if (data && which(data)) notification.close()
    }
  }

  function withdrawAll() {
    ended = true
    for (const messageId of waiting.keys()) forget(messageId)
    void withdraw(() => true)
  }

  return {
    left(rooms) {
      for (const [messageId, { notice }] of waiting) if (rooms.includes(notice.room)) forget(messageId)
      void withdraw(({ room }) => rooms.includes(room))
    },
    withdrawAll,
    dispose() {
      unsubscribe()
      crew.dispose()
      for (const messageId of waiting.keys()) forget(messageId)
    },
  }
}
