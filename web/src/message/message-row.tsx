import { createMemo, createSignal, Match, onCleanup, onMount, Show, Switch } from 'solid-js'
import { t } from '~/i18n/i18n'
import type { Row } from '~/room/rows'
import { dayOf, fullTimeOf, timeOf } from '~/room/times'
import { Avatar } from '~/ui/avatar'
import { Button } from '~/ui/button'
import { cn } from '~/ui/cn'
import { hueOf } from '~/ui/person'
import { EventLine } from '~/rooms/event-line'
import { useMessageRoom } from './message-room'
import { rich, richMessage, richText } from './parts'
import { Plain } from './plain'

/** Sending is not worth a word before this. */
const SENDING_WORD_MS = 1_000

export interface RowActions {
  retry(clientId: string): void
  discard(clientId: string): void
}

/**
 * What describes the row of a message, which is named by who wrote it: what they wrote, and
 * when. A screen reader reads it where the row gets the focus. Ids are made for rows that
 * are drawn alone.
 */
export function describedBy(id: string): string {
  return `${id}-words ${id}-time`
}

/**
 * One message: a day line above it where it begins a day, a face where it begins a group.
 * `id` is what the ids of its words and of its time begin with.
 */
export function MessageRow(props: { id: string; row: Row; online: boolean; actions: RowActions }) {
  const room = useMessageRoom()
  const id = () => props.row.message?.id ?? ''
  const waits = () => {
    const p = props.row.pending
    return p !== undefined && p.status !== 'failed'
  }
  const isRich = createMemo(() => {
    const { message, pending, content, event } = props.row
    if (event) return false
    if (richText(content)) return true
    if (message) return richMessage(message) || room.editing()?.id === message.id
    return pending?.replyTo !== undefined || pending?.attachments !== undefined
  })
  const body = () => (isRich() ? rich()?.Body : undefined)
  const gone = () => props.row.message?.deletedAt !== undefined
  const faced = () => props.row.first && !gone()
  return (
    <>
      <Show when={props.row.day} keyed>
        {(day) => <DayLine day={day} />}
      </Show>
      <Show when={props.row.event} fallback={<Message />} keyed>
        {(event) => <EventLine id={props.id} event={event} me={room.me().id} />}
      </Show>
    </>
  )

  function Message() {
    return (
      <div
        class={cn(
          'group relative flex gap-3 px-3 py-0.5 compact:gap-2.5 compact:py-px hover:bg-ink/[0.025] data-pinned:bg-accent-soft/40 data-active:bg-ink/[0.035] sm:px-5',
          faced() && 'mt-2 pt-1.5 compact:mt-0.5 compact:pt-1',
        )}
        data-message={id()}
        data-pinned={props.row.message?.pinned && room.place === 'timeline' ? '' : undefined}
      >
        <div class="w-9 shrink-0" data-act={faced() ? 'person' : undefined}>
          <Show
            when={faced()}
            fallback={
              <Time
                id={props.id}
                timestamp={props.row.timestamp}
                class="pointer-events-none absolute start-0 w-12 pt-[0.1875rem] text-end text-day tracking-tight text-muted tabular-nums opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 sm:w-14"
              />
            }
          >
            <Avatar userId={props.row.userId} name={props.row.userName} image={props.row.userImage} class="mt-0.5 compact:ms-2 compact:size-7 compact:text-day" />
          </Show>
        </div>
        <div class="min-w-0 max-w-[47.5rem] flex-1">
          <Show when={faced()}>
            <div class="flex items-baseline gap-2">
              {/* By keys it is in the message's menu. */}
              <button type="button" tabindex="-1" data-act="person" class="person-name min-w-0 cursor-pointer truncate font-semibold" style={{ '--hue': hueOf(props.row.userId) }} dir="auto">
                {props.row.userName}
              </button>
              <Time id={props.id} timestamp={props.row.timestamp} class="shrink-0 text-day text-muted tabular-nums" />
            </div>
          </Show>
          <div id={`${props.id}-words`}>
            <Show
              when={body()}
              keyed
              fallback={<Plain content={props.row.content} faded={waits()} class={room.leaving(id()) ? 'message-leaving' : ''} />}
            >
              {(Body) => <Body row={props.row} faded={waits()} />}
            </Show>
            <PendingWord row={props.row} online={props.online} actions={props.actions} />
          </div>
        </div>
      </div>
    )
  }
}

function Time(props: { id: string; timestamp: number; class: string }) {
  return (
    <time id={`${props.id}-time`} class={props.class} dateTime={new Date(props.timestamp).toISOString()} title={fullTimeOf(props.timestamp)}>
      {timeOf(props.timestamp)}
    </time>
  )
}

function DayLine(props: { day: number }) {
  return (
    <div class="flex h-11 items-end px-3 pb-1 sm:px-5" role="separator" aria-label={dayOf(props.day, Date.now())}>
      <div class="flex h-6 w-full items-center gap-3">
        <span class="h-px flex-1 bg-line" />
        <span class="text-day font-medium text-muted">{dayOf(props.day, Date.now())}</span>
        <span class="h-px flex-1 bg-line" />
      </div>
    </div>
  )
}

function PendingWord(props: { row: Row; online: boolean; actions: RowActions }) {
  const [slow, setSlow] = createSignal(false)
  onMount(() => {
    if (!props.row.pending) return
    const timer = setTimeout(() => setSlow(true), SENDING_WORD_MS)
    onCleanup(() => clearTimeout(timer))
  })
  return (
    <Show when={props.row.pending}>
      {(post) => (
        <Switch>
          <Match when={failure(post())}>
            {(reason) => (
              <div class="flex flex-wrap items-center gap-x-1 text-meta text-bad">
                <span class="me-1">{t('Not sent: {reason}', { reason: t(reason()) })}</span>
                <Button variant="quiet" size="small" class="text-accent-strong" onClick={() => props.actions.retry(post().clientId)}>
                  {t('Retry')}
                </Button>
                <Button variant="quiet" size="small" class="text-accent-strong" onClick={() => props.actions.discard(post().clientId)}>
                  {t('Delete')}
                </Button>
              </div>
            )}
          </Match>
          <Match when={!props.online && props.row.lastWaiting}>
            <span class="text-meta text-muted">{t('Waiting to be sent')}</span>
          </Match>
          <Match when={slow() && post().status === 'sending'}>
            <span class="text-meta text-muted">{t('Sending…')}</span>
          </Match>
        </Switch>
      )}
    </Show>
  )
}

function failure(post: NonNullable<Row['pending']>): string {
  return post.status === 'failed' ? post.reason : ''
}
