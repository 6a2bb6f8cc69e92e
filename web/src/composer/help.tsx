import { useQueryClient } from '@tanstack/solid-query'
import { createEffect, createMemo, createSignal, For, on, onCleanup, onMount, Show } from 'solid-js'
import { Portal } from 'solid-js/web'
import { useLive } from '~/app/live'
import { noteEmoji, recentEmoji, skinTone } from '~/emoji/recent'
import { withTone } from '~/emoji/tone'
import { shortcutOf, type ShortcutId } from '~/keys/map'
import { inFence } from './code'
import { typography, type FieldProps } from './field'
import { FormatBar, type Format } from './format-bar'
import { infoQuery } from '~/rooms/info'
import { splice } from './insert'
import { breakLine, fence, indent, makeLink, pasteLink, toggleBlock, toggleMark, type Splice } from './markdown'
import { follow, named } from './mentions'
import { callable, findCalls } from './callable'
import { createPeopleSearch } from './people-search'
import { findPeople, triggerAt, type Trigger } from './trigger'
import { Suggestions, type Suggestion } from './suggestions'
import { typedNames, unknownNames, type Name } from './typed'
import type { Writing } from './writing'

// What the field of composer and editor can do beyond taking text. It comes as a
// chunk of its own, after the first view.

const SHOWN = 8
/** For how long a message waits to learn who is named in it. */
const NAMES_MS = 1_000

export interface HelpProps extends FieldProps {
  field: HTMLTextAreaElement
  /** Gives the field a first look at its keys: true for those that are taken. */
  keys(take: (event: KeyboardEvent) => boolean): void
}

export function Help(props: HelpProps) {
  const { field } = props
  const live = useLive()
  const client = useQueryClient()
  const { account } = live
  const [caret, setCaret] = createSignal({ from: 0, to: 0, here: false }, { equals: (a, b) => a.from === b.from && a.to === b.to && a.here === b.here })
  const [composing, setComposing] = createSignal(false)
  const [dismissed, setDismissed] = createSignal<number>()
  const [active, setActive] = createSignal(0)
  const [emoji, setEmoji] = createSignal<typeof import('~/emoji/emoji')>()

  function look() {
    setCaret({ from: field.selectionStart, to: field.selectionEnd, here: document.activeElement === field })
  }

  // Not sooner: with the text from before, what is written would begin elsewhere.
  createEffect(on(() => props.writing.text(), look))

  const trigger = createMemo(() => {
    const { from, to, here } = caret()
    const text = props.writing.text()
    if (!here || from !== to || composing()) return undefined
    // The text may be shorter than it was when the caret was looked at.
    const found = triggerAt(text, Math.min(from, text.length), props.writing.mentions())
    return found?.kind === 'code' ? undefined : found
  }, undefined, { equals: (a, b) => a?.kind === b?.kind && a?.from === b?.from && a?.query === b?.query })

  // Whoever isn't in a public room may write there all the same.
  const roomHere = () => (props.room === undefined ? undefined : (live.rooms.find(props.room) ?? client.getQueryData(infoQuery(props.room).queryKey)))
  const query = (kind: Trigger['kind']) => {
    const t = trigger()
    return t?.kind === kind ? t.query : undefined
  }
  const { found, ask } = createPeopleSearch(() => query('person'))
  createEffect(() => {
    if (query('emoji') !== undefined) loadEmoji()
  })

  // What is offered as before keeps its place on the page, and a press on it.
  const suggestions = createMemo<Suggestion[]>((before) => offers().map((next) => before.find((one) => JSON.stringify(one) === JSON.stringify(next)) ?? next), [])

  function known() {
    const people = new Map([...props.people(), ...found()].map((p) => [p.userId, p]))
    // One rarely calls oneself.
    people.delete(account().id)
    return [...people.values()]
  }

  function offers(): Suggestion[] {
    const t = trigger()
    if (!t || dismissed() === t.from) return []
    if (t.kind === 'emoji') {
      return (emoji()?.findEmoji(t.query, SHOWN, recentEmoji()) ?? []).map((e) => ({ kind: 'emoji', emoji: withTone(e.emoji, e.toned ? skinTone() : ''), name: e.codes[0] ?? e.name }))
    }
    const offered = findCalls(t.query, callable(roomHere()))
    const people = findPeople(known(), t.query, SHOWN - offered.length).map((person) => ({ kind: 'person' as const, person }))
    // Nobody is to call a room who wants to name one of its people.
    return offered[0]?.call === t.query.toLowerCase() ? [...offered, ...people] : [...people, ...offered]
  }
  // Closed, the list stays so while one types on.
  createEffect(on(createMemo(() => trigger()?.from), () => setDismissed(undefined)))
  createEffect(on(() => trigger()?.query, () => setActive(0)))

  function loadEmoji() {
    if (!emoji()) import('~/emoji/emoji').then(setEmoji, () => {})
  }

  function apply(change: Splice) {
    splice(field, change)
    look()
  }

  function replace(from: number, to: number, text: string) {
    apply({ from, to, text, select: [from + text.length, from + text.length] })
  }

  function pick(suggestion: Suggestion) {
    const t = trigger()
    if (!t) return
    const { to } = caret()
    if (suggestion.kind === 'emoji') {
      noteEmoji(suggestion.emoji)
      replace(t.from, to, suggestion.emoji)
      return
    }
    const { userId, userName } = suggestion.kind === 'call' ? { userId: '', userName: suggestion.call } : suggestion.person
    const spaced = /^\s/.test(field.value.slice(to))
    replace(t.from, to, `@${userName}${spaced ? '' : ' '}`)
    props.writing.setMentions([...props.writing.mentions().filter((m) => m.at !== t.from), { userId, userName, at: t.from }])
    if (spaced) field.setSelectionRange(field.selectionEnd + 1, field.selectionEnd + 1)
    look()
  }

  // What was posted without calling anybody isn't to call because it is edited.
  const plain = props.enterHint === 'done' ? props.writing.text().toLowerCase() : ''
  /** Names that were made mentions and undone: they stay words. */
  const declined = new Set<string>()
  let completed: { at: number; before: string; after: string } | undefined

  const names = (): Name[] => [...callable(roomHere()).map((userName) => ({ userId: '', userName })), ...known()]
  function typed(at?: number) {
    return typedNames(props.writing.text(), props.writing.mentions(), names(), at).filter(({ userName }) => !declined.has(userName) && !plain.includes(`@${userName.toLowerCase()}`))
  }

  function complete() {
    const { from, to, here } = caret()
    if (!here || from !== to || composing() || field.value !== props.writing.text()) return
    for (const mention of typed(from)) {
      const before = field.value
      const [begin, end] = [mention.at + 1, mention.at + 1 + mention.userName.length]
      if (before.slice(begin, end) !== mention.userName) apply({ from: begin, to: end, text: mention.userName, select: [from, to] })
      props.writing.setMentions([...props.writing.mentions(), mention])
      completed = { at: mention.at, before, after: field.value }
    }
  }

  async function settle() {
    const signal = AbortSignal.timeout(NAMES_MS)
    await Promise.all(unknownNames(props.writing.text(), props.writing.mentions(), names()).map((words) => ask(words, signal)))
    const fresh = typed()
    if (fresh.length === 0) return
    const text = fresh.reduce((all, { at, userName }) => all.slice(0, at + 1) + userName + all.slice(at + 1 + userName.length), props.writing.text())
    props.writing.setText(text)
    props.writing.setMentions([...props.writing.mentions(), ...fresh])
  }
  props.writing.setSettle(settle)
  onCleanup(() => props.writing.setSettle(undefined))

  // Not within the event of the key, which is still on its way.
  createEffect(on([() => props.writing.text(), found, composing], ([text]) => {
    if (text === '') declined.clear()
    if (!text.includes('@')) return
    const timer = setTimeout(complete)
    onCleanup(() => clearTimeout(timer))
  }))

  /** Takes back what was completed just now. */
  function undo(event: KeyboardEvent): boolean {
    if (!completed || completed.after !== field.value || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey || event.key.toLowerCase() !== 'z') return false
    const { at, before, after } = completed
    completed = undefined
    const { mentions } = props.writing
    for (const m of mentions()) if (m.at === at) declined.add(m.userName)
    props.writing.setMentions(mentions().filter((m) => m.at !== at))
    if (before === after) return true
    // The browser would select what it brings back, and typing on would replace it.
    const { selectionStart, selectionEnd } = field
    const undone = document.execCommand('undo')
    field.setSelectionRange(selectionStart, selectionEnd)
    look()
    return undone
  }

  function format(kind: Format) {
    const { value: text, selectionStart: from, selectionEnd: to } = field
    switch (kind) {
      case 'bold':
      case 'italic':
      case 'strike':
      case 'code':
        return apply(toggleMark(text, from, to, kind))
      case 'link':
        return apply(makeLink(text, from, to))
      case 'bullet':
      case 'number':
      case 'quote':
        return apply(toggleBlock(text, from, to, kind))
      case 'fence':
        return apply(fence(text, from, to))
      case 'line':
        return apply(breakLine(text, from, to))
    }
  }

  function takes(event: KeyboardEvent): boolean {
    const list = suggestions()
    const bare = !event.ctrlKey && !event.metaKey && !event.altKey
    if (list.length > 0 && bare && !event.shiftKey) {
      switch (event.key) {
        case 'ArrowDown':
        case 'ArrowUp':
          setActive((active() + (event.key === 'ArrowDown' ? 1 : list.length - 1)) % list.length)
          return true
        case 'Enter':
        case 'Tab': {
          const chosen = list[active()]
          if (chosen) pick(chosen)
          return true
        }
        case 'Escape':
          setDismissed(trigger()?.from)
          return true
      }
    }
    if (undo(event)) return true
    const { value: text, selectionStart: from, selectionEnd: to } = field
    if (event.key === 'Tab' && bare) {
      const moved = indent(text, from, to, event.shiftKey)
      if (moved) apply(moved)
      return moved !== undefined
    }
    if (event.key === 'Enter' && bare && (event.shiftKey || inFence(text, from))) {
      apply(breakLine(text, from, to))
      return true
    }
    const kind = formatOf(event)
    // Without a selection the key is free for whoever listens further out.
    if (!kind || (kind === 'link' && from === to)) return false
    event.stopPropagation()
    format(kind)
    return true
  }

  // It hears of an edit before the text is set: what comes by delegation comes later.
  function onInput(event: Event) {
    const mentions = props.writing.mentions()
    if (mentions.length > 0) props.writing.setMentions(follow(mentions, props.writing.text(), field.value))
    if (!(event instanceof InputEvent) || event.data !== ':' || event.isComposing) return
    const { value: text, selectionEnd: at } = field
    const closed = triggerAt(text, at, mentions)
    if (closed?.kind !== 'code') return
    void replaceCode(closed.from, at)
  }

  // Not within the event of the colon, which is still on its way; and the emoji may be, too.
  async function replaceCode(from: number, at: number) {
    const code = field.value.slice(from, at)
    const module = await import('~/emoji/emoji').catch(() => undefined)
    const whole = module?.emojiOfCode(code.slice(1, -1))
    if (!whole || field.value.slice(from, at) !== code) return
    const text = withTone(whole.emoji, whole.toned ? skinTone() : '')
    noteEmoji(text)
    const shift = text.length - code.length
    const { selectionStart, selectionEnd } = field
    apply({ from, to: at, text, select: [Math.max(from, selectionStart + shift), Math.max(from, selectionEnd + shift)] })
  }

  function onPaste(event: ClipboardEvent) {
    const pasted = event.clipboardData?.getData('text/plain') ?? ''
    const link = pasteLink(field.value, field.selectionStart, field.selectionEnd, pasted)
    if (!link) return
    event.preventDefault()
    apply(link)
  }

  const end = new AbortController()
  onCleanup(() => end.abort())
  const listen = { signal: end.signal }
  document.addEventListener('selectionchange', look, listen)
  for (const type of ['select', 'selectionchange', 'focus', 'blur', 'click', 'keyup']) field.addEventListener(type, look, listen)
  field.addEventListener('input', onInput, listen)
  field.addEventListener('paste', onPaste, listen)
  field.addEventListener('compositionstart', () => setComposing(true), listen)
  field.addEventListener('compositionend', () => {
    setComposing(false)
    look()
  }, listen)
  props.keys(takes)
  look()

  createEffect(() => {
    const open = suggestions().length > 0
    if (open) {
      field.setAttribute('aria-controls', 'suggestions')
      field.setAttribute('aria-activedescendant', `suggestion-${active()}`)
    } else {
      field.removeAttribute('aria-controls')
      field.removeAttribute('aria-activedescendant')
    }
  })

  const selected = createMemo(() => caret().here && caret().from !== caret().to && field.value.slice(caret().from, caret().to).trim() !== '')
  return (
    <>
      <Show when={suggestions().length > 0}>
        <Suggestions kind={trigger()?.kind === 'emoji' ? 'emoji' : 'person'} list={suggestions()} active={active()} onPick={pick} onPoint={setActive} />
      </Show>
      <Show when={props.barSlot} keyed fallback={
        <Show when={selected()}>
          <FormatBar floating controls={field.id} onFormat={format} />
        </Show>
      }>
        {(slot) => (
          <Portal mount={slot}>
            <FormatBar controls={field.id} onFormat={format} />
          </Portal>
        )}
      </Show>
    </>
  )
}

/** Marks the names in the text: it lies behind the field, and has its very lines. */
export function Names(props: { writing: Writing; field: HTMLTextAreaElement }) {
  let layer!: HTMLDivElement
  const pieces = createMemo(() => {
    const text = props.writing.text()
    let end = 0
    const out: { text: string; name: boolean }[] = []
    for (const { from, to } of named(text, props.writing.mentions())) {
      out.push({ text: text.slice(end, from), name: false }, { text: text.slice(from, to), name: true })
      end = to
    }
    // A last line that is empty has its height all the same.
    return out.length > 0 ? [...out, { text: `${text.slice(end)}\n`, name: false }] : []
  })
  const scroll = () => (layer.scrollTop = props.field.scrollTop)
  onMount(() => {
    props.field.addEventListener('scroll', scroll, { passive: true })
    onCleanup(() => props.field.removeEventListener('scroll', scroll))
  })
  createEffect(() => {
    pieces()
    queueMicrotask(scroll)
  })
  return (
    <div ref={layer} data-help class={`scrollbar-calm pointer-events-none absolute inset-0 overflow-hidden text-transparent select-none [unicode-bidi:plaintext] ${typography}`} dir="auto" aria-hidden="true">
      <For each={pieces()}>{(piece) => <span classList={{ 'rounded-[3px] bg-accent-soft shadow-[0_0_0_1px_var(--accent-soft)]': piece.name }}>{piece.text}</span>}</For>
    </div>
  )
}

const formats: Readonly<Partial<Record<ShortcutId, Format>>> = {
  bold: 'bold', italic: 'italic', code: 'code', link: 'link', strike: 'strike', number: 'number', bullet: 'bullet', quote: 'quote',
}

function formatOf(event: KeyboardEvent): Format | undefined {
  const pressed = shortcutOf(event, 'writing')
  return pressed && formats[pressed]
}
