import { createComputed, createSignal, onCleanup, type Accessor } from 'solid-js'
import type { Message } from '~/realtime/wire.gen'
import { onDemand } from '~/on-demand'
import { hasMarkdown, linesOf } from './syntax'

// What rows are made of beyond plain text, fetched for the first message that
// has it.

export const rich = onDemand(() => import('./rich'))
export const markdown = onDemand(() => import('./draw'))
export const acting = onDemand(() => import('./acting'))

/** More lines than this are folded. */
export const FOLD_LINES = 25

/** Whether a text is shown otherwise than plainly. */
export function richText(content: string): boolean {
  return hasMarkdown(content) || !/[\p{L}\p{N}]/u.test(content) || linesOf(content) > FOLD_LINES / 2 || content.includes(`${location.origin}/rooms/`)
}

/** Whether a message is more than its words. */
export function richMessage(m: Message): boolean {
  return (
    m.editedAt !== undefined || m.deletedAt !== undefined || m.replyTo !== undefined || m.reactions !== undefined || m.pinned === true ||
    m.attachments !== undefined || m.replies !== undefined || m.previews !== undefined
  )
}

/** A first view waits this long for its parts, and then shows words without them. */
const WAIT_MS = 400

/**
 * True once the parts that these messages need are there, or have been waited for:
 * rows then have their height when they are first drawn.
 */
export function createPartsReady(messages: () => readonly Message[]): Accessor<boolean> {
  const [late, setLate] = createSignal(false)
  const [ready, setReady] = createSignal(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  onCleanup(() => clearTimeout(timer))
  createComputed(() => {
    if (ready()) return
    const list = messages().filter((m) => m.type === 'text')
    if (list.length === 0) return
    const words = list.some((m) => hasMarkdown(m.content))
    const more = words || list.some((m) => richMessage(m) || richText(m.content))
    const missing = (more && !rich()) || (words && !markdown())
    if (!missing || late()) setReady(true)
    else timer ??= setTimeout(() => setLate(true), WAIT_MS)
  })
  return ready
}
