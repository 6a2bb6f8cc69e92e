import Check from 'lucide-solid/icons/check'
import ChevronRight from 'lucide-solid/icons/chevron-right'
import { createEffect, createMemo, Index, on, Show, type Component } from 'solid-js'
import { Float } from '~/message/float'

export interface MenuEntry {
  label: string
  icon?: Component<{ class?: string; 'aria-hidden': 'true' }>
  /** What it is set to now, or why it can't be chosen. */
  detail?: string
  key?: string
  bad?: boolean
  disabled?: boolean
  /** One of several, of which it is the one or not. */
  checked?: boolean
  /** It leads to more entries: the menu stays. */
  more?: boolean
  act(): void
}

/** A menu beside its anchor, or as a sheet for fingers. */
export function MenuFloat(props: { anchor: Element | null; label: string; groups: readonly (readonly MenuEntry[])[]; class?: string; onClose(): void }) {
  let list!: HTMLDivElement
  const items = () => [...list.querySelectorAll<HTMLElement>('[role^=menuitem]')]
  const first = () => (items().find((item) => item.getAttribute('aria-checked') === 'true') ?? items()[0])?.focus({ preventScroll: true })

  // Other entries are another menu; of those that stay one keeps the focus.
  const labels = createMemo(() => props.groups.map((g) => g.map((e) => e.label).join()).join('\n'))
  createEffect(on(labels, () => queueMicrotask(first), { defer: true }))

  function onKeyDown(event: KeyboardEvent) {
    const all = items()
    const at = all.findIndex((item) => item === document.activeElement)
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    if (step !== undefined) all[(at + step + all.length) % all.length]?.focus()
    else if (event.key === 'Home') all[0]?.focus()
    else if (event.key === 'End') all.at(-1)?.focus()
    else if (event.key === 'Tab') props.onClose()
    else return
    event.preventDefault()
  }

  return (
    <Float anchor={props.anchor} label={props.label} role="menu" class={props.class ?? 'w-60'} onOpen={first} onClose={props.onClose}>
      <div ref={list} class="contents" role="presentation" onKeyDown={onKeyDown}>
        {/* What changes while it is open keeps its element, and so the focus. */}
        <Index each={props.groups.filter((group) => group.length > 0)}>
          {(group) => (
            <div class="border-t border-line py-1 first:border-0" role="group">
              <Index each={group()}>{(entry) => <Entry entry={entry()} onClose={() => props.onClose()} />}</Index>
            </div>
          )}
        </Index>
      </div>
    </Float>
  )
}

function Entry(props: { entry: MenuEntry; onClose(): void }) {
  return (
    <button
      type="button"
      role={props.entry.checked === undefined ? 'menuitem' : 'menuitemradio'}
      aria-checked={props.entry.checked}
      aria-disabled={props.entry.disabled ? 'true' : undefined}
      aria-haspopup={props.entry.more ? 'menu' : undefined}
      aria-keyshortcuts={props.entry.key}
      tabindex="-1"
      class="menu-item aria-disabled:opacity-60"
      classList={{ 'text-bad': props.entry.bad ?? false, 'py-1': props.entry.detail !== undefined }}
      onClick={() => {
        const { entry } = props
        if (entry.disabled) return
        if (!entry.more) props.onClose()
        entry.act()
      }}
    >
      <Show when={props.entry.icon} keyed>
        {(Icon) => <Icon class={props.entry.bad ? 'size-4 shrink-0' : 'size-4 shrink-0 text-muted'} aria-hidden="true" />}
      </Show>
      <span class="min-w-0 flex-1">
        <span class="block truncate" dir="auto">{props.entry.label}</span>
        <Show when={props.entry.detail}>
          <span class="block text-day text-muted" dir="auto">{props.entry.detail}</span>
        </Show>
      </span>
      <Show when={props.entry.checked}><Check class="size-4 shrink-0 text-accent" aria-hidden="true" /></Show>
      <Show when={props.entry.more}><ChevronRight class="size-4 shrink-0 text-muted mirrored" aria-hidden="true" /></Show>
      <Show when={props.entry.key}><kbd class="text-day text-muted pointer-coarse:hidden" aria-hidden="true">{props.entry.key}</kbd></Show>
    </button>
  )
}
