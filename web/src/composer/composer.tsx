import ArrowUp from 'lucide-solid/icons/arrow-up'
import { createEffect, createSignal, getOwner, onCleanup, onMount, runWithOwner, Show } from 'solid-js'
import { Dynamic } from 'solid-js/web'
import { seconds } from '~/http'
import { plural, t } from '~/i18n/i18n'
import { Button } from '~/ui/button'
import { handFocusOn } from '~/ui/focus-keeper'
import type { Draft, Drafts } from './drafts'
import { Field, type FieldHandle } from './field'
import type { Tools } from './tools'
import type { Person } from './trigger'

/** The server's default; another one is learned with the tools. */
const CONTENT_LIMIT = 10_000
/** From so many characters before the end on the count is shown. */
const COUNT_FROM = 500
/** Time for the first view to be drawn. */
const TOOLS_AFTER_MS = 250

export interface ComposerProps {
  drafts: Drafts
  draft: Draft
  /** "Message #general" */
  label: string
  /** Said while files hang above what stands around the composer: "Add to #general". */
  dropLabel: string
  id?: string
  slowedUntil: number
  /** Between two posts, where the room is slow; 0 or absent: it isn't. */
  slowSeconds?: number
  /** Those who write, in words; '' for nobody. */
  typing: string
  /** Who may be meant by a name, the likeliest first. */
  people(): readonly Person[]
  onPosted?(): void
  onTyping?(): void
  /** The up arrow in an empty field. */
  onEditLast?(): void
}

/** Where one writes. The network never disables it, and nothing typed is lost. */
export function Composer(props: ComposerProps) {
  return (
    <Show when={props.draft} keyed>
      {(draft) => <Writer {...props} draft={draft} />}
    </Show>
  )
}

function Writer(props: ComposerProps) {
  let form!: HTMLFormElement
  let field!: FieldHandle
  const owner = getOwner()
  const [tools, setTools] = createSignal<Tools>()
  const [trouble, setTrouble] = createSignal('')

  const { draft } = props
  const { text, mentions } = draft.writing
  const left = () => {
    const limit = tools()?.limit() ?? CONTENT_LIMIT
    // A name is stored with whose it is.
    const extra = mentions().reduce((sum, m) => sum + Math.max(m.userId.length, 'here'.length) + '[](user:)'.length, 0)
    return text().length + extra + COUNT_FROM < limit ? limit : limit - extra - codePoints(text().trim())
  }
  const calls = () => mentions().some((m) => m.userId === '') || text().includes('](room:')
  const sendable = () => left() >= 0 && (text().trim() !== '' || draft.files().length > 0)

  let asked = false
  function loadTools() {
    // Once: two of them would take what is pasted twice.
    if (asked) return
    asked = true
    import('./tools').then(
      ({ makeTools }) => {
        // They may have been asked for twice meanwhile: two of them would take each paste twice.
        if (!tools()) runWithOwner(owner, () => setTools(makeTools({ drafts: props.drafts, draft, form, field, dropLabel: props.dropLabel, setTrouble })))
      },
      // Without a network the composer does without; the next focus tries again.
      () => (asked = false),
    )
  }
  handFocusOn(() => form)
  onMount(() => {
    draft.setField(field)
    // A keyboard that pops up unasked hides half a phone.
    // One that comes back, as after a mute, takes the focus from nobody who writes elsewhere.
    const writes = props.id === undefined && document.activeElement?.matches('textarea, input')
    if (matchMedia('(pointer: fine)').matches && !writes) field.focus()
    const timer = setTimeout(loadTools, TOOLS_AFTER_MS)
    onCleanup(() => {
      clearTimeout(timer)
      draft.setField(undefined)
    })
  })

  let settling = false
  async function post() {
    field.focus()
    if (settling || !sendable()) return
    settling = true
    await draft.writing.settle().finally(() => (settling = false))
    if (!sendable() || (calls() && (await tools()?.askToCall()) === false)) return
    // It may have been written on meanwhile.
    if (!sendable() || tools()?.holdBack()) return
    const taken = await draft.post()
    setTrouble(taken ? '' : t('Too many messages are waiting to be sent. What you wrote stays here.'))
    if (taken) props.onPosted?.()
  }

  const id = () => props.id ?? 'composer'
  return (
    <form
      ref={form}
      class="shrink-0 px-3 pb-[env(safe-area-inset-bottom)] sm:px-5"
      onFocusIn={loadTools}
      onSubmit={(event) => {
        event.preventDefault()
        void post()
      }}
    >
      <Dynamic component={tools()?.Waiting} />
      <Slowed until={props.slowedUntil} every={props.slowSeconds ?? 0} />
      <Show when={trouble()}>
        <p class="pb-1.5 text-meta text-bad" role="alert">
          {trouble()}
        </p>
      </Show>
      <div class="relative rounded-card border border-line-strong/50 bg-sunken focus-within:border-accent forced-colors:focus-within:outline-2">
        <Dynamic component={tools()?.Above} />
        <div class="flex items-end gap-0.5 p-1 tight:flex-wrap">
          <div class="me-auto min-w-9 pointer-coarse:min-w-11">
            <Dynamic component={tools()?.Start} />
          </div>
          <Field
            writing={draft.writing}
            label={props.label}
            id={id()}
            describedBy={`${id()}-count`}
            invalid={left() < 0}
            barSlot={tools()?.barSlot()}
            people={() => props.people()}
            room={draft.room}
            handle={(handle) => (field = handle)}
            onSubmit={() => void post()}
            onInput={() => {
              setTrouble('')
              if (text().trim() !== '') props.onTyping?.()
            }}
            onEscape={() => {
              if (!draft.replyTo()) return false
              draft.reply(undefined)
              return true
            }}
            onUp={() => props.onEditLast?.()}
          />
          <div class="flex min-w-9 gap-0.5 sm:min-w-18.5 pointer-coarse:min-w-11">
            <Dynamic component={tools()?.End} />
          </div>
          <Button type="submit" size="icon" aria-label={t('Send')} disabled={!sendable()} onPointerDown={(event: Event) => event.preventDefault()}>
            <ArrowUp class="size-5" aria-hidden="true" />
          </Button>
        </div>
      </div>
      <div class="flex h-7 items-center gap-3 px-1 text-day text-muted">
        <span class="min-w-0 flex-1 truncate" aria-live="off" data-testid="typing">{props.typing}</span>
        <span id={`${id()}-count`} class="shrink-0 tabular-nums" classList={{ 'text-bad font-medium': left() < 0 }}>
          <Show when={left() <= COUNT_FROM}>
            {left() < 0
              ? plural(-left(), '{count} characters too many', '{count} characters too many')
              : plural(left(), '{count} characters left', '{count} characters left')}
          </Show>
        </span>
      </div>
    </form>
  )
}

// The server's rate limit, or the room's own, counted down.
function Slowed(props: { until: number; every: number }) {
  const [now, setNow] = createSignal(Date.now())
  createEffect(() => {
    if (props.until <= Date.now()) return
    setNow(Date.now())
    const tick = setInterval(() => setNow(Date.now()), 250)
    onCleanup(() => clearInterval(tick))
  })
  const left = () => Math.ceil((props.until - now()) / 1_000)
  const slow = () => t('Slow mode: one message every {time}.', { time: seconds(props.every) })
  return (
    <Show
      when={left() > 0}
      fallback={
        <Show when={props.every > 0}>
          <p class="pb-1.5 text-meta text-muted">{slow()}</p>
        </Show>
      }
    >
      <p class="flex flex-wrap gap-x-1 pb-1.5 text-meta" classList={{ 'text-warn': props.every === 0, 'text-muted': props.every > 0 }}>
        <span role="status">{props.every > 0 ? slow() : t('That was a lot at once.')}</span>
        <span class="tabular-nums">{t('The next message goes in {time}.', { time: seconds(left()) })}</span>
      </p>
    </Show>
  )
}

function codePoints(text: string): number {
  let n = 0
  for (const _ of text) n++
  return n
}
