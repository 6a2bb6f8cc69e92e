import Download from 'lucide-solid/icons/download'
import FileArchive from 'lucide-solid/icons/file-archive'
import FileIcon from 'lucide-solid/icons/file'
import FileMusic from 'lucide-solid/icons/file-music'
import FileText from 'lucide-solid/icons/file-text'
import Play from 'lucide-solid/icons/play'
import { createMemo, createSignal, For, lazy, onMount, Show, Suspense } from 'solid-js'
import { sizeOf } from '~/files/size'
import { t } from '~/i18n/i18n'
import type { Attachment } from '~/realtime/wire.gen'
import { FileName } from '~/ui/file-name'
import { decodeBlurhash } from './blurhash'

const Lightbox = lazy(() => import('./lightbox'))

/** No picture takes more of the column than this, in px. */
const WIDEST = 420
const TALLEST = 320
/** Types that browsers show by themselves, and that are safe to. */
const PICTURES = new Set(['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/avif'])

export function isPicture(file: Attachment): boolean {
  return PICTURES.has(file.mime) && (file.width ?? 0) > 0 && (file.height ?? 0) > 0
}

/** How large a picture or film is shown: by its own size, never larger. */
export function fitted(file: Pick<Attachment, 'width' | 'height'>): { width: number; height: number } {
  const width = file.width ?? 0
  const height = file.height ?? 0
  if (width <= 0 || height <= 0) return { width: WIDEST, height: Math.round((WIDEST * 9) / 16) }
  const scale = Math.min(1, WIDEST / width, TALLEST / height)
  return { width: Math.max(48, Math.round(width * scale)), height: Math.max(48, Math.round(height * scale)) }
}

/** The files of a message: pictures by themselves, players for what plays, cards for the rest. */
export function Attachments(props: { files: readonly Attachment[]; by: string }) {
  // Each change of the message brings them anew; what plays must go on playing.
  const files = createMemo<readonly Attachment[]>((last) => props.files.map((f) => last.find((old) => old.id === f.id) ?? f), [])
  const pictures = createMemo(() => files().filter(isPicture))
  const films = createMemo(() => files().filter((f) => f.mime.startsWith('video/')))
  const sounds = createMemo(() => files().filter((f) => f.mime.startsWith('audio/')))
  const others = createMemo(() => files().filter((f) => !isPicture(f) && !/^(video|audio)\//.test(f.mime)))
  const [shown, setShown] = createSignal<number | null>(null)
  return (
    <div class="my-1 flex flex-col items-start gap-1.5">
      <Show when={pictures().length === 1 && pictures()[0]} fallback={
        <Show when={pictures().length > 1}>
          <div class="picture-grid" classList={{ 'picture-grid-2': pictures().length === 2 || pictures().length === 4 }}>
            <For each={pictures()}>{(file, i) => <Picture file={file} square onOpen={() => setShown(i())} />}</For>
          </div>
        </Show>
      }>
        {(file) => <Picture file={file()} onOpen={() => setShown(0)} />}
      </Show>
      <For each={films()}>{(file) => <Film file={file} />}</For>
      <For each={sounds()}>{(file) => <Sound file={file} />}</For>
      <For each={others()}>{(file) => <Card file={file} />}</For>
      <Show when={shown() !== null}>
        <Suspense>
          <Lightbox files={pictures()} index={shown() ?? 0} by={props.by} onClose={() => setShown(null)} />
        </Suspense>
      </Show>
    </div>
  )
}

function Picture(props: { file: Attachment; square?: boolean; onOpen(): void }) {
  const [state, setState] = createSignal<'coming' | 'here' | 'broken'>('coming')
  const size = () => fitted(props.file)
  return (
    <Show when={state() !== 'broken'} fallback={<Card file={props.file} />}>
      <button
        type="button"
        class="picture"
        classList={{ 'picture-square': props.square ?? false }}
        style={props.square ? {} : { 'max-width': `${size().width}px`, 'aspect-ratio': `${size().width} / ${size().height}` }}
        aria-label={t('Open the picture {file}', { file: props.file.name })}
        aria-haspopup="dialog"
        onClick={() => props.onOpen()}
        // The pointer's way there is long enough to fetch it.
        onPointerEnter={() => void Lightbox.preload()}
      >
        <Show when={state() === 'coming' && props.file.blurhash}>{(hash) => <Blur hash={hash()} />}</Show>
        <img
          src={props.file.thumbnail ?? props.file.url}
          alt={props.file.name}
          width={size().width}
          height={size().height}
          loading="lazy"
          decoding="async"
          draggable={false}
          onLoad={() => setState('here')}
          onError={() => setState('broken')}
        />
      </button>
    </Show>
  )
}

const BLUR_PX = 24

function Blur(props: { hash: string }) {
  let canvas!: HTMLCanvasElement
  onMount(() => {
    const pixels = decodeBlurhash(props.hash, BLUR_PX, BLUR_PX)
    if (pixels) canvas.getContext('2d')?.putImageData(new ImageData(pixels, BLUR_PX, BLUR_PX), 0, 0)
  })
  return <canvas ref={canvas} width={BLUR_PX} height={BLUR_PX} aria-hidden="true" />
}

// A film costs nothing before it is wanted. The focus goes from the button to the player
// that takes its place, whose keys it then is.
function Film(props: { file: Attachment }) {
  const [playing, setPlaying] = createSignal(false)
  const size = () => fitted(props.file)
  return (
    <div class="picture" style={{ 'max-width': `${size().width}px`, 'aspect-ratio': `${size().width} / ${size().height}` }}>
      <Show
        when={playing()}
        fallback={
          <button type="button" class="absolute inset-0 grid place-items-center" aria-label={t('Play {file}', { file: props.file.name })} onClick={() => setPlaying(true)}>
            <Show when={props.file.thumbnail} fallback={<Show when={props.file.blurhash}>{(hash) => <Blur hash={hash()} />}</Show>}>
              {(poster) => <img src={poster()} alt="" loading="lazy" decoding="async" draggable={false} />}
            </Show>
            <span class="relative grid size-12 place-items-center rounded-full bg-surface text-ink shadow-float">
              <Play class="ms-0.5 size-5" aria-hidden="true" />
            </span>
            <span class="absolute inset-x-2 bottom-2 flex">
              <span class="max-w-full truncate rounded-control bg-surface px-1.5 text-day text-ink">{[props.file.name, lengthOf(props.file.duration)].filter(Boolean).join(' · ')}</span>
            </span>
          </button>
        }
      >
        {/* oxlint-disable-next-line jsx-a11y/media-has-caption -- people's own films have none */}
        <video ref={(video) => queueMicrotask(() => video.focus({ preventScroll: true }))} class="absolute inset-0 size-full bg-ink" src={props.file.url} controls autoplay playsinline aria-label={props.file.name} />
      </Show>
    </div>
  )
}

function Sound(props: { file: Attachment }) {
  return (
    <figure class="w-full max-w-105 rounded-card border border-line bg-surface p-2.5">
      <figcaption class="mb-1.5 flex items-center gap-2 text-meta">
        <FileMusic class="size-4 shrink-0 text-muted" aria-hidden="true" />
        <span class="min-w-0 flex-1"><FileName name={props.file.name} /></span>
        <span class="shrink-0 text-muted tabular-nums">{lengthOf(props.file.duration) || sizeOf(props.file.size)}</span>
      </figcaption>
      {/* oxlint-disable-next-line jsx-a11y/media-has-caption -- people's own recordings have none */}
      <audio class="block h-10 w-full" src={props.file.url} controls preload="none" aria-label={props.file.name} />
    </figure>
  )
}

function Card(props: { file: Attachment }) {
  const Kind = () =>
    /zip|tar|gzip|7z|rar|compressed/.test(props.file.mime) ? <FileArchive class="size-5" aria-hidden="true" />
    : /^text\/|pdf|document|word/.test(props.file.mime) ? <FileText class="size-5" aria-hidden="true" />
    : <FileIcon class="size-5" aria-hidden="true" />
  return (
    <a class="file-card" href={props.file.url} download={props.file.name} aria-label={t('Download {file}, {size}', { file: props.file.name, size: sizeOf(props.file.size) })}>
      <span class="grid size-9 shrink-0 place-items-center rounded-control bg-accent-soft text-accent-strong"><Kind /></span>
      <span class="min-w-0 flex-1">
        <FileName name={props.file.name} />
        <span class="block text-day text-muted tabular-nums">{sizeOf(props.file.size)}</span>
      </span>
      <Download class="size-4 shrink-0 text-muted" aria-hidden="true" />
    </a>
  )
}

function two(n: number): string {
  return String(n).padStart(2, '0')
}

/** Milliseconds as m:ss; '' where it isn't known. */
export function lengthOf(ms: number | undefined): string {
  if (!ms) return ''
  const s = Math.round(ms / 1_000)
  const minutes = Math.floor(s / 60) % 60
  const hours = Math.floor(s / 3_600)
  return hours > 0 ? `${hours}:${two(minutes)}:${two(s % 60)}` : `${minutes}:${two(s % 60)}`
}
