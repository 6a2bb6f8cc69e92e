import { useQueryClient } from '@tanstack/solid-query'
import Bell from 'lucide-solid/icons/bell'
import BellRing from 'lucide-solid/icons/bell-ring'
import { createEffect, createMemo, createSignal, Match, on, onCleanup, Show, Switch } from 'solid-js'
import { useLive } from '~/app/live'
import { explain } from '~/http'
import { plural, t } from '~/i18n/i18n'
import type { ThreadList } from '~/realtime/wire.gen'
import { Announcer } from '~/room/announcer'
import { Rows, type Me } from '~/room/rows'
import type { RoomSession } from '~/room/session'
import { RowSkeletons } from '~/room/timeline-head'
import { createFocused } from '~/room/unread'
import { Button } from '~/ui/button'
import { showToast } from '~/ui/toast'
import { followThread, messageQueries, readThread } from './calls'
import { MessageList } from './message-list'
import { editLast, makeMessageRoom, MessageRoomProvider } from './message-room'
import { PanelFailure, PanelFrame } from './panel-frame'
import { createThread } from './thread'
import { ThreadComposer } from './thread-composer'

/** What is before somebody's eyes this long is read. */
const READ_MS = 400
/** What could not be told is told again after so long. */
const AGAIN_MS = 5_000

/** One thread: what began it, what was answered, and a place to answer. */
export function ThreadPanel(props: {
  session: RoomSession
  me: Me
  online: boolean
  root: string
  onJump(id: string): void
  onThread(root: string): void
  onClose(): void
}) {
  // A panel is for one thread of one session.
  const { session, root: rootId } = props
  const live = useLive()
  const client = useQueryClient()
  const thread = createThread(session, props.me.id, rootId)
  const [seen, setSeen] = createSignal(true)
  const focused = createFocused()

  const rows = createMemo(() => {
    const root = thread.root()
    return new Rows(root ? [root, ...thread.replies()] : thread.replies(), false, session.pendingIn(rootId), props.me)
  })
  const last = () => thread.replies().at(-1)?.seq ?? 0
  const failure = () => {
    const s = thread.status()
    return s.status === 'failed' ? s.failure : null
  }

  const room = makeMessageRoom({
    session,
    me: () => props.me,
    place: 'thread',
    find: (id) => (thread.root()?.id === id ? thread.root() : thread.replies().find((m) => m.id === id)),
    jump: (id) => props.onJump(id),
    reply: (message) => live.drafts.of(session.slug, rootId).reply(message),
    openThread: (root) => props.onThread(root),
  })
  const actions = { retry: session.retryPost, discard: session.discardPost }

  // Read is what was looked at, not what merely came.
  let told = 0
  let left = false
  let timer: ReturnType<typeof setTimeout> | undefined
  function readSoon() {
    clearTimeout(timer)
    if (!seen() || !focused() || thread.status().status !== 'ready') return
    timer = setTimeout(() => {
      const seq = last()
      if (seq <= Math.max(told, thread.readBefore())) return
      told = seq
      void readThread(session.slug, rootId, seq).then((result) => {
        if (result.ok || told !== seq || left) return
        told = 0
        clearTimeout(timer)
        timer = setTimeout(readSoon, AGAIN_MS)
      })
      client.setQueryData<ThreadList>(messageQueries.threads().queryKey, (old) => old && { threads: old.threads.map((one) => (one.root.id === rootId ? { ...one, unread: 0, read: seq } : one)) })
    }, READ_MS)
  }
  createEffect(on([last, seen, thread.status, focused], readSoon))
  onCleanup(() => {
    left = true
    clearTimeout(timer)
  })

  async function follow(wanted: boolean) {
    thread.setFollowing(wanted)
    const result = await followThread(session.slug, rootId, wanted)
    if (!result.ok) {
      thread.setFollowing(!wanted)
      showToast({ tone: 'bad', title: wanted ? t('The thread is not followed') : t('The thread is still followed'), text: explain(result.failure) })
    }
    void client.invalidateQueries({ queryKey: messageQueries.threads().queryKey })
  }

  return (
    <MessageRoomProvider value={room}>
      <PanelFrame
        title={t('Thread')}
        close={t('Close thread')}
        detail={session.label()}
        onClose={props.onClose}
        actions={
          <Show when={thread.status().status === 'ready'}>
            <Button
              variant="quiet"
              size="icon"
              class="text-muted aria-pressed:text-accent-strong"
              aria-label={t('Follow this thread')}
              title={thread.following() ? t('You follow this thread') : t('Follow this thread')}
              aria-pressed={thread.following()}
              onClick={() => void follow(!thread.following())}
            >
              <Show when={thread.following()} fallback={<Bell class="size-4.5" aria-hidden="true" />}>
                <BellRing class="size-4.5" aria-hidden="true" />
              </Show>
            </Button>
          </Show>
        }
      >
        <Switch fallback={<div class="min-h-0 flex-1 p-4"><RowSkeletons count={4} /></div>}>
          <Match when={thread.status().status === 'ready'}>
            <MessageList
              rows={rows()}
              label={t('Messages in this thread')}
              online={props.online}
              actions={actions}
              head={
                <Show when={thread.cut()}>
                  <p class="px-3 py-2 text-day text-muted">{t("The first replies are too many to show here. They are in the room's history.")}</p>
                </Show>
              }
              headPx={thread.cut() ? 44 : 4}
              divider={{ at: thread.root() ? 1 : 0, words: plural(thread.replies().length, '1 reply', '{count} replies') }}
              onSeen={setSeen}
            />
            <Announcer label={t('New replies')} messages={thread.replies()} through={last()} me={props.me.id} />
          </Match>
          <Match when={failure()}>
            {(f) => <PanelFailure what={t("The thread couldn't be loaded.")} failure={f()} onRetry={thread.reload} />}
          </Match>
        </Switch>
        <Show when={failure() === null}>
          <ThreadComposer session={session} root={rootId} thread={thread} me={props.me.id} onEditLast={() => editLast(room, thread.replies())} />
        </Show>
      </PanelFrame>
    </MessageRoomProvider>
  )
}
