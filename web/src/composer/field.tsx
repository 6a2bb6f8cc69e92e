import { createEffect, createSignal, onCleanup, onMount, Show } from 'solid-js'
import { Dynamic } from 'solid-js/web'
import { composing } from '~/keys/composing'
import { shortcutOf } from '~/keys/map'
import type { Person } from './trigger'
import type { Writing } from './writing'

export interface FieldHandle {
  readonly element: HTMLTextAreaElement
  focus(): void
}

export interface FieldProps {
  writing: Writing
  label: string
  id?: string
  describedBy?: string
  invalid?: boolean
  /** As many lines as it grows to, and to half of the window at most; 8. */
  lines?: number
  /** What the Enter key of a phone's keyboard says. */
  enterHint?: 'send' | 'done'
  /** Where the bar of formats stands; without it, it floats above what is selected. */
  barSlot?: HTMLElement | undefined
  /** Who may be meant, the likeliest first; more are asked of the server. */
  people(): readonly Person[]
  /** The room whose people may be called all at once. */
  room?: string
  /** Enter. */
  onSubmit(): void
  onInput?(): void
  /** Escape, with nothing open that it would close: true where it closed something all the same. */
  onEscape?(): boolean
  /** The up arrow in an empty field. */
  onUp?(): void
  handle?(handle: FieldHandle): void
}

/** Time for the first view to be drawn. */
const HELP_AFTER_MS = 250

// The classes of what lies behind the text must give it the very same lines.
const line = 'px-2.5 py-[0.4375rem] text-body pointer-coarse:py-[0.6875rem] pointer-coarse:text-[1rem]'
export const typography = `${line} whitespace-pre-wrap [overflow-wrap:anywhere] scrollbar-calm [scrollbar-gutter:stable]`

/**
 * A field to write messages in. It works by itself; the help with Markdown, names and
 * emoji comes a moment later. It stands in a box with a position, above which lists open.
 */
export function Field(props: FieldProps) {
  let field!: HTMLTextAreaElement
  let keys: ((event: KeyboardEvent) => boolean) | undefined
  const [help, setHelp] = createSignal<typeof import('./help')>()

  function loadHelp() {
    // Without a network the field does without; the next focus tries again.
    if (!help()) import('./help').then(setHelp, () => {})
  }
  onMount(() => {
    const timer = setTimeout(loadHelp, HELP_AFTER_MS)
    onCleanup(() => clearTimeout(timer))
  })
  createEffect(() => {
    // To set what is there already would end the history of undo.
    if (field.value !== props.writing.text()) field.value = props.writing.text()
    fit(field)
  })

  function onKeyDown(event: KeyboardEvent) {
    // Keys of a composition are not for us: Enter ends it before it sends.
    if (composing(event)) return
    if (keys?.(event)) event.preventDefault()
    else if (event.key === 'Enter' && !event.shiftKey && (keys || !field.value.includes('```'))) {
      event.preventDefault()
      props.onSubmit()
    } else if (event.key === 'Escape') {
      if (props.onEscape?.()) event.preventDefault()
    } else if (field.value === '' && props.onUp && shortcutOf(event, 'writing') === 'editLast') {
      event.preventDefault()
      props.onUp()
    }
  }

  return (
    <>
      <div class="relative min-w-0 flex-1 tight:-order-1 tight:basis-full">
        <Show when={help()}>{(loaded) => <Dynamic component={loaded().Names} writing={props.writing} field={field} />}</Show>
        {/* A placeholder of several lines' field can't end in "…". */}
        <Show when={props.writing.text() === ''}>
          <span class={`absolute inset-0 truncate text-muted select-none ${line}`} aria-hidden="true">{props.label}</span>
        </Show>
        <textarea
          ref={(element) => {
            field = element
            props.handle?.({ element, focus: () => element.focus({ preventScroll: true }) })
          }}
          id={props.id}
          rows="1"
          onInput={() => {
            props.writing.setText(field.value)
            props.onInput?.()
          }}
          onFocus={loadHelp}
          // Not by delegation: what stands around must hear that a key was taken.
          on:keydown={onKeyDown}
          class={`relative block max-h-[min(calc(var(--lines)*1lh+0.875rem),50dvh)] w-full resize-none bg-transparent text-ink outline-none field-sizing-content pointer-coarse:max-h-[min(calc(var(--lines)*1lh+1.375rem),50dvh)] ${typography}`}
          style={{ '--lines': props.lines ?? 8 }}
          aria-label={props.label}
          aria-describedby={props.describedBy}
          aria-invalid={props.invalid ?? false}
          aria-autocomplete="list"
          // Chromium keeps the last direction of a field that is emptied by code.
          dir={props.writing.text() === '' ? undefined : 'auto'}
          enterkeyhint={props.enterHint ?? 'send'}
          autocomplete="off"
        />
      </div>
      <Show when={help()}>{(loaded) => <Dynamic component={loaded().Help} {...props} field={field} keys={(next) => (keys = next)} />}</Show>
    </>
  )
}

// For browsers whose fields don't grow with their text by themselves; how far is said by its style.
function fit(field: HTMLTextAreaElement) {
  if (CSS.supports('field-sizing', 'content')) return
  field.style.height = 'auto'
  field.style.height = `${field.scrollHeight}px`
}
