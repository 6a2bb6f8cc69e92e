import Megaphone from 'lucide-solid/icons/megaphone'
import { createEffect, createSignal, For, onCleanup, onMount, Show } from 'solid-js'
import { t } from '~/i18n/i18n'
import { Avatar } from '~/ui/avatar'
import { callWords, type CallSuggestion } from './callable'
import type { Person } from './trigger'

export type Suggestion = { kind: 'person'; person: Person } | { kind: 'emoji'; emoji: string; name: string } | CallSuggestion

/** What stays free between the field and the edge of the window. */
const FREE_REM = 0.75

/** What the word at the caret may become: above the field, as wide as it. */
export function Suggestions(props: {
  kind: 'person' | 'emoji'
  list: readonly Suggestion[]
  active: number
  onPick(suggestion: Suggestion): void
  onPoint(index: number): void
}) {
  let box!: HTMLDivElement
  let list!: HTMLDivElement
  // A field in a list of messages may stand so high that above it there is no place.
  const [below, setBelow] = createSignal(false)
  const [most, setMost] = createSignal<number>()
  onMount(() => {
    const field = box.offsetParent
    if (!field) return
    const around = box.closest('[role=region]') ?? document.body
    function space() {
      const edges = around.getBoundingClientRect()
      const rect = field?.getBoundingClientRect() ?? edges
      return { above: rect.top - edges.top, under: edges.bottom - rect.bottom }
    }
    const free = FREE_REM * Number.parseFloat(getComputedStyle(document.documentElement).fontSize)
    const { above, under } = space()
    setBelow(above < box.offsetHeight && under > above)
    // What is written makes the field higher, and a phone's keyboard the window lower.
    const resized = new ResizeObserver(() => setMost((below() ? space().under : space().above) - free))
    resized.observe(field)
    resized.observe(around)
    onCleanup(() => resized.disconnect())
  })
  createEffect(() => list.children[props.active]?.scrollIntoView({ block: 'nearest' }))
  const nameOf = (s: Suggestion) => (s.kind === 'call' ? `@${s.call}` : s.kind === 'person' ? s.person.userName : `:${s.name}:`)
  const words = () => {
    const chosen = props.list[props.active]
    if (!chosen) return ''
    const name = chosen.kind === 'call' ? `${nameOf(chosen)} (${callWords(chosen.call)})` : nameOf(chosen)
    return t('{name}, {number} of {count}. Enter takes it.', { name, number: props.active + 1, count: props.list.length })
  }
  return (
    <div
      ref={box}
      classList={{ 'bottom-full mb-1.5': !below(), 'top-full mt-1.5': below() }}
      style={{ 'max-height': most() === undefined ? undefined : `${most()}px` }}
      class="absolute inset-x-0 z-20 flex max-w-100 flex-col animate-fade-in rounded-card border border-line bg-surface p-1 shadow-float"
    >
      <div class="flex shrink-0 items-baseline justify-between gap-3 px-2 pt-1 pb-1.5 text-day text-muted low:hidden" aria-hidden="true">
        <span class="font-medium">{props.kind === 'person' ? t('People') : t('Emoji')}</span>
        <span class="max-[24rem]:hidden pointer-coarse:hidden">{t('↑↓ to choose, Enter to take, Esc to close')}</span>
      </div>
      <div ref={list} id="suggestions" role="listbox" aria-label={props.kind === 'person' ? t('People') : t('Emoji')} class="scrollbar-calm max-h-72 min-h-0 overflow-y-auto">
        <For each={props.list}>
          {(suggestion, index) => (
            <div
              id={`suggestion-${index()}`}
              role="option"
              tabindex="-1"
              aria-selected={index() === props.active}
              class="flex min-h-9 items-center gap-2.5 rounded-control px-2 text-body aria-selected:bg-ink/7 pointer-coarse:min-h-11 forced-colors:aria-selected:outline-2"
              // The field keeps the focus.
              onPointerDown={(event) => event.preventDefault()}
              onPointerMove={() => props.onPoint(index())}
              onClick={() => props.onPick(suggestion)}
              onKeyDown={() => {}}
            >
              <Show when={suggestion.kind === 'person' && suggestion.person} keyed fallback={
                <span class="grid w-7 place-items-center font-emoji text-title leading-none" aria-hidden="true">{suggestion.kind === 'emoji' ? suggestion.emoji : <Megaphone class="size-4 text-muted" />}</span>
              }>
                {(person) => <Avatar userId={person.userId} name={person.userName} image={person.userImage} class="size-7 text-day" />}
              </Show>
              <span class="min-w-0 truncate" classList={{ 'shrink-0': suggestion.kind === 'call' }} dir="auto">{nameOf(suggestion)}</span>
              <Show when={suggestion.kind === 'call' && suggestion}>
                {(call) => <span class="ms-auto min-w-0 text-end text-meta text-muted">{callWords(call().call)}</span>}
              </Show>
            </div>
          )}
        </For>
      </div>
      <span class="sr-only" role="status">{words()}</span>
    </div>
  )
}
