import { createEffect, createMemo, createSignal, onCleanup, onMount, Show } from 'solid-js'
import type { Row } from '~/room/rows'
import { Button } from '~/ui/button'
import { deleteWithUndo } from './do'
import { useMessageRoom } from './message-room'

/** The server's default; one that allows less says so itself. */
const CONTENT_LIMIT = 10_000

/** The message as a field, in its own place: Enter saves, Escape leaves it as it was. */
export function EditField(props: { row: Row }) {
  const room = useMessageRoom()
  let field!: HTMLTextAreaElement
  const [saving, setSaving] = createSignal(false)
  const [fault, setFault] = createSignal('')
  const id = () => props.row.message?.id ?? ''
  const text = () => room.editing()?.text ?? ''
  const base = () => room.editing()?.base ?? ''
  const left = createMemo(() => CONTENT_LIMIT - [...text().trim()].length)
  // Somebody, which can only be oneself elsewhere, was faster.
  const overtaken = () => props.row.content !== base() && props.row.content !== text().trim() && !saving()
  const hint = `edit-hint-${id()}`

  function change(next: { text?: string; base?: string }) {
    const editing = room.editing()
    if (editing?.id === id()) room.setEditing({ ...editing, ...next })
  }

  function leave() {
    const row = field.closest<HTMLElement>('[role=article]')
    room.setEditing(null)
    ;(row ?? document.getElementById('composer'))?.focus({ preventScroll: true })
  }

  async function save() {
    const content = text().trim()
    if (saving() || left() < 0 || overtaken()) return
    if (content === '' && props.row.message?.attachments === undefined) {
      leave()
      deleteWithUndo(room, id())
      return
    }
    if (content === props.row.content) return leave()
    setSaving(true)
    setFault('')
    const acted = await room.session.act({ type: 'edit', id: id(), content })
    setSaving(false)
    if (acted.ok) leave()
    else setFault(acted.words)
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.isComposing || event.keyCode === 229) return
    if (event.key === 'Escape') {
      event.preventDefault()
      event.stopPropagation()
      leave()
    } else if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault()
      void save()
    }
  }

  createEffect(() => {
    text()
    fit(field)
  })
  onMount(() => {
    field.focus({ preventScroll: true })
    field.setSelectionRange(field.value.length, field.value.length)
  })
  onCleanup(() => setSaving(false))

  return (
    <form
      class="my-1 flex flex-col gap-1.5"
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
    >
      <textarea
        ref={field}
        rows="1"
        value={text()}
        onInput={(event) => change({ text: event.currentTarget.value })}
        onKeyDown={onKeyDown}
        class="scrollbar-calm w-full resize-none rounded-card border border-line-strong/60 bg-sunken px-2.5 py-1.5 text-body text-ink outline-none focus:border-accent pointer-coarse:text-[1rem] forced-colors:focus:outline-2"
        aria-label="Edit the message"
        aria-describedby={hint}
        aria-invalid={left() < 0 || fault() !== ''}
        dir="auto"
        autocomplete="off"
      />
      <Show when={overtaken()}>
        <div class="flex flex-wrap items-center gap-x-2 gap-y-1 rounded-control bg-warn-soft px-2.5 py-1.5 text-meta text-warn" role="alert">
          <span class="min-w-0 flex-1 basis-52">
            This message was changed on another device while you were editing it. It now says: <q class="text-ink [overflow-wrap:anywhere]" dir="auto">{short(props.row.content)}</q>
          </span>
          <Button variant="outline" size="small" onClick={() => change({ base: props.row.content })}>Keep mine</Button>
          <Button variant="outline" size="small" onClick={() => change({ base: props.row.content, text: props.row.content })}>Use the other</Button>
        </div>
      </Show>
      <Show when={fault()}>
        <p class="text-meta text-bad" role="alert">Not saved: {fault()}</p>
      </Show>
      <div class="flex items-center gap-2">
        <Button type="submit" size="small" disabled={saving() || left() < 0 || overtaken()}>{saving() ? 'Saving…' : 'Save'}</Button>
        <Button variant="quiet" size="small" onClick={leave}>Cancel</Button>
        <span id={hint} class="text-day text-muted max-sm:hidden" classList={{ 'text-bad font-medium': left() < 0 }}>
          {left() < 0 ? `${-left()} characters too many` : 'Enter saves, Escape cancels'}
        </span>
      </div>
    </form>
  )
}

function short(text: string): string {
  return text.length > 160 ? `${text.slice(0, 160)}…` : text
}

// As high as its text, up to half the window.
function fit(field: HTMLTextAreaElement) {
  field.style.height = 'auto'
  const tallest = innerHeight / 2
  field.style.height = `${Math.min(field.scrollHeight + 2, tallest)}px`
  field.style.overflowY = field.scrollHeight > tallest ? 'auto' : 'hidden'
}
