import { useLive } from '~/app/live'
import { Composer } from '~/composer/composer'
import type { User } from '~/realtime/wire.gen'
import type { RoomSession } from '~/room/session'
import type { Thread } from './thread'

/** Where one answers in a thread. */
export function ThreadComposer(props: { session: RoomSession; root: string; thread: Thread; me: string; onEditLast(): void }) {
  const live = useLive()

  // Whom one may mean: those who spoke here last, then those who are in the room.
  function people(): User[] {
    const known = new Map<string, User>()
    for (const m of props.thread.replies().toReversed()) if (!known.has(m.userId) && m.userName !== '') known.set(m.userId, m)
    for (const p of props.session.room().people) known.set(p.userId, p)
    known.delete(props.me)
    return [...known.values()]
  }

  return (
    <Composer
      drafts={live.drafts}
      draft={live.drafts.of(props.session.slug, props.root)}
      id="thread-composer"
      label="Reply in thread"
      dropLabel="Add to this thread"
      slowedUntil={props.session.slowedUntil()}
      typing=""
      people={people}
      onEditLast={props.onEditLast}
    />
  )
}
