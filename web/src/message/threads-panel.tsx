import { useQueryClient } from '@tanstack/solid-query'
import MessagesSquare from 'lucide-solid/icons/messages-square'
import { For, Match, onCleanup, Show, Switch } from 'solid-js'
import { useLive } from '~/app/live'
import { RequestError } from '~/http'
import { plural, t } from '~/i18n/i18n'
import { useQuery } from '~/query'
import { RowSkeletons } from '~/room/timeline-head'
import type { RoomSession } from '~/room/session'
import { dayOf, sameDay, timeOf } from '~/room/times'
import { Avatar } from '~/ui/avatar'
import { hueOf } from '~/ui/person'
import { messageQueries } from './calls'
import { oneLine } from './one-line'
import { PanelFailure, PanelFrame } from './panel-frame'

/** The threads that one follows, in all rooms, those talked about last first. */
export function ThreadsPanel(props: { session: RoomSession; onOpen(room: string, root: string): void; onClose(): void }) {
  const client = useQueryClient()
  const { rooms, connection } = useLive()
  const query = useQuery(() => ({ ...messageQueries.threads(), staleTime: 0 }))
  const threads = () => query.data?.threads ?? []

  // What this room tells is enough to know that the list has changed; what is read elsewhere
  // the server tells, and what is new in other rooms.
  let timer: ReturnType<typeof setTimeout> | undefined
  function askSoon() {
    clearTimeout(timer)
    timer = setTimeout(() => void client.invalidateQueries({ queryKey: messageQueries.threads().queryKey }), 500)
  }
  onCleanup(props.session.listen((event) => (event.kind === 'missed' || event.message.thread !== undefined) && askSoon()))
  onCleanup(connection.subscribe({ onFrame: (frame) => (frame.type === 'attention' || (frame.type === 'notice' && frame.notice.thread !== undefined)) && askSoon() }))
  onCleanup(() => clearTimeout(timer))

  return (
    <PanelFrame title={t('Threads')} close={t('Close threads')} detail={t('That you follow')} onClose={props.onClose}>
      <Switch fallback={<div class="p-4"><RowSkeletons count={4} /></div>}>
        <Match when={query.data && threads().length === 0}>
          <div class="flex flex-col items-start gap-2 p-4 text-body text-muted">
            <MessagesSquare class="size-5" aria-hidden="true" />
            <p>{t('You follow no thread yet. You follow those that you begin or write in; any other by its bell.')}</p>
          </div>
        </Match>
        <Match when={query.data}>
          <ul class="scrollbar-calm min-h-0 flex-1 overflow-y-auto p-2">
            <For each={threads()}>
              {(thread) => (
                <li>
                  <button
                    type="button"
                    class="flex w-full gap-3 rounded-control p-2 text-start hover:bg-ink/5"
                    onClick={() => props.onOpen(thread.room, thread.root.id)}
                  >
                    <Avatar userId={thread.root.userId} name={thread.root.userName} image={thread.root.userImage} class="size-8" />
                    <span class="min-w-0 flex-1">
                      <span class="flex items-baseline gap-2">
                        <span class="person-name min-w-0 truncate font-semibold" style={{ '--hue': hueOf(thread.root.userId) }} dir="auto">{thread.root.userName}</span>
                        <span class="ms-auto shrink-0 text-day text-muted tabular-nums">{when(thread.root.replies?.lastAt ?? thread.root.timestamp)}</span>
                      </span>
                      <span class="two-lines text-meta [overflow-wrap:anywhere]" classList={{ 'text-muted': thread.unread === 0 }} dir="auto">
                        {thread.root.deletedAt === undefined ? oneLine(thread.root) : t('Message deleted')}
                      </span>
                      <span class="mt-0.5 flex items-center gap-2 text-day text-muted">
                        <span class="min-w-0 truncate" dir="auto">{rooms.label(thread.room)}</span>
                        <span class="shrink-0">{plural(thread.root.replies?.count ?? 0, '1 reply', '{count} replies')}</span>
                        <Show when={thread.unread > 0}>
                          <span class="forced-border ms-auto shrink-0 rounded-full bg-accent px-1.5 font-medium text-on-accent tabular-nums">{plural(thread.unread, '{count} new', '{count} new')}</span>
                        </Show>
                      </span>
                    </span>
                  </button>
                </li>
              )}
            </For>
          </ul>
        </Match>
        <Match when={query.error instanceof RequestError && query.error}>
          {(error) => <PanelFailure what={t("Your threads couldn't be loaded.")} failure={error().failure} onRetry={() => void query.refetch()} />}
        </Match>
      </Switch>
    </PanelFrame>
  )
}

function when(timestamp: number): string {
  return sameDay(timestamp, Date.now()) ? timeOf(timestamp) : dayOf(timestamp, Date.now())
}
