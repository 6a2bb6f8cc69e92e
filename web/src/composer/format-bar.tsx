import Bold from 'lucide-solid/icons/bold'
import Code from 'lucide-solid/icons/code'
import CornerDownLeft from 'lucide-solid/icons/corner-down-left'
import Italic from 'lucide-solid/icons/italic'
import Link from 'lucide-solid/icons/link'
import List from 'lucide-solid/icons/list'
import ListOrdered from 'lucide-solid/icons/list-ordered'
import SquareCode from 'lucide-solid/icons/square-code'
import Strikethrough from 'lucide-solid/icons/strikethrough'
import TextQuote from 'lucide-solid/icons/text-quote'
import { For } from 'solid-js'
import { Dynamic } from 'solid-js/web'
import { m, t } from '~/i18n/i18n'
import { shortcuts, type ShortcutId } from '~/keys/map'
import { hintOf } from '~/keys/words'
import type { Block, Mark } from './markdown'

export type Format = Mark | Block | 'link' | 'fence' | 'line'

const formats: readonly { kind: Format; label: string; keys?: ShortcutId; icon: typeof Bold; apart?: boolean; mirrored?: boolean }[] = [
  { kind: 'bold', label: m('Bold'), keys: 'bold', icon: Bold, apart: true },
  { kind: 'italic', label: m('Italic'), keys: 'italic', icon: Italic },
  { kind: 'strike', label: m('Strike through'), keys: 'strike', icon: Strikethrough },
  { kind: 'link', label: m('Link'), keys: 'link', icon: Link, apart: true },
  { kind: 'code', label: m('Code'), keys: 'code', icon: Code },
  { kind: 'fence', label: m('Block of code'), icon: SquareCode },
  { kind: 'bullet', label: m('List'), keys: 'bullet', icon: List, apart: true, mirrored: true },
  { kind: 'number', label: m('Numbered list'), keys: 'number', icon: ListOrdered },
  { kind: 'quote', label: m('Quote'), keys: 'quote', icon: TextQuote, mirrored: true },
]
const newLine = { kind: 'line', label: m('New line'), icon: CornerDownLeft, mirrored: true } as const

/** Buttons for what Markdown's signs do: as a row of the composer, or afloat above what is selected. */
export function FormatBar(props: { floating?: boolean; controls: string; onFormat(kind: Format): void }) {
  // A phone's keyboard has no Shift+Enter.
  const all = matchMedia('(pointer: coarse)').matches ? [newLine, ...formats] : formats
  let bar!: HTMLDivElement

  function onKeyDown(event: KeyboardEvent) {
    const buttons = [...bar.querySelectorAll('button')]
    const at = buttons.findIndex((b) => b === document.activeElement)
    const ahead = getComputedStyle(bar).direction === 'rtl' ? -1 : 1
    const step = { ArrowRight: ahead, ArrowLeft: -ahead }[event.key]
    const next = step ? (at + step + buttons.length) % buttons.length : { Home: 0, End: buttons.length - 1 }[event.key]
    if (next === undefined) return
    event.preventDefault()
    for (const [i, button] of buttons.entries()) button.tabIndex = i === next ? 0 : -1
    buttons[next]?.focus()
  }

  return (
    <div
      ref={bar}
      role="toolbar"
      tabindex="-1"
      aria-label={t('Format')}
      aria-controls={props.controls || undefined}
      class={
        props.floating
          ? 'absolute bottom-full start-2 z-10 mb-1.5 flex max-w-full animate-pop-in items-center overflow-x-auto rounded-card border border-line bg-surface p-1 shadow-float'
          : 'flex items-center'
      }
      onKeyDown={onKeyDown}
    >
      <For each={all}>
        {(format, i) => (
          <>
            {'apart' in format && format.apart && i() > 0 && <span class="mx-1 h-4 w-px shrink-0 bg-line" aria-hidden="true" />}
            <button
              type="button"
              tabindex={i() === 0 ? 0 : -1}
              class="grid size-7 shrink-0 place-items-center rounded-control text-muted hover:bg-ink/6 hover:text-ink focus-visible:-outline-offset-2 pointer-coarse:size-10"
              aria-label={t(format.label)}
              title={'keys' in format && format.keys ? `${t(format.label)} (${hintOf(shortcuts[format.keys].chords[0] ?? '')})` : t(format.label)}
              // What is selected stays so, and a phone keeps its keyboard.
              onPointerDown={(event) => event.preventDefault()}
              onClick={() => props.onFormat(format.kind)}
            >
              <Dynamic component={format.icon} class={`size-4 pointer-coarse:size-5 ${format.mirrored ? 'mirrored' : ''}`} aria-hidden="true" />
            </button>
          </>
        )}
      </For>
    </div>
  )
}
