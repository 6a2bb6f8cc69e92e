import Minus from 'lucide-solid/icons/minus'
import Plus from 'lucide-solid/icons/plus'
import { createEffect, createSignal, onCleanup, onMount, Show } from 'solid-js'
import type { Result } from '~/http'
import { m, t } from '~/i18n/i18n'
import { Button } from '~/ui/button'
import { DialogFooter } from '~/ui/dialog'
import { createAction } from './action'
import { prepare, upload } from './avatar-upload'
import { fractions, maxZoom, pan, whole, zoomOf, zoomTo, type Crop } from './crop'
import { Modal } from './modal'
import { Act, Fault } from './parts'

export interface Chosen {
  file: Blob
  picture: ImageBitmap
}

const words = {
  payload_too_large: m('That picture is too large. Choose a smaller one.'),
  picture_too_large: m('That picture is too large. Choose a smaller one.'),
  not_a_picture: m('The server could not read that as a picture. Choose a PNG, JPEG, WebP or GIF.'),
  unsupported_media_type: m('The server could not read that as a picture. Choose a PNG, JPEG, WebP or GIF.'),
}

/** Chooses the square of a picture that is kept, and uploads it. */
export function CropDialog(props: { chosen: Chosen | null; onClose(): void; onDone(image: string): void }) {
  return (
    <Modal
      open={props.chosen !== null}
      onClose={() => props.onClose()}
      holds
      title={t('Your picture')}
      text={t('Drag to move it. What is in the circle is what others see.')}
      class="sm:max-w-sm"
    >
      <Show when={props.chosen} keyed>
        {(chosen) => <Cropper chosen={chosen} onClose={() => props.onClose()} onDone={(image) => props.onDone(image)} />}
      </Show>
    </Modal>
  )
}

/** One press of a key moves by this part of the view, and zooms by this factor. */
const STEP = 0.04
const ZOOM_STEP = 1.12

function Cropper(props: { chosen: Chosen; onClose(): void; onDone(image: string): void }) {
  const { file, picture } = props.chosen
  const [crop, setCrop] = createSignal<Crop>(whole(picture))
  const [sent, setSent] = createSignal(0)
  const abort = new AbortController()
  onCleanup(() => abort.abort())

  const action = createAction(
    async (): Promise<Result<string>> => {
      setSent(0)
      const part = await prepare(file, picture, fractions(picture, crop()))
      return await upload(part.body, part.crop, setSent, abort.signal)
    },
    { done: (image) => props.onDone(image), words },
  )

  const zoom = () => zoomOf(picture, crop())
  const zoomBy = (factor: number, at?: { x: number; y: number }) => setCrop((c) => zoomTo(picture, c, zoomOf(picture, c) * factor, at))

  return (
    <>
      <View picture={picture} crop={crop()} onPan={(dx, dy) => setCrop((c) => pan(picture, c, dx, dy))} onZoom={zoomBy} />
      <div class="flex items-center gap-3">
        <Button variant="quiet" size="icon" aria-label={t('Smaller')} disabled={zoom() <= 1.001} onClick={() => zoomBy(1 / ZOOM_STEP ** 2)}>
          <Minus class="size-4.5" aria-hidden="true" />
        </Button>
        {/* In steps of the eye, which sees factors. */}
        <input
          type="range"
          min="0"
          max="100"
          step="1"
          aria-label={t('Size')}
          aria-valuetext={`${Math.round(zoom() * 100)} %`}
          class="h-11 min-w-0 flex-1 accent-accent"
          disabled={maxZoom(picture) <= 1}
          value={maxZoom(picture) <= 1 ? 0 : (Math.log(zoom()) / Math.log(maxZoom(picture))) * 100}
          onInput={(event) => setCrop((c) => zoomTo(picture, c, maxZoom(picture) ** (Number(event.currentTarget.value) / 100)))}
        />
        <Button variant="quiet" size="icon" aria-label={t('Larger')} disabled={zoom() >= maxZoom(picture) - 0.001} onClick={() => zoomBy(ZOOM_STEP ** 2)}>
          <Plus class="size-4.5" aria-hidden="true" />
        </Button>
      </div>
      <Show when={action.busy()}>
        <div
          role="progressbar"
          aria-label={t('Uploading')}
          aria-valuenow={Math.round(sent() * 100)}
          aria-valuemin="0"
          aria-valuemax="100"
          class="h-1 overflow-hidden rounded-full bg-ink/10"
        >
          <div class="h-full origin-left bg-accent rtl:origin-right" style={{ transform: `scaleX(${sent()})` }} />
        </div>
      </Show>
      <Fault action={action} />
      <DialogFooter>
        <Button variant="outline" onClick={() => props.onClose()}>{t('Cancel')}</Button>
        <Act action={action} label={t('Use this picture')} busyLabel={t('Uploading…')} onClick={() => void action.run()} />
      </DialogFooter>
    </>
  )
}

/** The picture as it will be cut. A canvas, since the page may load no picture but the server's. */
function View(props: { picture: ImageBitmap; crop: Crop; onPan(dx: number, dy: number): void; onZoom(factor: number, at?: { x: number; y: number }): void }) {
  let canvas!: HTMLCanvasElement
  let box!: HTMLDivElement
  const [pixels, setPixels] = createSignal(0)
  const fingers = new Map<number, { x: number; y: number }>()

  onMount(() => {
    const resized = new ResizeObserver(() => setPixels(Math.round(box.clientWidth * devicePixelRatio)))
    resized.observe(box)
    onCleanup(() => resized.disconnect())
    box.addEventListener('pointerdown', down)
    box.addEventListener('pointermove', move)
    for (const end of ['pointerup', 'pointercancel'] as const) box.addEventListener(end, up)
    box.addEventListener('keydown', key)
    // Not passive: it would scroll what is behind.
    box.addEventListener('wheel', wheel, { passive: false })
  })

  createEffect(() => {
    const { x, y, side } = props.crop
    const size = pixels()
    const context = size > 0 ? canvas.getContext('2d') : null
    if (!context) return
    canvas.width = size
    canvas.height = size
    context.imageSmoothingQuality = 'high'
    context.drawImage(props.picture, x - side / 2, y - side / 2, side, side, 0, 0, size, size)
  })

  /** A place in the view, in parts of it from its middle. */
  function place(event: { clientX: number; clientY: number }) {
    const r = box.getBoundingClientRect()
    return { x: (event.clientX - r.left) / r.width - 0.5, y: (event.clientY - r.top) / r.height - 0.5 }
  }

  function wheel(event: WheelEvent) {
    event.preventDefault()
    props.onZoom(Math.exp(-event.deltaY / 400), place(event))
  }

  function down(event: PointerEvent) {
    if (event.button !== 0) return
    box.setPointerCapture(event.pointerId)
    fingers.set(event.pointerId, place(event))
  }

  function move(event: PointerEvent) {
    const before = fingers.get(event.pointerId)
    if (!before) return
    const now = place(event)
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1]
    fingers.set(event.pointerId, now)
    if (!other) return props.onPan(now.x - before.x, now.y - before.y)
    const middle = (a: { x: number; y: number }) => ({ x: (a.x + other.x) / 2, y: (a.y + other.y) / 2 })
    const apart = (a: { x: number; y: number }) => Math.hypot(a.x - other.x, a.y - other.y)
    props.onPan(middle(now).x - middle(before).x, middle(now).y - middle(before).y)
    if (apart(before) > 0.02) props.onZoom(apart(now) / apart(before), middle(now))
  }

  function up(event: PointerEvent) {
    fingers.delete(event.pointerId)
  }

  function key(event: KeyboardEvent) {
    const step = event.shiftKey ? STEP * 4 : STEP
    // The arrows move the circle over the picture.
    const acts: Record<string, () => void> = {
      ArrowLeft: () => props.onPan(step, 0),
      ArrowRight: () => props.onPan(-step, 0),
      ArrowUp: () => props.onPan(0, step),
      ArrowDown: () => props.onPan(0, -step),
      '+': () => props.onZoom(ZOOM_STEP),
      '=': () => props.onZoom(ZOOM_STEP),
      '-': () => props.onZoom(1 / ZOOM_STEP),
    }
    const act = acts[event.key]
    if (!act || event.ctrlKey || event.metaKey) return
    event.preventDefault()
    act()
  }

  return (
    <div
      ref={box}
      role="application"
      aria-roledescription={t('picture')}
      aria-label={t('Part that is kept. Arrow keys move it, plus and minus zoom.')}
      tabindex="0"
      data-testid="crop"
      class="relative mx-auto aspect-square w-full max-w-[min(100%,48dvh)] cursor-grab touch-none overflow-hidden rounded-card bg-sunken select-none active:cursor-grabbing"
    >
      <canvas ref={canvas} class="absolute inset-0 size-full" />
      <div class="pointer-events-none absolute inset-1.5 rounded-full border-2 border-code-paper/90 shadow-[0_0_0_100rem_var(--scrim)]" />
    </div>
  )
}
