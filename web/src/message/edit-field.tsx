import { createMemo, createSignal, onMount, Show } from 'solid-js'
import { Field, type FieldHandle } from '~/composer/field'
import { mentionable } from '~/composer/mentionable'
import { makeCalling } from '~/composer/calling'
import { callsMore, collapse, expand } from '~/composer/mentions'
import { makeWriting } from '~/composer/writing'
import { plural, t } from '~/i18n/i18n'
import { T } from '~/i18n/t'
import type { Row } from '~/room/rows'
import { Button } from '~/ui/button'
import { deleteWithUndo } from './do'
import { useMessageRoom } from './message-room'

/** The server's default; one that allows less says so itself. */
const CONTENT_LIMIT = 10_000

const LINES = 16

/** The message as a field, in its own place: Enter saves, Escape leaves it as it was. */
export function EditField(props: { row: Row }) {
  const room = useMessageRoom()
  let field!: FieldHandle
  const [saving, setSaving] = createSignal(false)
  const [fault, setFault] = createSignal('')
  const id = () => props.row.message?.id ?? ''
  const base = () => room.editing()?.base ?? ''
  // What is written outlives this field, whose row comes and goes as one scrolls.
  const first = collapse(room.editing()?.text ?? '')
  const writing = makeWriting(first.text, first.mentions, () => change({ text: text() }))
  const text = () => expand(writing.text(), writing.mentions())
  const content = createMemo(() => text().trim())
  const left = createMemo(() => CONTENT_LIMIT - [...content()].length)
  // Somebody, which can only be oneself elsewhere, was faster.
  const overtaken = () => props.row.content !== base() && props.row.content !== content() && !saving()
  const calling = makeCalling(room.session.slug)
  const hint = `edit-hint-${id()}`

  function change(next: { text?: string; base?: string }) {
    const editing = room.editing()
    if (editing?.id === id()) room.setEditing({ ...editing, ...next })
  }

  function useOther() {
    change({ base: props.row.content })
    const other = collapse(props.row.content)
    writing.setText(other.text)
    writing.setMentions(other.mentions)
    field.focus()
  }

  function leave() {
    const row = field.element.closest<HTMLElement>('[role=article]')
    room.setEditing(null)
    ;(row ?? document.getElementById('composer'))?.focus({ preventScroll: true })
  }

  let settling = false
  async function save() {
    if (settling || saving()) return
    settling = true
    await writing.settle().finally(() => (settling = false))
    if (left() < 0 || overtaken()) return
    if (content() === '' && props.row.message?.attachments === undefined) {
      leave()
      deleteWithUndo(room, id())
      return
    }
    // A name may be stored in more than one way.
    const was = collapse(props.row.content)
    if (content() === expand(was.text, was.mentions).trim()) return leave()
    // Who was called by it already isn't called again.
    if (callsMore(props.row.content, content()) && !(await calling.ask(writing))) return
    setSaving(true)
    setFault('')
    const acted = await room.session.act({ type: 'edit', id: id(), content: content() })
    setSaving(false)
    if (acted.ok) leave()
    else setFault(acted.words)
  }

  onMount(() => field.focus())

  return (
    <form
      class="my-1 flex flex-col gap-1.5"
      onSubmit={(event) => {
        event.preventDefault()
        void save()
      }}
    >
      <div class="relative flex rounded-card border border-line-strong/60 bg-sunken focus-within:border-accent forced-colors:focus-within:outline-2">
        <Field
          writing={writing}
          label={t('Edit the message')}
          id={`edit-${id()}`}
          describedBy={hint}
          invalid={left() < 0 || fault() !== ''}
          lines={LINES}
          enterHint="done"
          room={room.session.slug}
          people={() => mentionable(room.session.room().messages, room.session.room().people, room.me().id)}
          handle={(handle) => (field = handle)}
          onSubmit={() => void save()}
          onEscape={() => {
            leave()
            return true
          }}
        />
      </div>
      <calling.Question />
      <Show when={overtaken()}>
        <div class="flex flex-wrap items-center gap-x-2 gap-y-1 rounded-control bg-warn-soft px-2.5 py-1.5 text-meta text-warn" role="alert">
          <span class="min-w-0 flex-1 basis-52">
            <T
              text="This message was changed on another device while you were editing it. It now says: {words}"
              words={<q class="text-ink [overflow-wrap:anywhere]" dir="auto">{short(collapse(props.row.content).text)}</q>}
            />
          </span>
          <Button variant="outline" size="small" onClick={() => change({ base: props.row.content })}>{t('Keep mine')}</Button>
          <Button variant="outline" size="small" onClick={useOther}>{t('Use the other')}</Button>
        </div>
      </Show>
      <Show when={fault()}>
        <p class="text-meta text-bad" role="alert">{t('Not saved: {reason}', { reason: fault() })}</p>
      </Show>
      <div class="flex items-center gap-2">
        <Button type="submit" size="small" disabled={saving() || left() < 0 || overtaken()}>{saving() ? t('Saving…') : t('Save')}</Button>
        <Button variant="quiet" size="small" onClick={leave}>{t('Cancel')}</Button>
        <span id={hint} class="text-day text-muted max-sm:hidden" classList={{ 'text-bad font-medium': left() < 0 }}>
          {left() < 0 ? plural(-left(), '{count} characters too many', '{count} characters too many') : t('Enter saves, Escape cancels')}
        </span>
      </div>
    </form>
  )
}

function short(text: string): string {
  return text.length > 160 ? `${text.slice(0, 160)}…` : text
}
