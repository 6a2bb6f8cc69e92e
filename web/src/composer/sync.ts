import type { Bodies } from '~/api.gen'
import { call, member, type Failure } from '~/http'
import type { Draft } from '~/realtime/wire.gen'
import { getMessage } from '~/room/queries'
import { worth, type Drafts, type Kept, type Quoted } from './drafts'
import { collapse, expand } from './mentions'

// Brings drafts to the server and back, so that what was begun on one device can
// be finished on another. What is kept here never waits for it.

/** From the last change of a draft to its way to the server. */
const AFTER_MS = 1_200
/** After a try that failed for now. */
const RETRY_MS = 30_000
/** Between two looks at what other devices wrote. */
const PULL_MS = 10_000
/** Characters; what is longer stays here. */
const LONGEST = 20_000

export interface Sync {
  /** Fetches what other devices wrote. */
  pull(): Promise<void>
  /** Sends what the server doesn't have yet. */
  push(): Promise<void>
  dispose(): void
}

type Remote = Pick<Draft, 'content' | 'replyTo' | 'updatedAt'>

export function makeSync(drafts: Drafts, now: () => number = Date.now): Sync {
  let timer: ReturnType<typeof setTimeout> | undefined
  let pulledAt = 0
  /** Counts the changes that are made here, and which of them was a draft's last. */
  let changes = 0
  const changedBy = new Map<string, number>()
  let pushing: Promise<void> | undefined
  const end = new AbortController()

  function soon(ms: number) {
    clearTimeout(timer)
    if (end.signal.aborted) return
    timer = setTimeout(() => void push(), ms)
  }

  function push(): Promise<void> {
    clearTimeout(timer)
    pushing ??= pushAll().finally(() => (pushing = undefined))
    return pushing
  }

  async function pushAll() {
    for (const name of drafts.names()) {
      if (end.signal.aborted) return
      const kept = drafts.read(name)
      if (kept.synced === kept.updatedAt) continue
      const content = worth({ ...kept, files: [] }) ? expand(kept.text, kept.mentions) : ''
      if (content.length > LONGEST) continue
      const [room = '', thread = ''] = name.split('/')
      const body = { room, ...(thread && { thread }), content, ...(kept.replyTo && content !== '' && { replyTo: kept.replyTo.id }), updatedAt: kept.updatedAt } satisfies Bodies['PUT /api/drafts']
      if (kept.synced === undefined) drafts.setSynced(name, 0)
      const result = await call('/api/drafts', { method: 'PUT', body }, parseDraft)
      if (!result.ok && passing(result.failure)) return soon(RETRY_MS)
      if (result.ok && result.value[1].updatedAt > kept.updatedAt) {
        await take(...result.value)
        continue
      }
      // A draft that the server refuses is kept here alone, until it changes.
      drafts.setSynced(name, kept.updatedAt)
      if (drafts.read(name).updatedAt > kept.updatedAt) soon(AFTER_MS)
    }
  }

  async function pull() {
    pulledAt = now()
    const asked = changes
    const before = new Map(drafts.names().map((name) => [name, drafts.read(name)]))
    const result = await call('/api/drafts', {}, parseDrafts)
    if (!result.ok) return
    for (const [name, remote] of result.value) {
      // An answer may be older than what was written or posted here meanwhile; the server is told of that.
      if ((changedBy.get(name) ?? 0) <= asked) await take(name, remote)
    }
    for (const [name, kept] of before) {
      // Posted or deleted on another device, while nothing was written here. Of a room that
      // somebody was taken out of the server tells nothing: what they wrote there stays.
      const same = drafts.shown(name.split('/')[0] ?? '') && drafts.read(name).updatedAt === kept.updatedAt && kept.synced === kept.updatedAt
      if (same && !result.value.has(name) && worth(kept) && !kept.files?.length) {
        drafts.write(name, { text: '', mentions: [], updatedAt: kept.updatedAt, synced: kept.updatedAt })
      }
    }
  }

  async function take(name: string, remote: Remote) {
    const kept = drafts.read(name)
    if (remote.updatedAt <= kept.updatedAt) return
    const [room = '', thread = ''] = name.split('/')
    const content = expand(kept.text, kept.mentions)
    if (kept.synced !== kept.updatedAt && content.trim() !== '' && content !== remote.content) {
      drafts.of(room, thread).setElsewhere(remote.content)
      return
    }
    const replyTo = remote.replyTo === undefined || remote.replyTo === kept.replyTo?.id ? kept.replyTo : await quote(room, remote.replyTo)
    // Somebody may have begun to write meanwhile.
    if (drafts.read(name).updatedAt !== kept.updatedAt) return
    const taken: Kept = { ...collapse(remote.content), updatedAt: remote.updatedAt, synced: remote.updatedAt, ...(kept.files && { files: kept.files }) }
    drafts.write(name, remote.replyTo !== undefined && replyTo ? { ...taken, replyTo } : taken)
  }

  // What was posted shows nowhere else any more.
  drafts.onChange((name) => {
    changedBy.set(name, ++changes)
    soon(worth(drafts.read(name)) ? AFTER_MS : 0)
  })
  // Another tab of this browser wrote: it shows here too.
  addEventListener('storage', ({ key }) => key !== null && drafts.refresh(key), { signal: end.signal })
  addEventListener('online', () => void push().then(pull), { signal: end.signal })
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) void push()
    else if (now() - pulledAt > PULL_MS) void pull()
  }, { signal: end.signal })

  return {
    pull,
    push,
    dispose() {
      end.abort()
      clearTimeout(timer)
    },
  }
}

// Nothing is said of the draft itself: taken for one that is refused it would be taken for
// posted elsewhere, once its writer has signed in again.
function passing(failure: Failure): boolean {
  return failure.kind === 'unreachable' || failure.kind === 'limited' || failure.status === 401 || failure.status >= 500
}

async function quote(room: string, id: string): Promise<Quoted | undefined> {
  const result = await getMessage(room, id)
  if (!result.ok || result.value.deletedAt !== undefined) return undefined
  const { userId, userName, content } = result.value
  return { id, userId, userName, content }
}

function parseDrafts(value: unknown): Map<string, Remote> | null {
  const list = member(value, 'drafts')
  if (!Array.isArray(list)) return null
  const drafts = list.map(parseDraft)
  return drafts.includes(null) ? null : new Map(drafts.filter((d) => d !== null))
}

function parseDraft(draft: unknown): [name: string, remote: Remote] | null {
  const [room, thread, content, replyTo, updatedAt] = ['room', 'thread', 'content', 'replyTo', 'updatedAt'].map((name) => member(draft, name))
  if (typeof room !== 'string' || typeof content !== 'string' || typeof updatedAt !== 'number') return null
  const name = typeof thread === 'string' && thread !== '' ? `${room}/${thread}` : room
  return [name, { content, updatedAt, ...(typeof replyTo === 'string' && replyTo !== '' && { replyTo }) }]
}
