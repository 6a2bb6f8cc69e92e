import Pin from 'lucide-solid/icons/pin'
import { createMemo, createSignal, For, lazy, Match, Show, Suspense, Switch } from 'solid-js'
import { plural, t } from '~/i18n/i18n'
import type { Posted } from '~/realtime/reduce'
import type { Row } from '~/room/rows'
import { fullTimeOf, timeOf } from '~/room/times'
import { Attachments } from './attachments'
import { EditField } from './edit-field'
import { moderates } from './may'
import { useMessageRoom } from './message-room'
import { nameOf } from './names'
import { Previews } from './previews'
import { Quote } from './quote'
import { Reactions } from './reactions'
import { Text } from './text'
import { ThreadPill } from './thread-pill'

const Versions = lazy(() => import('./versions'))

/** All of a message but who wrote it and when, where it is more than plain words. */
export function Body(props: { row: Row; faded: boolean }) {
  const room = useMessageRoom()
  const message = () => props.row.message
  // What waits to be sent shows what it will have.
  const shown = () => props.row.message ?? props.row.pending
  const id = () => message()?.id ?? ''
  const editing = createMemo(() => room.editing()?.id === id() && id() !== '')
  const leaving = () => room.leaving(id())
  return (
    <Show when={message()?.deletedAt === undefined} fallback={<Stub row={props.row} />}>
      <Show when={shown()?.replyTo} keyed>
        {(original) => <Quote id={original} />}
      </Show>
      <Show when={message()?.pinned && room.place !== 'pins'}>
        <p class="flex items-center gap-1 text-day text-muted">
          <Pin class="size-3" aria-hidden="true" />
          {t('Pinned@@of a message')}
        </p>
      </Show>
      <Switch>
        <Match when={editing()}>
          <EditField row={props.row} />
        </Match>
        <Match when={props.row.content !== '' || !shown()?.attachments?.length}>
          <Text id={id()} content={props.row.content} faded={props.faded} leaving={leaving()} after={<Edited row={props.row} />} />
        </Match>
      </Switch>
      <Show when={shown()?.attachments}>
        {(files) => <Attachments files={files()} by={props.row.userName} />}
      </Show>
      <Show when={!leaving() && message()?.previews}>
        {(previews) => <Previews messageId={id()} previews={previews()} mine={props.row.userId === room.me().id} />}
      </Show>
      <Show when={message()?.reactions}>
        {(reactions) => <Reactions id={id()} reactions={reactions()} />}
      </Show>
      <Show when={room.place === 'timeline' && message()?.replies} fallback={null}>
        {(replies) => <ThreadPill id={id()} replies={replies()} />}
      </Show>
    </Show>
  )
}

function Stub(props: { row: Row }) {
  const room = useMessageRoom()
  return (
    <>
      <Show when={props.row.folded} fallback={<p class="py-px text-meta text-muted italic">{t('Message deleted')}</p>}>
        {(folded) => <Folded id={props.row.message?.id ?? ''} messages={folded()} />}
      </Show>
      <Show when={room.place === 'timeline' && props.row.message?.replies}>
        {(replies) => <ThreadPill id={props.row.message?.id ?? ''} replies={replies()} />}
      </Show>
    </>
  )
}

/** Of a fold that is opened; more would be many elements. */
const SHOWN = 50

// Deleted messages that follow each other: how many, and on demand whose and from when.
function Folded(props: { id: string; messages: readonly Posted[] }) {
  const room = useMessageRoom()
  const open = () => room.unfolded(props.id)
  const earlier = () => Math.max(0, props.messages.length - SHOWN)
  return (
    <>
      <button
        type="button"
        class="group/fold relative rounded-control py-px text-start text-meta text-muted before:absolute before:-inset-x-2 before:-inset-y-0.5 pointer-coarse:before:-inset-y-3"
        aria-expanded={open()}
        onClick={() => room.unfold(props.id, !open())}
      >
        <span class="italic">{plural(props.messages.length, '1 message deleted', '{count} messages deleted')}</span>{' '}
        <span class="ms-1 font-medium text-accent-strong group-hover/fold:underline">{open() ? t('Hide') : t('Show')}</span>
      </button>
      <Show when={open()}>
        <ul class="mt-0.5 mb-1 border-s-2 border-line ps-3 text-meta text-muted" aria-label={t('Deleted messages')}>
          <Show when={earlier() > 0}>
            <li>{plural(earlier(), '1 earlier one', '{count} earlier ones')}</li>
          </Show>
          <For each={props.messages.slice(-SHOWN)}>
            {(m) => (
              <li>
                <time class="tabular-nums" dateTime={new Date(m.timestamp).toISOString()} title={fullTimeOf(m.timestamp)}>{timeOf(m.timestamp)}</time>, <span dir="auto">{nameOf(room, m.userId)}</span>
              </li>
            )}
          </For>
        </ul>
      </Show>
    </>
  )
}

// A quiet word; for those who may see them it opens what the message said before.
function Edited(props: { row: Row }) {
  const room = useMessageRoom()
  const [open, setOpen] = createSignal(false)
  const mayLook = () => props.row.userId === room.me().id || moderates(room)
  return (
    <Show when={props.row.message?.editedAt}>
      {(at) => (
        <>
          {' '}
          <Show when={mayLook()} fallback={<span class="message-edited" title={fullTimeOf(at())}>{t('(edited)')}</span>}>
            <button type="button" class="message-edited" title={t('Edited {time}', { time: fullTimeOf(at()) })} onClick={() => setOpen(true)}>
              {t('(edited)')}
            </button>
            <Show when={open()}>
              <Suspense>
                <Versions room={room.session.slug} id={props.row.message?.id ?? ''} editedAt={at()} now={props.row.content} onClose={() => setOpen(false)} />
              </Suspense>
            </Show>
          </Show>
        </>
      )}
    </Show>
  )
}
