import { t } from '~/i18n/i18n'
import type { Posted } from '~/realtime/reduce'
import type { ClientFrame, Message, ServerFrame } from '~/realtime/wire.gen'
import { seconds } from '~/http'

// What people do to messages that are there: edit, delete, react, pin. Each is
// one frame with a ref, answered by the server. An act that is lost on the way
// is sent again while it is worth it, which is safe: what is so already changes
// nothing. Unlike posts, acts don't wait for days: who is offline is told so.

export type Act =
  | { type: 'edit'; id: string; content: string }
  | { type: 'delete'; id: string }
  | { type: 'react'; id: string; emoji: string; on: boolean }
  | { type: 'pin'; id: string; on: boolean }

/** What came of an act; `words` say to people what went wrong. */
export type Acted = { ok: true } | { ok: false; code: string; words: string }

/** From the act to its answer, over lost connections. */
const ANSWER_MS = 10_000
/** From the answer to the event itself, which shows what was shown ahead of it. */
const EVENT_MS = 3_000
/** As many as one may be ahead of the server. */
const LIMIT = 50

export interface ActsOptions {
  room: string
  userId: string
  /** Sends over the connection; false if there is none. */
  send(frame: ClientFrame): boolean
  /** Called when what is shown has changed. */
  onChange(): void
}

export interface Acts {
  act(act: Act): Promise<Acted>
  /** A list of messages as it will be when what is under way is done. */
  ahead(messages: readonly Posted[]): readonly Posted[]
  onFrame(frame: ServerFrame): void
  /** The room is joined again: what has no answer is sent again. */
  again(): void
  dispose(): void
}

interface Running {
  act: Act
  ref: string
  /** The server has said yes; what is shown ahead stays until the event comes. */
  answered: boolean
  /** The event that the act led to, or another of the same message, has come. */
  seen: boolean
  timer: ReturnType<typeof setTimeout>
  settle(acted: Acted): void
}

export function makeActs(options: ActsOptions): Acts {
  const { room, userId, send, onChange } = options
  // The refs of all rooms share one connection, and an `ok` names no room.
  const prefix = Math.random().toString(36).slice(2, 10)
  const running = new Map<string, Running>()
  let count = 0

  function end(r: Running, acted: Acted | null) {
    clearTimeout(r.timer)
    running.delete(r.ref)
    if (acted) r.settle(acted)
    onChange()
  }

  function act(a: Act): Promise<Acted> {
    const ref = `${prefix}-${++count}`
    if (running.size >= LIMIT) return Promise.resolve({ ok: false, code: 'overloaded', words: t('That is too much at once. Try again in a moment.') })
    if (!send({ ...a, room, ref })) {
      return Promise.resolve({ ok: false, code: 'offline', words: t('You are offline. Try again when you are connected.') })
    }
    return new Promise((settle) => {
      const r: Running = { act: a, ref, answered: false, seen: false, settle, timer: setTimeout(() => end(r, late()), ANSWER_MS) }
      running.set(ref, r)
      onChange()
    })
  }

  return {
    act,
    ahead(messages) {
      let list = messages
      for (const { act: a } of running.values()) {
        const i = list.findLastIndex((m) => m.id === a.id)
        const old = list[i]
        const next = old && done(old, a, userId)
        if (next && next !== old) list = list.with(i, next)
      }
      return list
    },
    onFrame(frame) {
      if (frame.type === 'update') {
        for (const r of running.values()) {
          if (r.act.id !== frame.message.id) continue
          r.seen = true
          if (r.answered) end(r, null)
        }
        return
      }
      if (!('ref' in frame) || frame.ref === undefined) return
      const r = running.get(frame.ref)
      if (!r || r.answered) return
      switch (frame.type) {
        case 'ok':
          r.settle({ ok: true })
          r.answered = true
          if (r.seen) return end(r, null)
          clearTimeout(r.timer)
          r.timer = setTimeout(() => end(r, null), EVENT_MS)
          return
        case 'error':
          // The room is joined again by the session, and the act sent then.
          if (frame.code === 'not_joined') return
          return end(r, { ok: false, code: frame.code, words: t(frame.message) })
        case 'rateLimit':
          return end(r, {
            ok: false, code: 'rate_limited',
            words: t('That was a lot at once. Try again in {time}.', { time: seconds(Math.ceil(frame.retryAfterMs / 1_000)) }),
          })
      }
    },
    again() {
      for (const { act: a, ref, answered } of running.values()) if (!answered) send({ ...a, room, ref })
    },
    dispose() {
      for (const r of running.values()) end(r, r.answered ? null : late())
    },
  }
}

function late(): Acted {
  return { ok: false, code: 'late', words: t('The server did not answer. It may still be done.') }
}

// The message as the act leaves it; a deletion is worth waiting for.
function done(m: Posted, act: Act, userId: string): Posted {
  switch (act.type) {
    case 'edit':
      return m.content === act.content ? m : { ...m, content: act.content, editedAt: m.editedAt ?? m.timestamp }
    case 'pin':
      return { ...m, pinned: act.on }
    case 'react':
      return { ...m, reactions: reacted(m.reactions ?? {}, act.emoji, userId, act.on) }
    case 'delete':
      return m
  }
}

/** The reactions of a message after one more, or one less. */
export function reacted(reactions: NonNullable<Message['reactions']>, emoji: string, userId: string, on: boolean): NonNullable<Message['reactions']> {
  const others = (reactions[emoji] ?? []).filter((u) => u !== userId)
  if (on && reactions[emoji]?.includes(userId)) return reactions
  const users = on ? [...others, userId] : others
  if (users.length > 0) return { ...reactions, [emoji]: users }
  return Object.fromEntries(Object.entries(reactions).filter(([e]) => e !== emoji))
}
