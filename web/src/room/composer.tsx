import ArrowUp from 'lucide-solid/icons/arrow-up'
import { createEffect, createSignal, onCleanup, onMount, Show } from 'solid-js'
import { seconds } from '~/http'
import { Button } from '~/ui/button'
import { loadDraft, saveDraft } from './draft'

/** The server's default; one that allows less says so to the post itself. */
export const CONTENT_LIMIT = 10_000
/** From here on the count is shown. */
const COUNT_FROM = 9_500
const MAX_LINES = 8

interface ComposerProps {
  room: string
  userId: string
  slowedUntil: number
  /** Those who write, in words; '' for nobody. */
  typing: string
  /** False: it can't be taken now, and stays in the field. */
  onPost(content: string): boolean
  onTyping(): void
}

/** Where one writes. The network never disables it, and nothing typed is lost. */
export function Composer(props: ComposerProps) {
  let field!: HTMLTextAreaElement
  const [text, setText] = createSignal(loadDraft(props.userId, props.room))
  const [full, setFull] = createSignal(false)

  const left = () => (text().length < COUNT_FROM ? CONTENT_LIMIT : CONTENT_LIMIT - codePoints(text().trim()))
  const sendable = () => text().trim() !== '' && left() >= 0

  createEffect(() => saveDraft(props.userId, props.room, text()))
  createEffect(() => {
    text()
    fit(field)
  })
  onMount(() => {
    // A keyboard that pops up unasked hides half a phone.
    if (matchMedia('(pointer: fine)').matches) field.focus({ preventScroll: true })
  })

  function post() {
    if (!sendable()) return
    const taken = props.onPost(text().trim())
    setFull(!taken)
    if (taken) setText('')
    field.focus({ preventScroll: true })
  }

  function onKeyDown(event: KeyboardEvent) {
    // Enter ends a composition before it sends.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return
    event.preventDefault()
    post()
  }

  return (
    <form
      class="shrink-0 px-3 pb-[env(safe-area-inset-bottom)] sm:px-5"
      onSubmit={(event) => {
        event.preventDefault()
        post()
      }}
    >
      <Slowed until={props.slowedUntil} />
      <Show when={full()}>
        <p class="pb-1.5 text-meta text-bad" role="alert">
          Too many messages are waiting to be sent. What you wrote stays here.
        </p>
      </Show>
      <div class="flex items-end gap-1 rounded-card border border-line-strong/50 bg-sunken p-1 focus-within:border-accent forced-colors:focus-within:outline-2">
        <textarea
          ref={field}
          id="composer"
          rows="1"
          value={text()}
          onInput={(event) => {
            setText(event.currentTarget.value)
            setFull(false)
            if (event.currentTarget.value.trim() !== '') props.onTyping()
          }}
          onKeyDown={onKeyDown}
          class="scrollbar-calm min-w-0 flex-1 resize-none bg-transparent px-2.5 py-[0.4375rem] text-body text-ink outline-none placeholder:text-muted pointer-coarse:py-[0.6875rem] pointer-coarse:text-[1rem]"
          placeholder={`Message #${props.room}`}
          aria-label={`Message #${props.room}`}
          aria-describedby="composer-count"
          aria-invalid={left() < 0}
          // Chromium keeps the last direction of a field that is emptied by code.
          dir={text() === '' ? undefined : 'auto'}
          enterkeyhint="send"
          autocomplete="off"
        />
        <Button type="submit" size="icon" aria-label="Send" disabled={!sendable()}>
          <ArrowUp class="size-5" aria-hidden="true" />
        </Button>
      </div>
      <div class="flex h-7 items-center gap-3 px-1 text-day text-muted">
        <span class="min-w-0 flex-1 truncate" aria-live="off" data-testid="typing">{props.typing}</span>
        <span id="composer-count" class="shrink-0 tabular-nums" classList={{ 'text-bad font-medium': left() < 0 }}>
          <Show when={text().length >= COUNT_FROM}>
            {left() < 0 ? `${-left()} characters too many` : `${left()} characters left`}
          </Show>
        </span>
      </div>
    </form>
  )
}

// The server's rate limit, counted down.
function Slowed(props: { until: number }) {
  const [now, setNow] = createSignal(Date.now())
  createEffect(() => {
    if (props.until <= Date.now()) return
    setNow(Date.now())
    const tick = setInterval(() => setNow(Date.now()), 250)
    onCleanup(() => clearInterval(tick))
  })
  const left = () => Math.ceil((props.until - now()) / 1_000)
  return (
    <Show when={left() > 0}>
      <p class="flex gap-1 pb-1.5 text-meta text-warn">
        <span role="status">That was a lot at once.</span>
        <span class="tabular-nums">The next message goes in {seconds(left())}.</span>
      </p>
    </Show>
  )
}

// Grows the field with its text, up to eight lines.
function fit(field: HTMLTextAreaElement) {
  field.style.height = 'auto'
  const style = getComputedStyle(field)
  const line = Number.parseFloat(style.lineHeight)
  const padding = Number.parseFloat(style.paddingTop) + Number.parseFloat(style.paddingBottom)
  const tallest = line * MAX_LINES + padding
  field.style.height = `${Math.min(field.scrollHeight, tallest)}px`
  field.style.overflowY = field.scrollHeight > tallest ? 'auto' : 'hidden'
}

function codePoints(text: string): number {
  let n = 0
  for (const _ of text) n++
  return n
}
