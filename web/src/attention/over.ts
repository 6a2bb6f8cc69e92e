import { call, member } from '~/http'
import { parseMessage } from '~/realtime/frames'
import { loadInbox, MOST } from './inbox'
import type { NoticeData } from './notice'

/** So many that the inbox doesn't have are asked about at once. */
const ASKED = 10

/**
 * The messages, of those that notifications tell of, that don't call for attention any more,
 * by their ids: they were read, on whatever device, or ticked off, or are gone. What can't be
 * found out isn't among them.
 */
export async function overOf(told: readonly NoticeData[]): Promise<ReadonlySet<string>> {
  const over = new Set<string>()
  const listed = told.filter(({ id }) => id > 0)
  const inbox = listed.length > 0 ? await loadInbox(MOST) : undefined
  if (inbox?.ok) {
    const { items, hasOlder } = inbox.value
    const waits = new Set(items.flatMap((item) => (item.read ? [] : [item.message.id])))
    // What is older than the page isn't known by it.
    const oldest = hasOlder ? (items.at(-1)?.id ?? Infinity) : 0
    for (const { id, messageId } of listed) if (id >= oldest && !waits.has(messageId)) over.add(messageId)
  }
  const others = told.filter(({ id }) => id === 0).slice(-ASKED)
  await Promise.all(others.map(async (data) => ((await gone(data)) || (await readInThread(data))) && over.add(data.messageId)))
  return over
}

async function gone({ room, messageId }: NoticeData): Promise<boolean> {
  const result = await call(pathOf(room, messageId), {}, parseMessage)
  return result.ok ? result.value.deletedAt !== undefined : result.failure.kind === 'refused' && result.failure.status === 404
}

// Of a room the marks are told; of a thread they aren't.
async function readInThread({ room, thread, seq }: NoticeData): Promise<boolean> {
  if (thread === undefined) return false
  const result = await call(`${pathOf(room, thread)}/thread?limit=1`, {}, (value) => {
    const read = member(value, 'read')
    return typeof read === 'number' ? read : null
  })
  return result.ok && result.value >= seq
}

function pathOf(room: string, id: string): string {
  return `/api/rooms/${encodeURIComponent(room)}/messages/${encodeURIComponent(id)}`
}
