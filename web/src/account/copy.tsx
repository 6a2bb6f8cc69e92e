import Check from 'lucide-solid/icons/check'
import Copy from 'lucide-solid/icons/copy'
import { createSignal, onCleanup, Show } from 'solid-js'
import { t } from '~/i18n/i18n'
import { Button } from '~/ui/button'
import { cn } from '~/ui/cn'

const COPIED_MS = 2_500

/** Copies; where the browser doesn't let it, the text is selected for a key to do it. */
export function createCopier(select?: () => void) {
  const [state, setState] = createSignal<'idle' | 'copied' | 'selected'>('idle')
  let timer: ReturnType<typeof setTimeout> | undefined
  onCleanup(() => clearTimeout(timer))
  return {
    state,
    async copy(text: string) {
      clearTimeout(timer)
      try {
        await navigator.clipboard.writeText(text)
        setState('copied')
      } catch {
        select?.()
        setState('selected')
      }
      timer = setTimeout(() => setState('idle'), COPIED_MS)
    },
  }
}

/** A text to take along, shown whole, with a button that copies it. */
export function CopyField(props: {
  label: string
  /** The name of the button: "Copy" with what it copies. */
  copy: string
  value: string
  /** What is copied, where that isn't how it is shown. */
  copied?: string
  rows?: boolean
}) {
  let box!: HTMLElement
  const copier = createCopier(() => getSelection()?.selectAllChildren(box))
  return (
    <div class="flex flex-col gap-1.5">
      <div class="flex items-center justify-between gap-3">
        <span class="text-meta font-medium">{props.label}</span>
        <Button variant="quiet" size="small" class="-me-1 text-accent-strong" aria-label={copier.state() === 'idle' ? props.copy : undefined} onClick={() => void copier.copy(props.copied ?? props.value)}>
          <Show when={copier.state() === 'copied'} fallback={<Copy class="size-3.5" aria-hidden="true" />}>
            <Check class="size-3.5" aria-hidden="true" />
          </Show>
          {copier.state() === 'copied' ? t('Copied') : copier.state() === 'selected' ? t('Selected: now copy it') : t('Copy')}
        </Button>
      </div>
      <code
        ref={box}
        dir="ltr"
        tabindex="0"
        role="group"
        aria-label={props.label}
        class={cn(
          'scrollbar-calm block max-h-48 overflow-auto rounded-control border border-line bg-sunken px-3 py-2.5 font-mono text-meta text-ink',
          '[overflow-wrap:anywhere]',
          props.rows && 'whitespace-pre-wrap',
        )}
      >
        {props.value}
      </code>
      <span role="status" class="sr-only">{copier.state() === 'copied' ? t('Copied') : ''}</span>
    </div>
  )
}
