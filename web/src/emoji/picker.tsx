import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from '@tanstack/virtual-core'
import { createEffect, createMemo, createSignal, For, on, onCleanup, onMount, Show, untrack } from 'solid-js'
import { m, t } from '~/i18n/i18n'
import { composing } from '~/keys/composing'
import { findEmoji, groups, type Emoji } from './emoji'
import { noteEmoji, recentEmoji, setSkinTone, skinTone } from './recent'
import { toneNames, tones, withTone, type Tone } from './tone'

/** Found ones beyond this are not what was meant. */
const FOUND = 90
/** A row has as many as fit, up to so many. */
const COLUMNS = 9
/** What one takes, and the name of a group. */
const CELL_REM = 2.25
const HEADING_REM = 1.875
/** The least width of one. */
const NARROW_REM = 2

type Row = { kind: 'heading'; name: string; group: number } | { kind: 'emoji'; cells: readonly Cell[]; group: number }

interface Cell {
  emoji: string
  name: string
  /** Its place among all that are shown. */
  index: number
}

/** What stands for a group, and its name, in the order of the groups after the recent ones. */
export const signs: readonly (readonly [sign: string, name: string])[] = [
  ['🕘', m('Recently used')],
  ['😀', m('Smileys & Emotion')],
  ['👋', m('People & Body')],
  ['🐻', m('Animals & Nature')],
  ['🍎', m('Food & Drink')],
  ['🚗', m('Travel & Places')],
  ['⚽', m('Activities')],
  ['💡', m('Objects')],
  ['❤️', m('Symbols')],
  ['🏁', m('Flags')],
]

export interface EmojiPickerProps {
  /** In which `query` is written. */
  field(): HTMLInputElement
  query: string
  /** Enter was pressed in the field before there was anything to pick. */
  pickFirst: boolean
  onPick(emoji: string): void
}

/** All emoji, to look at and to search; the search field has the focus and the arrow keys move. */
export function EmojiPicker(props: EmojiPickerProps) {
  let scroller!: HTMLDivElement
  const query = () => props.query
  const [tone, setTone] = createSignal<Tone>(skinTone())
  const [active, setActive] = createSignal(0)
  const recent = recentEmoji(2 * COLUMNS)
  const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize)
  const heading = HEADING_REM * rem
  const [columns, setColumns] = createSignal(COLUMNS)
  const names = new Map(groups.flatMap((g) => g.emoji).map((e) => [e.emoji, e.name]))

  const toned = (e: Emoji) => (e.toned ? withTone(e.emoji, tone()) : e.emoji)
  const rows = createMemo<readonly Row[]>(() => {
    const out: Row[] = []
    let index = 0
    const add = (name: string, group: number, list: readonly { emoji: string; name: string }[]) => {
      if (list.length === 0) return
      out.push({ kind: 'heading', name, group })
      for (let i = 0; i < list.length; i += columns()) {
        out.push({ kind: 'emoji', group, cells: list.slice(i, i + columns()).map((e) => ({ ...e, index: index++ })) })
      }
    }
    const wanted = query().trim()
    if (wanted !== '') {
      add(t('Found'), -1, findEmoji(wanted, FOUND, recent).map((e) => ({ emoji: toned(e), name: e.name })))
      return out
    }
    add(t('Recently used'), 0, recent.map((emoji) => ({ emoji, name: names.get(emoji) ?? names.get(emoji.replace(/[\u{1f3fb}-\u{1f3ff}]/gu, '')) ?? t('emoji') })))
    for (const [i, g] of groups.entries()) add(t(g.name), i + 1, g.emoji.map((e) => ({ emoji: toned(e), name: e.name })))
    return out
  })
  const cells = createMemo(() => rows().flatMap((r) => (r.kind === 'emoji' ? r.cells : [])))
  const chosen = () => cells()[active()]
  createEffect(on(query, () => setActive(0), { defer: true }))

  const [version, bump] = createSignal(0, { equals: false })
  const options = () => {
    const all = rows()
    return {
      count: all.length,
      getScrollElement: () => scroller,
      estimateSize: (i: number) => (all[i]?.kind === 'heading' ? heading : CELL_REM * rem),
      overscan: 3,
      scrollToFn: elementScroll,
      observeElementRect,
      observeElementOffset,
      onChange: () => bump(0),
    }
  }
  const virtual = new Virtualizer<HTMLDivElement, HTMLDivElement>(untrack(options))
  createEffect(() => {
    virtual.setOptions(options())
    virtual.measure()
    virtual._willUpdate()
    bump(0)
  })
  onMount(() => {
    setColumns(Math.max(1, Math.min(COLUMNS, Math.floor(scroller.clientWidth / (NARROW_REM * rem)))))
    onCleanup(virtual._didMount())
    const field = props.field()
    field.addEventListener('keydown', onKeyDown)
    onCleanup(() => field.removeEventListener('keydown', onKeyDown))
    const first = props.pickFirst && chosen()
    if (first) pick(first.emoji)
  })
  createEffect(() => {
    if (chosen()) props.field().setAttribute('aria-activedescendant', `emoji-${active()}`)
    else props.field().removeAttribute('aria-activedescendant')
  })
  const shown = createMemo(() => {
    version()
    return virtual.getVirtualItems().flatMap((item) => {
      const row = rows()[item.index]
      return row ? [{ row, start: item.start, index: item.index }] : []
    })
  })
  const height = createMemo(() => {
    version()
    return virtual.getTotalSize()
  })
  const group = createMemo(() => {
    version()
    const top = (virtual.scrollOffset ?? 0) + heading
    return rows()[virtual.getVirtualItems().find((i) => i.end > top)?.index ?? 0]?.group ?? 0
  })

  createEffect(on(active, (at) => {
    const row = rowOf(at)
    // The first row comes with its heading.
    if (row >= 0) virtual.scrollToIndex(row === 1 ? 0 : row, { align: 'auto' })
  }, { defer: true }))

  function rowOf(at: number): number {
    return rows().findIndex((r) => r.kind === 'emoji' && r.cells.some((c) => c.index === at))
  }

  // A row up or down, in the same column or the last before it.
  function vertical(step: 1 | -1): number {
    const from = rowOf(active())
    const row = rows()[from]
    const column = row?.kind === 'emoji' ? row.cells.findIndex((c) => c.index === active()) : 0
    for (let i = from + step; i >= 0 && i < rows().length; i += step) {
      const next = rows()[i]
      if (next?.kind === 'emoji') return next.cells[Math.min(column, next.cells.length - 1)]?.index ?? active()
    }
    return active()
  }

  function pick(emoji: string) {
    noteEmoji(emoji)
    props.onPick(emoji)
  }

  function onKeyDown(event: KeyboardEvent) {
    if (composing(event) || event.altKey || event.ctrlKey || event.metaKey) return
    const last = cells().length - 1
    // In a word being written, left and right are the caret's.
    const inWord = query() !== ''
    const [forth, back] = document.documentElement.dir === 'rtl' ? ['ArrowLeft', 'ArrowRight'] : ['ArrowRight', 'ArrowLeft']
    const next: Record<string, () => number> = {
      ArrowDown: () => vertical(1),
      ArrowUp: () => vertical(-1),
      ...(!inWord && { [forth]: () => active() + 1, [back]: () => active() - 1, Home: () => 0, End: () => last }),
    }
    if (inWord && props.field().selectionStart === query().length && event.key === forth) next[forth] = () => active() + 1
    if (inWord && active() > 0 && event.key === back) next[back] = () => active() - 1
    const move = next[event.key]
    if (move) {
      event.preventDefault()
      setActive(Math.max(0, Math.min(last, move())))
    } else if (event.key === 'Enter') {
      event.preventDefault()
      const cell = chosen()
      if (cell) pick(cell.emoji)
    }
  }

  function goTo(index: number) {
    const row = rows().findIndex((r) => r.kind === 'heading' && r.group === index)
    if (row < 0) return
    virtual.scrollToIndex(row, { align: 'start' })
    const first = rows()[row + 1]
    if (first?.kind === 'emoji') setActive(first.cells[0]?.index ?? 0)
    virtual.scrollToIndex(row, { align: 'start' })
  }

  return (
    <div class="flex min-h-0 flex-1 flex-col">
      <Show when={query().trim() === ''}>
        <div class="flex px-2 pb-1 low:hidden" role="group" aria-label={t('Groups')}>
          <For each={signs}>
            {([sign, name], i) => (
              <button
                type="button"
                tabindex="-1"
                class="grid h-7 min-w-0 flex-1 place-items-center border-b-2 font-emoji text-[min(var(--body-size),6vw)] leading-none hover:bg-ink/6 pointer-coarse:h-10"
                classList={{ 'border-accent': group() === i(), 'border-transparent grayscale': group() !== i() }}
                aria-label={t(name)}
                title={t(name)}
                aria-pressed={group() === i()}
                onPointerDown={(event) => event.preventDefault()}
                onClick={() => goTo(i())}
              >
                {sign}
              </button>
            )}
          </For>
        </div>
      </Show>
      <div ref={scroller} class="scrollbar-calm relative min-h-0 flex-1 overflow-y-auto border-t border-line [overflow-anchor:none]">
        <Show when={cells().length > 0} fallback={<p class="p-4 text-center text-meta text-muted" role="status">{t('No emoji by that name.')}</p>}>
          <div id="emoji-grid" role="grid" aria-label={t('Emoji')} tabindex="0" aria-activedescendant={chosen() ? `emoji-${active()}` : undefined} aria-rowcount={rows().length} aria-colcount={columns()} class="relative focus-visible:-outline-offset-2" onKeyDown={onKeyDown} style={{ height: `${height()}px`, '--columns': columns() }}>
            <For each={shown()}>
              {({ row, start, index }) => (
                <div role="row" aria-rowindex={index + 1} class="absolute inset-x-0 top-0 flex px-1" style={{ transform: `translateY(${start}px)` }}>
                  <Show when={row.kind === 'emoji' && row.cells} keyed fallback={
                    <span role="gridcell" aria-colspan={columns()} class="flex h-7.5 items-end px-1.5 pb-1 text-day font-medium text-muted">{row.kind === 'heading' && row.name}</span>
                  }>
                    {(list) => (
                      <For each={list}>
                        {(cell) => (
                          <div
                            id={`emoji-${cell.index}`}
                            role="gridcell"
                            tabindex="-1"
                            aria-label={cell.name}
                            aria-selected={cell.index === active()}
                            title={cell.name}
                            class="grid h-9 w-[calc(100%/var(--columns))] place-items-center rounded-control font-emoji text-[1.375rem] leading-none select-none aria-selected:bg-ink/8 aria-selected:outline-2 aria-selected:-outline-offset-2 aria-selected:outline-accent"
                            onPointerDown={(event) => event.preventDefault()}
                            onPointerMove={(event) => event.pointerType === 'mouse' && setActive(cell.index)}
                            onClick={() => pick(cell.emoji)}
                            onKeyDown={() => {}}
                          >
                            {cell.emoji}
                          </div>
                        )}
                      </For>
                    )}
                  </Show>
                </div>
              )}
            </For>
          </div>
        </Show>
      </div>
      <div class="flex h-11 shrink-0 items-center gap-2 border-t border-line px-2.5 low:hidden">
        <span class="font-emoji text-title leading-none" aria-hidden="true">{chosen()?.emoji}</span>
        <span class="min-w-0 flex-1 truncate text-meta text-muted" aria-hidden="true">{chosen()?.name}</span>
        <Tones value={tone()} onChange={(next) => { setTone(next); setSkinTone(next); props.field().focus({ preventScroll: true }) }} />
      </div>
    </div>
  )
}

function Tones(props: { value: Tone; onChange(tone: Tone): void }) {
  const [open, setOpen] = createSignal(false)
  return (
    <div class="flex" role="group" aria-label={t('Skin tone')}>
      <For each={tones}>
        {(tone) => (
          <Show when={open() || tone === props.value}>
            <button
              type="button"
              class="grid size-7 place-items-center rounded-control text-title leading-none hover:bg-ink/6 focus-visible:-outline-offset-2 pointer-coarse:size-9"
              classList={{ 'bg-ink/8': open() && tone === props.value }}
              aria-label={t(toneNames[tone])}
              title={t(toneNames[tone])}
              aria-pressed={tone === props.value}
              aria-expanded={open() ? undefined : false}
              onClick={() => {
                if (open()) props.onChange(tone)
                setOpen(!open())
              }}
            >
              {withTone('✋', tone)}
            </button>
          </Show>
        )}
      </For>
    </div>
  )
}
