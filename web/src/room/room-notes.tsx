import { Link } from '@tanstack/solid-router'
import Archive from 'lucide-solid/icons/archive'
import MicOff from 'lucide-solid/icons/mic-off'
import { createMemo, createSignal, createUniqueId, For, onMount, Show, type JSX } from 'solid-js'
import { useLive } from '~/app/live'
import { collapse } from '~/composer/mentions'
import { explain } from '~/http'
import { t } from '~/i18n/i18n'
import { T } from '~/i18n/t'
import { joinRoom } from '~/rooms/calls'
import { Button, buttonVariants } from '~/ui/button'
import { FileName } from '~/ui/file-name'
import { handFocusOn, takeFocus, writingPlace } from '~/ui/focus-keeper'
import { showToast } from '~/ui/toast'
import type { PendingPost } from './outbox'
import type { RoomGone } from './session'

// What is said of a room that can't be written in, or not yet, or isn't there at all.

export function Archived(props: { label: string; onDetails(): void }) {
  return (
    <Closed icon={<Archive class="size-4.5" aria-hidden="true" />} title={t('{room} is archived', { room: props.label })} text={t('It can be read and searched. Nobody can write in it.')}>
      <Button variant="outline" size="small" onClick={() => props.onDetails()}>{t('About this room')}</Button>
    </Closed>
  )
}

export function Muted(props: { until: string }) {
  return (
    <Closed
      icon={<MicOff class="size-4.5" aria-hidden="true" />}
      title={t('You are muted here until {time}', { time: props.until })}
      text={t('Until then you can read, but not post. What you were writing is kept.')}
    />
  )
}

function Closed(props: { icon: JSX.Element; title: string; text: string; children?: JSX.Element }) {
  let box!: HTMLDivElement
  // Of a field that was there before, which has left it to the page; not of who has just come.
  onMount(() => queueMicrotask(() => document.activeElement?.id === 'main' && takeFocus(box)))
  return (
    <div ref={box} class="shrink-0 px-3 pb-[max(1rem,env(safe-area-inset-bottom))] sm:px-5" role="status" id="composer" tabindex="-1">
      <div class="flex flex-wrap items-center gap-x-3 gap-y-2 rounded-card border border-line bg-sunken px-4 py-3">
        <span class="text-muted">{props.icon}</span>
        <p class="min-w-0 flex-1 basis-48 text-body">
          <span class="block font-medium" dir="auto">{props.title}</span>
          <span class="block text-meta text-muted">{props.text}</span>
        </p>
        {props.children}
      </div>
    </div>
  )
}

/** For who looks at a public room from outside. */
export function JoinBar(props: { slug: string; label: string; onJoined(): void }) {
  const { rooms } = useLive()
  const [busy, setBusy] = createSignal(false)
  let bar!: HTMLDivElement
  handFocusOn(() => bar, writingPlace)
  async function join() {
    setBusy(true)
    const result = await joinRoom(props.slug)
    setBusy(false)
    if (!result.ok) return showToast({ tone: 'bad', title: t('You are not in {room}', { room: props.label }), text: explain(result.failure) })
    props.onJoined()
    void rooms.load()
  }
  return (
    <div ref={bar} class="shrink-0 px-3 pb-2 sm:px-5" role="region" aria-label={t('Join this room')}>
      <div class="flex flex-wrap items-center gap-x-3 gap-y-2 rounded-card border border-line bg-accent-soft px-4 py-2.5">
        <p class="min-w-0 flex-1 basis-48 text-meta">
          <T
            text="You are looking at {room} from outside. Join to have it in your list; writing joins, too."
            room={<span class="font-medium" dir="auto">{props.label}</span>}
          />
        </p>
        <Button size="small" aria-busy={busy()} onClick={() => void join()}>{t('Join')}</Button>
      </div>
    </div>
  )
}

/** In place of a room that isn't there, isn't there for this person, or isn't any more. */
export function Gone(props: { gone: RoomGone; slug: string; label: string; posts: readonly PendingPost[] }) {
  const words = (): [title: string, text: string] => {
    const { gone } = props
    switch (gone.reason) {
      case 'notFound':
        return [t('No room #{room}', { room: props.slug }), t("It isn't there, or it is private. If it is private, ask a member for an invite.")]
      case 'refused':
        return [t('This room is closed to you'), t(gone.message)]
      case 'removed':
        return [
          t('You are not in {room} any more', { room: props.label }),
          gone.by === ''
            ? t('You left, somebody took you out of it, or it was deleted. If you left, you come back by an invitation link into it. If you were taken out, who looks after it can add you again.')
            : t('{who} took you out of it. Who looks after it can add you again.', { who: gone.by }),
        ]
    }
  }
  let heading!: HTMLHeadingElement
  onMount(() => takeFocus(heading))

  return (
    <div class="grid flex-1 place-items-center overflow-y-auto p-6">
      <div class="flex w-full max-w-sm flex-col items-start gap-2" role={props.gone.reason === 'removed' ? 'alert' : undefined}>
        <h1 ref={heading} tabindex="-1" class="text-headline font-semibold wrap-anywhere outline-none" dir="auto">{words()[0]}</h1>
        <p class="text-body text-muted">{words()[1]}</p>
        <Unsaid slug={props.slug} posts={props.posts} />
        <Link to="/rooms/$slug" params={{ slug: 'global' }} class={`${buttonVariants()} mt-3`}>
          {t('Go to {room}', { room: '#global' })}
        </Link>
      </div>
    </div>
  )
}

/** Something that was written, and that nobody has read. */
interface Piece {
  text: string
  files: readonly { name: string }[]
  thread: boolean
  /** What became of it, where it was posted. */
  state?: string
}

/** All that somebody wrote in a room that they can't post in any more, to be copied. */
function Unsaid(props: { slug: string; posts: readonly PendingPost[] }) {
  const { drafts } = useLive()
  const label = createUniqueId()
  const pieces = createMemo((): readonly Piece[] => [
    ...props.posts.filter((p) => p.status !== 'acked').map((p) => ({
      text: collapse(p.content).text, files: p.attachments ?? [], thread: p.thread !== undefined,
      state: p.status === 'failed' ? t('Not sent: {reason}', { reason: t(p.reason) }) : t('Waiting to be sent'),
    })),
    ...drafts.waiting(props.slug).map((p) => ({ text: p.text, files: p.files(), thread: p.thread !== '', state: t('Waiting to be sent') })),
    ...drafts.written(props.slug).map((d) => ({ text: d.writing.text(), files: d.files(), thread: d.thread !== '' })),
  ].filter((p) => p.text.trim() !== '' || p.files.length > 0))
  const text = () => pieces().map((p) => p.text).filter((one) => one.trim() !== '').join('\n\n')
  async function copy() {
    try {
      await navigator.clipboard.writeText(text())
      showToast({ title: t('Text copied') })
    } catch {
      showToast({ tone: 'bad', title: t('Text could not be copied'), text: t('Your browser did not allow it.') })
    }
  }
  return (
    <Show when={pieces().length > 0}>
      <div class="mt-2 flex w-full flex-col items-start gap-2 rounded-card border border-line bg-sunken p-3">
        <p id={label} class="text-meta text-muted">{t('You were writing:')}</p>
        <ul class="flex max-h-60 w-full flex-col gap-3 overflow-y-auto" aria-labelledby={label} tabindex="0">
          <For each={pieces()}>
            {(piece) => (
              <li class="text-body [overflow-wrap:anywhere]">
                <Show when={[...(piece.thread ? [t('Thread')] : []), ...(piece.state ? [piece.state] : [])].join(' · ')}>
                  {(line) => <p class="text-meta text-muted">{line()}</p>}
                </Show>
                <Show when={piece.text.trim() !== ''}>
                  <p class="whitespace-pre-wrap" dir="auto">{piece.text}</p>
                </Show>
                <For each={piece.files}>{(file) => <p class="text-meta text-muted"><FileName name={file.name} /></p>}</For>
              </li>
            )}
          </For>
        </ul>
        <Show when={text() !== ''}>
          <Button variant="outline" size="small" onClick={() => void copy()}>{t('Copy it')}</Button>
        </Show>
      </div>
    </Show>
  )
}
