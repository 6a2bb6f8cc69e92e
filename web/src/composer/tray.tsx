import ChevronLeft from 'lucide-solid/icons/chevron-left'
import FileText from 'lucide-solid/icons/file-text'
import FileVideo from 'lucide-solid/icons/file-video-camera'
import FileAudio from 'lucide-solid/icons/file-music'
import FileArchive from 'lucide-solid/icons/file-archive'
import Reply from 'lucide-solid/icons/reply'
import RotateCw from 'lucide-solid/icons/rotate-cw'
import X from 'lucide-solid/icons/x'
import { createSignal, For, Match, Show, Switch } from 'solid-js'
import { Dynamic } from 'solid-js/web'
import { sizeOf } from '~/files/size'
import { t } from '~/i18n/i18n'
import { Button } from '~/ui/button'
import { FileName } from '~/ui/file-name'
import type { Desk } from './desk'
import type { Draft, DraftFile } from './drafts'
import { collapse } from './mentions'

// What stands above the text of a composer once there is a reason: the message
// that is answered, the files, and what there is to say of them.

export function Above(props: { draft: Draft; desk: Desk; onDone(): void }) {
  return (
    <>
      <Show when={props.draft.elsewhere()} keyed>
        {(content) => <Elsewhere draft={props.draft} content={content} />}
      </Show>
      <Show when={props.draft.replyTo()}>
        {(quoted) => (
          <div class="flex items-center gap-2 border-b border-line ps-3 pe-1 text-meta" data-testid="answering">
            <Reply class="size-4 shrink-0 text-accent-strong mirrored" aria-hidden="true" />
            <span class="sr-only">{t('Answering')}</span>
            <span class="max-w-[40%] shrink-0 truncate font-medium" dir="auto">{quoted().userName}</span>
            <span class="min-w-0 flex-1 truncate text-muted" dir="auto">{oneLine(quoted().content)}</span>
            <IconButton label={t("Don't answer")} onPress={() => { props.draft.reply(undefined); props.onDone() }} />
          </div>
        )}
      </Show>
      <Show when={props.draft.files().length > 0}>
        <Tray draft={props.draft} desk={props.desk} onDone={props.onDone} />
      </Show>
    </>
  )
}

function Elsewhere(props: { draft: Draft; content: string }) {
  function use() {
    const { text, mentions } = collapse(props.content)
    props.draft.writing.setText(text)
    props.draft.writing.setMentions(mentions)
    props.draft.setElsewhere(undefined)
  }
  return (
    <div class="flex items-center gap-1 border-b border-line ps-3 pe-1 text-meta" role="status">
      <span class="min-w-0 flex-1 py-1.5">
        <span class="block">{t('Written on another device:')}</span>
        <span class="block truncate text-muted" dir="auto">{oneLine(props.content)}</span>
      </span>
      <Button variant="quiet" size="small" class="text-accent-strong" onClick={use}>
        {t('Use that')}
      </Button>
      <IconButton label={t('Keep what is here')} onPress={() => props.draft.setElsewhere(undefined)} />
    </div>
  )
}

function Tray(props: { draft: Draft; desk: Desk; onDone(): void }) {
  const [dragged, setDragged] = createSignal<string>()

  function move(key: string, to: number) {
    const files = props.draft.files()
    const file = files.find((f) => f.key === key)
    if (!file || to < 0 || to >= files.length) return
    const rest = files.filter((f) => f.key !== key)
    props.draft.setFiles([...rest.slice(0, to), file, ...rest.slice(to)])
  }

  // By key, so that progress draws no tile anew.
  const keys = () => props.draft.files().map((f) => f.key)
  return (
    <ul class="scrollbar-calm flex max-h-44 gap-2 overflow-auto border-b border-line p-2 sm:flex-wrap" aria-label={t('Files')}>
      <For each={keys()}>
        {(key, index) => (
          <Show when={props.draft.files().find((f) => f.key === key)}>
            {(file) => (
              // The order has a button, too; dragging is for those who have a mouse.
              // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions
              <li
                class="group/file relative shrink-0"
                classList={{ 'opacity-50': dragged() === key }}
                draggable="true"
                onDragStart={(event) => {
                  event.dataTransfer?.setData('text/plain', file().name)
                  setDragged(key)
                }}
                onDragEnd={() => setDragged(undefined)}
                onDragOver={(event) => {
                  const moved = dragged()
                  if (moved === undefined) return
                  event.preventDefault()
                  if (moved !== key) move(moved, index())
                }}
                onDrop={(event) => event.preventDefault()}
              >
                <Tile
                  file={file()}
                  preview={previewOf(file(), props.desk)}
                  onRetry={() => props.desk.retry(props.draft, key)}
                  onRemove={() => { props.desk.remove(props.draft, key); props.onDone() }}
                  {...(index() > 0 && { onEarlier: () => move(key, index() - 1) })}
                />
              </li>
            )}
          </Show>
        )}
      </For>
    </ul>
  )
}

export function previewOf(file: DraftFile, desk: Desk): string | undefined {
  const chosen = desk.preview(file.key)
  if (chosen !== undefined || file.state.status !== 'done') return chosen
  const { thumbnail, mime, url } = file.state.attachment
  return thumbnail ?? (mime.startsWith('image/') ? url : undefined)
}

function Tile(props: { file: DraftFile; preview: string | undefined; onRetry(): void; onRemove(): void; onEarlier?(): void }) {
  const state = () => props.file.state
  const failure = () => {
    const s = state()
    return s.status === 'failed' ? t(s.reason) : undefined
  }
  const lost = () => {
    const s = state()
    return s.status === 'failed' && s.lost === true
  }
  const percent = () => {
    const s = state()
    return s.status === 'uploading' ? Math.floor((100 * s.sent) / Math.max(1, props.file.size)) : 100
  }
  const line = () => {
    const s = state()
    if (s.status === 'failed') return t(s.reason)
    if (s.status === 'done') return sizeOf(props.file.size)
    return s.waiting ? t('Waiting for the network') : t('{percent} % of {size}', { percent: percent(), size: sizeOf(props.file.size) })
  }
  return (
    <div class="relative flex h-16 overflow-hidden rounded-control border bg-surface" classList={{ 'border-bad/60': failure() !== undefined, 'border-line': failure() === undefined, 'w-64': !props.preview || failure() !== undefined, 'w-16': Boolean(props.preview) && failure() === undefined }} title={`${props.file.name}: ${line()}`}>
      <Show when={props.preview} fallback={
        <span class="grid w-12 shrink-0 place-items-center text-muted">
          <Dynamic component={iconOf(props.file.mime)} class="size-6" aria-hidden="true" />
        </span>
      }>
        {(src) => <img src={src()} alt={props.file.name} draggable={false} class="h-full w-16 shrink-0 object-cover" classList={{ 'opacity-55': state().status !== 'done' }} />}
      </Show>
      <Show when={!props.preview || failure() !== undefined}>
        <div class="flex min-w-0 flex-1 flex-col justify-center ps-2 text-meta" classList={{ 'pe-8': failure() === undefined || lost(), 'pe-16': failure() !== undefined && !lost() }}>
          <FileName name={props.file.name} />
          <span class="text-day" classList={{ 'max-h-8 overflow-hidden text-bad': failure() !== undefined, 'truncate text-muted tabular-nums': failure() === undefined }}>{line()}</span>
        </div>
      </Show>
      <Show when={state().status === 'uploading'}>
        <div
          class="absolute inset-x-1 bottom-1 h-1 overflow-hidden rounded-full bg-ink/15"
          role="progressbar"
          aria-label={t('Uploading {file}', { file: props.file.name })}
          aria-valuenow={percent()}
          aria-valuemin="0"
          aria-valuemax="100"
        >
          <div class="h-full origin-left rounded-full bg-accent transition-transform duration-160 ease-out rtl:origin-right" style={{ transform: `scaleX(${percent() / 100})` }} />
        </div>
      </Show>
      <div class="absolute end-1 top-1 flex gap-1">
        <Switch>
          <Match when={failure() !== undefined && !lost()}>
            <TileButton label={t('Retry {file}', { file: props.file.name })} icon={RotateCw} onPress={props.onRetry} />
          </Match>
          <Match when={props.onEarlier}>
            {(earlier) => <TileButton quiet label={t('Move {file} forward', { file: props.file.name })} icon={ChevronLeft} onPress={earlier()} />}
          </Match>
        </Switch>
        <TileButton label={t('Remove {file}', { file: props.file.name })} icon={X} onPress={props.onRemove} />
      </div>
    </div>
  )
}

function TileButton(props: { label: string; icon: typeof X; quiet?: boolean; onPress(): void }) {
  return (
    <button
      type="button"
      class="grid size-6 place-items-center rounded-full border border-line bg-surface text-ink shadow-float hover:bg-sunken pointer-coarse:size-7"
      classList={{ 'opacity-0 group-hover/file:opacity-100 focus-visible:opacity-100 pointer-coarse:hidden': props.quiet ?? false }}
      aria-label={props.label}
      onClick={() => props.onPress()}
    >
      <Dynamic component={props.icon} class={`size-3.5 ${props.icon === ChevronLeft ? 'mirrored' : ''}`} aria-hidden="true" />
    </button>
  )
}

function IconButton(props: { label: string; onPress(): void }) {
  return (
    <button type="button" class="grid size-8 shrink-0 place-items-center rounded-control text-muted hover:bg-ink/6 focus-visible:-outline-offset-2 pointer-coarse:size-11" aria-label={props.label} onClick={() => props.onPress()}>
      <X class="size-4" aria-hidden="true" />
    </button>
  )
}

export function iconOf(mime: string): typeof FileText {
  if (mime.startsWith('video/')) return FileVideo
  if (mime.startsWith('audio/')) return FileAudio
  return /zip|compressed|x-tar|gzip|7z|rar/.test(mime) ? FileArchive : FileText
}

export function oneLine(content: string): string {
  return collapse(content).text.replace(/\s+/g, ' ').trim().slice(0, 200)
}
