import { createSignal, onCleanup, Show } from 'solid-js'
import { Portal } from 'solid-js/web'

const carries = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false

function onOver(event: DragEvent) {
  if (!carries(event)) return
  event.preventDefault()
  if (event.dataTransfer) event.dataTransfer.dropEffect = 'copy'
}

/** Takes files that are dropped anywhere on `place`, and says so while they hang above it. */
export function DropZone(props: { place: HTMLElement; label: string; onFiles(files: File[]): void }) {
  const [over, setOver] = createSignal(false)
  // Each element that is entered is entered before the one before is left.
  let depth = 0

  function onEnter(event: DragEvent) {
    if (!carries(event)) return
    event.preventDefault()
    depth++
    setOver(true)
  }
  function onLeave(event: DragEvent) {
    if (!carries(event)) return
    depth = Math.max(0, depth - 1)
    if (depth === 0) setOver(false)
  }
  function onDrop(event: DragEvent) {
    depth = 0
    setOver(false)
    if (!carries(event)) return
    event.preventDefault()
    const files = [...(event.dataTransfer?.files ?? [])]
    if (files.length > 0) props.onFiles(files)
  }

  const end = new AbortController()
  onCleanup(() => end.abort())
  const { place } = props
  place.addEventListener('dragenter', onEnter, { signal: end.signal })
  place.addEventListener('dragover', onOver, { signal: end.signal })
  place.addEventListener('dragleave', onLeave, { signal: end.signal })
  place.addEventListener('drop', onDrop, { signal: end.signal })

  return (
    <Show when={over()}>
      <Portal mount={place} ref={(el) => (el.className = 'contents')}>
        <div class="pointer-events-none absolute inset-2 z-40 grid animate-fade-in place-items-center rounded-card border-2 border-dashed border-accent bg-paper/90" data-testid="drop-zone">
          <p class="text-title font-semibold text-accent-strong">{props.label}</p>
        </div>
      </Portal>
    </Show>
  )
}
