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
/** Of what is gone here, where the server doesn't hear of it: it isn't told after that, ms. */
const FORGET_MS = 30 * 24 * 3600_000

export interface Sync {
  /** Fetches what other devices wrote. */
  pull(): Promise<void>
  /** Sends what the server doesn't have yet. */
  push(): Promise<void>
  /** Sends what the server refused of these rooms: one is in them again. */
  again(rooms: readonly string[]): Promise<void>
  dispose(): void
}

type Remote = Pick<Draft, 'content' | 'replyTo' | 'updatedAt'>

export function makeSync(drafts: Drafts, now: () => number = Date.now): Sync {
  let timer: ReturnType<typeof setTimeout> | undefined
  let pulledAt = 0
  /** Counts the changes that are made in this browser, and which of them was a draft's last. */
  let changes = 0
  const changedBy = new Map<string, number>()
  let pushing: Promise<void> | undefined
  const end = new AbortController()
  let once = false
  /** Drafts that the server refused, as of when. They are kept here alone, until they change. */
  const refused = new Map<string, number>()

  function soon(ms: number) {
    clearTimeout(timer)
    if (!end.signal.aborted) timer = setTimeout(() => void push(), ms)
  }

  function push(): Promise<void> {
    clearTimeout(timer)
    // What changed behind the one that is being sent has its turn after it.
    if (pushing) once = true
    pushing ??= pushAll().finally(() => {
      pushing = undefined
      if (once) soon(0)
      once = false
    })
    return pushing
  }

  async function pushAll() {
    for (const name of drafts.names()) {
      if (end.signal.aborted) return
      const kept = drafts.read(name)
      if (kept.synced === kept.updatedAt || refused.get(name) === kept.updatedAt) continue
      const content = worth({ ...kept, files: [] }) ? expand(kept.text, kept.mentions) : ''
      if (content.length > LONGEST) continue
      const [room = '', thread = ''] = name.split('/')
      const body = { room, ...(thread && { thread }), content, ...(kept.replyTo && content !== '' && { replyTo: kept.replyTo.id }), updatedAt: kept.updatedAt } satisfies Bodies['PUT /api/drafts']
      if (kept.synced === undefined) drafts.setSynced(name, 0)
      const result = await call('/api/drafts', { method: 'PUT', body }, parseDraft)
      if (!result.ok) {
        if (passing(result.failure)) return soon(RETRY_MS)
        // The session is over: who signs in again has all of it sent.
        if ('status' in result.failure && result.failure.status === 401) return
        refused.set(name, kept.updatedAt)
        if (!worth(kept) && now() - kept.updatedAt > FORGET_MS) drafts.setSynced(name, kept.updatedAt)
        continue
      }
      const [, remote] = result.value
      if (remote.updatedAt > kept.updatedAt) await take(name, remote)
      else drafts.setSynced(name, remote.updatedAt, kept.updatedAt)
      if (drafts.read(name).updatedAt > kept.updatedAt) soon(AFTER_MS)
    }
  }

  async function again(rooms: readonly string[]) {
    const back = [...refused.keys()].filter((name) => rooms.includes(name.split('/')[0] ?? ''))
    if (back.length === 0) return
    for (const name of back) refused.delete(name)
    await push()
    await pull()
  }

  async function pull() {
    pulledAt = now()
    const asked = changes
    const result = await call('/api/drafts', {}, parseDrafts)
    if (!result.ok || end.signal.aborted) return
    // Only what the server tells counts: it says nothing of rooms that somebody was taken out
    // of, and one that came from a backup has forgotten some. What was written there stays.
    for (const [name, remote] of result.value) {
      // An answer may be older than what was written or posted here meanwhile; the server is told of that.
      if ((changedBy.get(name) ?? 0) <= asked) await take(name, remote)
    }
  }

  async function take(name: string, remote: Remote) {
    const kept = drafts.read(name)
    if (remote.updatedAt <= kept.updatedAt) return
    const [room = '', thread = ''] = name.split('/')
    const content = expand(kept.text, kept.mentions)
    const unsent = kept.synced !== kept.updatedAt && content.trim() !== ''
    if (remote.content === '') {
      // Posted or deleted on another device. The server has never had what was written here
      // since, and no files: that stays, and counts as written after it.
      if (unsent) {
        drafts.write(name, { ...kept, updatedAt: remote.updatedAt + 1 })
        soon(AFTER_MS)
      } else if (worth(kept) && !kept.files?.length) {
        drafts.write(name, { text: '', mentions: [], updatedAt: remote.updatedAt, synced: remote.updatedAt })
      }
      return
    }
    if (unsent && content !== remote.content) {
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
  addEventListener('storage', ({ key }) => {
    const name = key === null ? undefined : drafts.refresh(key)
    if (name !== undefined) changedBy.set(name, ++changes)
  }, { signal: end.signal })
  addEventListener('online', () => {
    refused.clear()
    void push().then(pull)
  }, { signal: end.signal })
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) void push()
    else if (now() - pulledAt > PULL_MS) void pull()
  }, { signal: end.signal })

  return {
    pull,
    push,
    again,
    dispose() {
      end.abort()
      clearTimeout(timer)
    },
  }
}

// Nothing is said of the draft itself.
function passing(failure: Failure): boolean {
  return failure.kind === 'unreachable' || failure.kind === 'limited' || failure.status >= 500
}

async function quote(room: string, id: string): Promise<Quoted | undefined> {
  const result = await getMessage(room, id)
  if (!result.ok || result.value.deletedAt !== undefined) return undefined
  const { userId, userName, content } = result.value
  return { id, userId, userName, content }
}

// Of those that were deleted there is nothing but since when.
function parseDrafts(value: unknown): Map<string, Remote> | null {
  const list = member(value, 'drafts')
  const deleted = member(value, 'deleted')
  if (!Array.isArray(list)) return null
  const drafts = [...list.map((d: unknown) => parseDraft(d)), ...(Array.isArray(deleted) ? deleted.map((d: unknown) => parseDraft(d, '')) : [])]
  return drafts.includes(null) ? null : new Map(drafts.filter((d) => d !== null))
}

function parseDraft(draft: unknown, content = member(draft, 'content')): [name: string, remote: Remote] | null {
  const [room, thread, replyTo, updatedAt] = ['room', 'thread', 'replyTo', 'updatedAt'].map((name) => member(draft, name))
  if (typeof room !== 'string' || typeof content !== 'string' || typeof updatedAt !== 'number') return null
  const name = typeof thread === 'string' && thread !== '' ? `${room}/${thread}` : room
  return [name, { content, updatedAt, ...(typeof replyTo === 'string' && replyTo !== '' && { replyTo }) }]
}
