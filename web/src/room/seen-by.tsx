import { createMemo, createSignal, onCleanup, Show, type Component } from 'solid-js'
import { useLive } from '~/app/live'
import { call } from '~/http'
import { plural, t } from '~/i18n/i18n'
import { listed } from '~/i18n/listed'
import { isCount, isFields, isText, list } from '~/realtime/frames'
import type { PersonRead } from '~/realtime/wire.gen'
import { roomPath } from '~/rooms/info'
import type { RoomSession } from './session'

// Who has read what one wrote last, in rooms of few people.

/** What stands below the message with this seq: nothing, but below the last own one that others have seen. */
export type Seen = Component<{ seq: number | undefined }>

/** To be called in a component's scope. */
export function makeSeen(session: RoomSession, me: string): Seen {
  const live = useLive()
  const [reads, setReads] = createSignal<ReadonlyMap<string, number>>(new Map())
  const last = createMemo(() => session.room().messages.findLast((m) => m.userId === me && m.type === 'text' && m.deletedAt === undefined)?.seq)
  let disposed = false

  async function load() {
    const result = await call(`${roomPath(session.slug)}/reads`, {}, parseReads)
    // Without it nothing is said of who has seen what.
    if (!disposed && result.ok) setReads(new Map(result.value.map((r) => [r.userId, r.seq])))
  }

  const unsubscribe = live.connection.subscribe({
    onState: (state) => state.status === 'open' && void load(),
    onFrame(frame) {
      if (frame.type !== 'read' || frame.room !== session.slug) return
      // Those whom the list doesn't name are of a room where it isn't told.
      setReads((all) => (all.has(frame.userId) ? new Map(all).set(frame.userId, frame.seq) : all))
    },
  })
  const unwatch = session.watch((event) => event !== 'refused' && (event.event === 'member_added' || event.event === 'member_removed') && void load())
  void load()
  onCleanup(() => {
    disposed = true
    unsubscribe()
    unwatch()
  })

  const readers = createMemo(() => {
    const seq = last()
    return seq === undefined ? [] : [...reads()].flatMap(([user, read]) => (user !== me && read >= seq ? [user] : []))
  })

  function nameOf(user: string): string | undefined {
    const { people, messages } = session.room()
    const known = live.rooms.find(session.slug)?.people ?? []
    return [...known, ...people].find((p) => p.userId === user)?.userName ?? messages.findLast((m) => m.userId === user && m.userName !== '')?.userName
  }

  const words = createMemo(() => seenWords(readers().map(nameOf), [...reads().keys()].filter((user) => user !== me).length))

  return (props) => (
    <Show when={readers().length > 0 && props.seq === last()}>
      <p class="ps-15 text-day text-muted sm:ps-17">{words()}</p>
    </Show>
  )
}

/** Names that are told; of more people their number. */
const NAMED = 3

/** "Seen by Bob", of so many others who could; undefined is somebody whose name isn't known. */
export function seenWords(readers: readonly (string | undefined)[], others: number): string {
  if (readers.length > 2 && readers.length === others) return t('Seen by everyone')
  const named = readers.filter((name) => name !== undefined).slice(0, readers.length > NAMED ? NAMED - 1 : NAMED)
  const more = readers.length - named.length
  const rest = named.length === 0 ? plural(more, '1 person', '{count} people') : plural(more, '1 other', '{count} others')
  return t('Seen by {names}', { names: listed(more === 0 ? named : [...named, rest]) })
}

function parseReads(value: unknown): PersonRead[] | null {
  if (!isFields(value)) return null
  return list(value['reads'], (read) => {
    if (!isFields(read)) return null
    const { userId, seq } = read
    return isText(userId) && isCount(seq) ? { userId, seq } : null
  })
}
