import ChevronLeft from 'lucide-solid/icons/chevron-left'
import ChevronRight from 'lucide-solid/icons/chevron-right'
import Download from 'lucide-solid/icons/download'
import X from 'lucide-solid/icons/x'
import ZoomIn from 'lucide-solid/icons/zoom-in'
import ZoomOut from 'lucide-solid/icons/zoom-out'
import { createSignal, onCleanup, onMount, Show, untrack } from 'solid-js'
import { Portal } from 'solid-js/web'
import { t } from '~/i18n/i18n'
import type { Attachment } from '~/realtime/wire.gen'

/** Pictures of a message, as large as the window: arrows go on, + and - zoom, Escape closes. */
export default function Lightbox(props: { files: readonly Attachment[]; index: number; by: string; onClose(): void }) {
  let dialog!: HTMLDialogElement
  let stage!: HTMLDivElement
  const [index, setIndex] = createSignal(untrack(() => props.index))
  const [whole, setWhole] = createSignal(true)
  const file = () => props.files[index()] ?? props.files[0]
  const many = () => props.files.length > 1

  onMount(() => {
    dialog.addEventListener('keydown', onKeyDown)
    dialog.addEventListener('click', (event) => event.target === stage && dialog.close())
    // The browser's own dialog holds the focus, and gives it back.
    dialog.showModal()
    stage.focus()
  })
  onCleanup(() => dialog.close())

  function go(by: number) {
    setWhole(true)
    setIndex((i) => (i + by + props.files.length) % props.files.length)
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const rtl = getComputedStyle(dialog).direction === 'rtl'
    switch (event.key) {
      case 'ArrowRight':
      case 'ArrowLeft':
        // In a picture that is larger than the window arrows move it.
        if (!many() || !whole()) return
        go((event.key === 'ArrowRight') === rtl ? -1 : 1)
        break
      case '+':
      case '=':
        setWhole(false)
        break
      case '-':
        setWhole(true)
        break
      default:
        return
    }
    event.preventDefault()
  }

  return (
    <Portal>
      <dialog
        ref={dialog}
        class="lightbox"
        aria-label={t('Picture {file} by {who}', { file: file()?.name ?? '', who: props.by })}
        onClose={() => props.onClose()}
      >
        <header class="flex h-13 shrink-0 items-center gap-1 ps-4 pe-2">
          <p class="flex min-w-0 flex-1 items-baseline gap-2 text-body">
            <span class="min-w-0 truncate font-medium" dir="auto">{file()?.name}</span>
            <span class="min-w-0 truncate text-muted" dir="auto">{props.by}</span>
            <Show when={many()}><span class="shrink-0 text-muted">{t('{number} of {count}', { number: index() + 1, count: props.files.length })}</span></Show>
          </p>
          <button type="button" class="lightbox-button" aria-label={whole() ? t('Full size') : t('Fit the window')} aria-pressed={!whole()} onClick={() => setWhole(!whole())}>
            <Show when={whole()} fallback={<ZoomOut class="size-5" aria-hidden="true" />}>
              <ZoomIn class="size-5" aria-hidden="true" />
            </Show>
          </button>
          <a class="lightbox-button" aria-label={t('Download')} href={file()?.url} download={file()?.name}>
            <Download class="size-5" aria-hidden="true" />
          </a>
          <button type="button" class="lightbox-button" aria-label={t('Close')} onClick={() => dialog.close()}>
            <X class="size-5" aria-hidden="true" />
          </button>
        </header>
        <div class="relative min-h-0 flex-1">
          <div ref={stage} tabindex="0" role="group" aria-label={t('Picture')} class="lightbox-stage" classList={{ 'lightbox-whole': whole() }}>
            <Show when={file()} keyed>
              {(f) => (
                <button type="button" class="contents" tabindex="-1" aria-label={whole() ? t('Full size') : t('Fit the window')} onClick={() => setWhole(!whole())}>
                  <img src={f.url} alt={f.name} width={f.width} height={f.height} draggable={false} />
                </button>
              )}
            </Show>
          </div>
          <Show when={many()}>
            <button type="button" class="lightbox-arrow start-2" aria-label={t('Previous picture')} onClick={() => go(-1)}>
              <ChevronLeft class="size-6 mirrored" aria-hidden="true" />
            </button>
            <button type="button" class="lightbox-arrow end-2" aria-label={t('Next picture')} onClick={() => go(1)}>
              <ChevronRight class="size-6 mirrored" aria-hidden="true" />
            </button>
          </Show>
        </div>
      </dialog>
    </Portal>
  )
}
