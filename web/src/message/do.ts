import { m, t } from '~/i18n/i18n'
import { showToast } from '~/ui/toast'
import type { Act } from '~/room/acts'
import { deleteAtLast } from './calls'
import type { MessageRoom } from './message-room'

// What is done to messages from their rows. What can't be done is said.

/** How long a deletion can be undone; the server is told after that. */
export const UNDO_MS = 6_000

const copied = {
  link: [m('Link copied'), m('Link could not be copied')],
  text: [m('Text copied'), m('Text could not be copied')],
  code: [m('Code copied'), m('Code could not be copied')],
} as const

async function attempt(room: MessageRoom, act: Act, title: string): Promise<boolean> {
  const acted = await room.session.act(act)
  if (!acted.ok) showToast({ tone: 'bad', title, text: acted.words })
  return acted.ok
}

export function react(room: MessageRoom, id: string, emoji: string, on: boolean): Promise<boolean> {
  return attempt(room, { type: 'react', id, emoji, on }, t('That reaction was not taken'))
}

export function pin(room: MessageRoom, id: string, on: boolean): Promise<boolean> {
  return attempt(room, { type: 'pin', id, on }, on ? t('The message was not pinned') : t('The message is still pinned'))
}

/** Strikes a message, and deletes it unless that is undone in time. */
export function deleteWithUndo(room: MessageRoom, id: string): void {
  if (room.leaving(id)) return
  room.setLeaving(id, true)
  const timer = setTimeout(() => void now(), UNDO_MS)
  addEventListener('pagehide', atLast)

  function end() {
    clearTimeout(timer)
    removeEventListener('pagehide', atLast)
  }
  function atLast() {
    end()
    deleteAtLast(room.session.slug, id)
  }
  async function now() {
    end()
    const acted = await room.session.act({ type: 'delete', id })
    // Offline, say: the message is there as before.
    if (acted.ok) return
    showToast({ tone: 'bad', title: t('The message is still there'), text: acted.words })
    room.setLeaving(id, false)
  }
  showToast({
    title: t('Message deleted.'),
    durationMs: UNDO_MS,
    action: {
      label: t('Undo'),
      act() {
        end()
        room.setLeaving(id, false)
      },
    },
  })
}

/** Puts a text on the clipboard, and says so. */
export async function copy(text: string, what: keyof typeof copied): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
    showToast({ title: t(copied[what][0]) })
  } catch {
    showToast({ tone: 'bad', title: t(copied[what][1]), text: t('Your browser did not allow it.') })
  }
}

/** The address of a message. */
export function linkOf(room: string, id: string): string {
  return `${location.origin}/rooms/${encodeURIComponent(room)}?message=${encodeURIComponent(id)}`
}
