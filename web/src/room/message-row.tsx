import { For, Match, Show, Switch, createMemo, createSignal, onCleanup, onMount } from 'solid-js'
import { Avatar } from '~/ui/avatar'
import { Button } from '~/ui/button'
import { cn } from '~/ui/cn'
import { hueOf } from '~/ui/person'
import { pieces } from './links'
import type { Row } from './rows'
import type { RoomSession } from './session'
import { dayOf, fullTimeOf, timeOf } from './times'

/** Sending is not worth a word before this. */
const SENDING_WORD_MS = 1_000

/** What a row can ask of the timeline that it stands in. */
export interface RowHost {
  session: RoomSession
  /** Shows the message with that id, wherever it is. */
  jump(id: string): void
}

export interface RowActions {
  retry(clientId: string): void
  discard(clientId: string): void
}

/** One message: a day line above it where it begins a day, a face where it begins a group. */
export function MessageRow(props: { row: Row; online: boolean; actions: RowActions; host: RowHost }) {
  const waits = () => {
    const p = props.row.pending
    return p !== undefined && p.status !== 'failed'
  }
  return (
    <>
      <Show when={props.row.day} keyed>
        {(day) => <DayLine day={day} />}
      </Show>
      <div
        class={cn(
          'group relative flex gap-3 px-3 py-0.5 hover:bg-ink/[0.025] sm:px-5',
          props.row.first && 'mt-2 pt-1.5',
        )}
      >
        <div class="w-9 shrink-0">
          <Show
            when={props.row.first}
            fallback={
              <span class="pointer-events-none absolute start-0 w-12 pt-[0.1875rem] text-end text-day tracking-tight text-muted tabular-nums opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 sm:w-14">
                <Time timestamp={props.row.timestamp} />
              </span>
            }
          >
            <Avatar userId={props.row.userId} name={props.row.userName} image={props.row.userImage} class="mt-0.5" />
          </Show>
        </div>
        <div class="min-w-0 max-w-[47.5rem] flex-1">
          <Show when={props.row.first}>
            <div class="flex items-baseline gap-2">
              <span class="person-name min-w-0 truncate font-semibold" style={{ '--hue': hueOf(props.row.userId) }} dir="auto">
                {props.row.userName}
              </span>
              <span class="shrink-0 text-day text-muted tabular-nums">
                <Time timestamp={props.row.timestamp} />
              </span>
            </div>
          </Show>
          <MessageText content={props.row.content} faded={waits()} />
          <PendingWord row={props.row} online={props.online} actions={props.actions} />
        </div>
      </div>
    </>
  )
}

function Time(props: { timestamp: number }) {
  return (
    <time dir="auto" dateTime={new Date(props.timestamp).toISOString()} title={fullTimeOf(props.timestamp)}>
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

// Only the text fades: 60 % of what is muted already can't be read.
function MessageText(props: { content: string; faded: boolean }) {
  const parts = createMemo(() => pieces(props.content))
  return (
    <p class="whitespace-pre-wrap text-body [overflow-wrap:anywhere]" classList={{ 'opacity-60': props.faded }} dir="auto">
      <For each={parts()}>
        {(part) => (
          <Show when={part.href} fallback={part.text}>
            {(href) => (
              <a
                href={href()}
                target="_blank"
                rel="noopener noreferrer nofollow"
                class="text-accent-strong underline decoration-current/40 underline-offset-2 hover:decoration-current"
              >
                {part.text}
              </a>
            )}
          </Show>
        )}
      </For>
    </p>
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
                <span class="me-1">Not sent: {reason()}</span>
                <Button variant="quiet" size="small" class="text-accent-strong" onClick={() => props.actions.retry(post().clientId)}>
                  Retry
                </Button>
                <Button variant="quiet" size="small" class="text-accent-strong" onClick={() => props.actions.discard(post().clientId)}>
                  Delete
                </Button>
              </div>
            )}
          </Match>
          <Match when={!props.online && props.row.lastWaiting}>
            <span class="text-meta text-muted">Waiting to be sent</span>
          </Match>
          <Match when={slow() && post().status === 'sending'}>
            <span class="text-meta text-muted">Sending…</span>
          </Match>
        </Switch>
      )}
    </Show>
  )
}

function failure(post: NonNullable<Row['pending']>): string {
  return post.status === 'failed' ? post.reason : ''
}
