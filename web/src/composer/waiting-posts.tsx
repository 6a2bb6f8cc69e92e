import { createEffect, createMemo, createSignal, For, Show } from 'solid-js'
import { Dynamic } from 'solid-js/web'
import { sizeOf } from '~/files/size'
import { plural, t } from '~/i18n/i18n'
import { Button } from '~/ui/button'
import type { Desk } from './desk'
import type { Draft } from './drafts'
import { iconOf, oneLine, previewOf } from './tray'
import type { WaitingPost } from './waiting'

// What was posted from a composer and waits for its files, above it.

export interface WaitingPostsProps {
  draft: Draft
  desk: Desk
  /** Of one message, as the server takes them. */
  maxFiles: number
  /** Says in words what can't be done. */
  setTrouble(words: string): void
  /** Something was pressed: one goes on writing. */
  onDone(): void
}

export function WaitingPosts(props: WaitingPostsProps) {
  const posts = createMemo(() => props.draft.waiting())
  const [said, setSaid] = createSignal('')
  createEffect((before: number) => {
    const count = posts().length
    if (count !== before) setSaid(count > before ? t('Sending when uploaded.') : '')
    return count
  }, posts().length)

  function edit(post: WaitingPost) {
    if (post.files().length + props.draft.files().length > props.maxFiles) {
      props.setTrouble(plural(props.maxFiles, 'A message takes {count} files. Send or remove what is here first.', 'A message takes {count} files. Send or remove what is here first.'))
    } else props.draft.takeBack(post)
    props.onDone()
  }

  return (
    <>
      <span role="status" class="sr-only">{said()}</span>
      <Show when={posts().length > 0}>
        <ul class="scrollbar-calm mb-1.5 max-h-44 overflow-y-auto rounded-card border border-line bg-surface" aria-label={t('Waiting to be sent')}>
          <For each={posts()}>
            {(post) => (
              <Row
                post={post}
                desk={props.desk}
                onEdit={() => edit(post)}
                onDelete={() => { props.draft.giveUp(post); props.onDone() }}
              />
            )}
          </For>
        </ul>
      </Show>
    </>
  )
}

function Row(props: { post: WaitingPost; desk: Desk; onEdit(): void; onDelete(): void }) {
  const { post } = props
  const names = () => post.files().map((f) => f.name).join(', ')
  const total = () => post.files().reduce((sum, f) => sum + f.size, 0)
  const percent = () => {
    const sent = post.files().reduce((sum, { size, state }) => sum + (state.status === 'done' ? size : state.status === 'uploading' ? state.sent : 0), 0)
    return Math.floor((100 * sent) / Math.max(1, total()))
  }
  const failed = () => post.files().flatMap((f) => (f.state.status === 'failed' ? [{ ...f.state, key: f.key, name: f.name }] : []))
  const stuck = () => failed().length > 0 || post.refused()
  const line = () => {
    const [first] = failed()
    if (first) return t(first.reason)
    if (post.refused()) return t('Too many messages are waiting to be sent.')
    const waits = post.files().some((f) => f.state.status === 'uploading' && f.state.waiting)
    return waits ? t('Waiting for the network') : t('{percent} % of {size}', { percent: percent(), size: sizeOf(total()) })
  }
  const picture = () => post.files().map((f) => previewOf(f, props.desk)).find((src) => src !== undefined)

  function retry() {
    for (const { key, lost } of failed()) if (!lost) props.desk.retry(post, key)
    props.desk.resume(post)
  }

  return (
    <li class="relative flex min-h-12 flex-wrap items-center gap-x-2 border-line py-1 ps-2 pe-1 not-first:border-t">
      <Show when={picture()} fallback={
        <span class="grid size-9 shrink-0 place-items-center text-muted">
          <Dynamic component={iconOf(post.files()[0]?.mime ?? '')} class="size-5" aria-hidden="true" />
        </span>
      }>
        {(src) => <img src={src()} alt="" draggable={false} class="size-9 shrink-0 rounded-control object-cover opacity-55" />}
      </Show>
      <div class="min-w-0 flex-1 basis-36 text-meta">
        <span class="block truncate text-muted" dir="auto">{oneLine(post.text) || names()}</span>
        <span class="flex gap-x-1.5 text-day text-muted" classList={{ 'flex-wrap': stuck() }}>
          <Show when={oneLine(post.text) !== '' || (stuck() && post.files().length > 1)}>
            <span class="truncate" dir="auto">{stuck() ? failed()[0]?.name : names()}</span>
          </Show>
          <span classList={{ 'shrink-0 tabular-nums': !stuck(), 'text-bad': stuck() }} role={stuck() ? 'alert' : undefined}>{line()}</span>
        </span>
      </div>
      <div class="ms-auto flex shrink-0">
        <Show when={stuck() && !failed().some((f) => f.lost)}>
          <Button variant="quiet" size="small" onClick={retry}>{t('Retry')}</Button>
        </Show>
        <Button variant="quiet" size="small" onClick={() => props.onEdit()}>{t('Edit')}</Button>
        <Show when={stuck()}>
          <Button variant="quiet" size="small" onClick={() => props.onDelete()}>{t('Delete')}</Button>
        </Show>
      </div>
      <Show when={!stuck()}>
        <div class="absolute inset-x-0 bottom-0 h-0.5 bg-ink/10" role="progressbar" aria-label={t('Uploading {file}', { file: names() })} aria-valuenow={percent()} aria-valuemin="0" aria-valuemax="100">
          <div class="h-full origin-left bg-accent transition-transform duration-160 ease-out rtl:origin-right" style={{ transform: `scaleX(${percent() / 100})` }} />
        </div>
      </Show>
    </li>
  )
}
