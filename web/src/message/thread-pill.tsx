import { useQueryClient } from '@tanstack/solid-query'
import { createEffect, createMemo, For, on, Show } from 'solid-js'
import { dates, plural, t } from '~/i18n/i18n'
import { useQuery } from '~/query'
import type { Replies } from '~/realtime/wire.gen'
import { sameDay, timeOf } from '~/room/times'
import { Avatar } from '~/ui/avatar'
import { messageQueries } from './calls'
import { useMessageRoom } from './message-room'
import { nameOf } from './names'

const day = dates({ day: 'numeric', month: 'short' })

/** How much a message was talked about, and when last; pressed, the thread opens. */
export function ThreadPill(props: { id: string; replies: Replies }) {
  const room = useMessageRoom()
  // What is followed is known by one list for all rows; it isn't fetched for each.
  const threads = useQuery(() => messageQueries.threads())
  const unread = createMemo(() => {
    const mine = threads.data?.threads.find((thread) => thread.root.id === props.id)
    if (!mine || !mine.following) return false
    return mine.unread > 0 || (props.replies.lastSeq > Math.max(mine.read, mine.root.replies?.lastSeq ?? 0) && props.replies.users[0] !== room.me().id)
  })
  // Who replied, or began it, follows it by now: the list is older than that.
  const client = useQueryClient()
  createEffect(
    on(
      () => props.replies.lastSeq,
      () => {
        const mine = props.replies.users.includes(room.me().id) || room.find(props.id)?.userId === room.me().id
        const known = threads.data?.threads.some((thread) => thread.root.id === props.id && thread.following)
        if (mine && threads.data && !known) void client.invalidateQueries({ queryKey: messageQueries.threads().queryKey })
      },
      { defer: true },
    ),
  )
  const last = () => (sameDay(props.replies.lastAt, Date.now()) ? timeOf(props.replies.lastAt) : day(props.replies.lastAt))
  return (
    <Show when={props.replies.count > 0}>
      <button type="button" class="thread-pill" onClick={() => room.openThread(props.id)} data-testid="thread-pill">
        <span class="flex -space-x-1">
          <For each={props.replies.users.slice(0, 3)}>
            {(userId) => <Avatar userId={userId} name={faceOf(room, userId)} image={pictureOf(room, userId)} letters={1} class="size-5 text-[0.625rem] ring-2 ring-paper" />}
          </For>
        </span>
        <span class="font-medium text-accent-strong">{plural(props.replies.count, '1 reply', '{count} replies')}</span>
        <span class="text-muted tabular-nums">{t('last {time}@@when the last reply came', { time: last() })}</span>
        <Show when={unread()}>
          <span class="size-2 rounded-full bg-accent forced-border" role="img" aria-label={t('unread')} />
        </Show>
      </button>
    </Show>
  )
}

function faceOf(room: ReturnType<typeof useMessageRoom>, userId: string): string {
  return userId === room.me().id ? room.me().name : nameOf(room, userId)
}

function pictureOf(room: ReturnType<typeof useMessageRoom>, userId: string): string | undefined {
  if (userId === room.me().id) return room.me().image
  const { people, messages } = room.session.room()
  return people.find((p) => p.userId === userId)?.userImage ?? messages.findLast((m) => m.userId === userId)?.userImage
}
