import type { Connection } from '~/realtime/connection'
import type { Notice } from '~/realtime/wire.gen'
import { joinCrew } from '~/room/crew'
import { noticeData, notificationOf, tagOf } from './notice'
import { registered } from './registration'
import type { Sounds } from './sounds'

// Tells of notices while the page is open. All tabs hear of each; one of them shows
// it, unless another has its room on the screen and says so first.

/** What tabs tell each other: the room of this message is before somebody's eyes. */
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
  /** Whether the room is on the screen of a window that has the focus. */
  watched(room: string): boolean
  /** What the person wants. */
  wants(): { desktop: boolean; sounds: boolean }
  /** One that can't be shown by the system, since the browser was never asked for leave. */
  onUnasked(): void
  /** A notification of this page was pressed. */
  onOpen(path: string): void
}

export function makeNotices(options: NoticesOptions): { dispose(): void } {
  const { userId, connection } = options
  const waiting = new Map<string, ReturnType<typeof setTimeout>>()
  const shown = new Map<string, { notification: Notification; seq: number }>()
  /** How far rooms were read, here or elsewhere, while this page was open. */
  const read = new Map<string, number>()

  const crew = joinCrew<Seen>(`snug:notices:${userId}`, {
    onLead() {},
    onNote({ seen }) {
      clearTimeout(waiting.get(seen))
      waiting.delete(seen)
    },
  })

  const unsubscribe = connection.subscribe({
    onFrame(frame) {
      if (frame.type === 'notice') hear(frame.notice)
      else if (frame.type === 'read' && frame.userId === userId) {
        read.set(frame.room, frame.seq)
        void close(frame.room, frame.seq)
      }
    },
  })

  for (const notice of options.early) hear(notice)

  function hear(notice: Notice) {
    if (options.watched(notice.room)) {
      crew.tell({ seen: notice.messageId })
      return
    }
    if (notice.quiet || waiting.has(notice.messageId)) return
    waiting.set(notice.messageId, setTimeout(() => {
      waiting.delete(notice.messageId)
      if (crew.leads() && notice.seq > (read.get(notice.room) ?? 0)) void show(notice)
    }, OBJECTIONS_MS))
  }

  async function show(notice: Notice) {
    const { desktop, sounds } = options.wants()
    if (sounds) options.sounds.play(notice.kind === 'room' || notice.kind === 'thread' ? 'other' : 'mention')
    if (!desktop || !('Notification' in globalThis)) return
    if (Notification.permission === 'default') return options.onUnasked()
    if (Notification.permission !== 'granted') return
    await display(notice, (path) => options.onOpen(path), shown)
    // The system takes its time; it may have been read by then.
    const through = read.get(notice.room) ?? 0
    if (notice.seq <= through) void close(notice.room, through)
  }

  // What was read, here or on another device, needs no telling any more.
  async function close(room: string, seq: number) {
    const own = shown.get(room)
    if (own && own.seq <= seq) {
      own.notification.close()
      shown.delete(room)
    }
    const registration = await registered()
    for (const notification of (await registration?.getNotifications({ tag: tagOf(room) })) ?? []) {
      if ((noticeData(notification.data)?.seq ?? Infinity) <= seq) notification.close()
    }
  }

  return {
    dispose() {
      unsubscribe()
      crew.dispose()
      for (const timer of waiting.values()) clearTimeout(timer)
    },
  }
}

// By the service worker where there is one: then it is the same notification that a
// push would show, and stays when the page goes.
async function display(notice: Notice, onOpen: (path: string) => void, shown: Map<string, { notification: Notification; seq: number }>) {
  // The page has its own sounds.
  const [title, more] = notificationOf(notice, true)
  const registration = await registered()
  if (registration?.active) {
    await registration.showNotification(title, more)
    return
  }
  try {
    const notification = new Notification(title, more)
    shown.set(notice.room, { notification, seq: notice.seq })
    notification.addEventListener('click', () => {
      window.focus()
      notification.close()
      onOpen(more.data.path)
    })
  } catch {
    // Phones show them by a service worker alone.
  }
}
