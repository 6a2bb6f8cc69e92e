import { useQueryClient } from '@tanstack/solid-query'
import Camera from 'lucide-solid/icons/camera'
import Image from 'lucide-solid/icons/image'
import Paperclip from 'lucide-solid/icons/paperclip'
import Plus from 'lucide-solid/icons/plus'
import Smile from 'lucide-solid/icons/face-slightly-smiling'
import Type from 'lucide-solid/icons/type'
import { createEffect, createSignal, onCleanup, Show, type JSX } from 'solid-js'
import { EmojiPanel, prefetchEmoji } from '~/emoji/panel'
import { t } from '~/i18n/i18n'
import { defaultSettings, settingsQuery } from '~/settings'
import { cn } from '~/ui/cn'
import { Popover, PopoverContent, PopoverTrigger } from '~/ui/popover'
import { makeCalling } from './calling'
import { makeDesk } from './desk'
import type { Draft, Drafts } from './drafts'
import { DropZone } from './drop-zone'
import type { FieldHandle } from './field'
import { insert } from './insert'
import { Above } from './tray'
import { WaitingPosts } from './waiting-posts'

// All around the text of a composer: files, formats, emoji. It comes as a chunk
// of its own, after the first view.

export interface Tools {
  /** The most characters of a message. */
  limit(): number
  /** Where the bar of formats stands, while it is wanted. */
  barSlot(): HTMLElement | undefined
  /** Whether the draft can't go; somebody is told why. */
  holdBack(): boolean
  /** Whether it may go although it calls many: asks whoever writes it. */
  askToCall(): Promise<boolean>
  /** What was posted and waits for its files. */
  Waiting(): JSX.Element
  Above(): JSX.Element
  Start(): JSX.Element
  End(): JSX.Element
}

export interface ToolsOptions {
  drafts: Drafts
  draft: Draft
  form: HTMLFormElement
  field: FieldHandle
  dropLabel: string
  /** Says in words what can't be done. */
  setTrouble(words: string): void
}

/** To be called in a component's scope. */
export function makeTools({ drafts, draft, form, field, dropLabel, setTrouble }: ToolsOptions): Tools {
  const client = useQueryClient()
  const [settings, setSettings] = createSignal(defaultSettings)
  const [slot, setSlot] = createSignal<HTMLElement>()
  const [bar, setBar] = createSignal(false)
  const [emojiOpen, setEmojiOpen] = createSignal(false)
  const place = form.parentElement ?? form
  let chooser!: HTMLInputElement

  client.fetchQuery(settingsQuery).then(setSettings, () => {})
  const desk = drafts.desk(makeDesk)
  const calling = makeCalling(draft.room)
  // What an earlier page or another tab left goes on.
  createEffect(() => desk.resume(draft))
  drafts.sync()

  function focus() {
    if (matchMedia('(pointer: fine)').matches) field.focus()
  }

  // At once: a message that is sent in the next moment has to wait for them.
  function add(files: File[]) {
    setTrouble(desk.add(draft, files, settings()).join(' '))
    focus()
  }

  // Pasted anywhere in the room, but where something else is written.
  function onPaste(event: ClipboardEvent) {
    const { target } = event
    if (target !== field.element && (target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement)) return
    const files = [...(event.clipboardData?.files ?? [])]
    // Offices put a picture beside the text of what was copied.
    if (files.length === 0 || event.clipboardData?.getData('text/plain')) return
    event.preventDefault()
    add(files)
  }
  place.addEventListener('paste', onPaste)
  onCleanup(() => place.removeEventListener('paste', onPaste))

  function choose(accept: string, camera = false) {
    chooser.accept = accept
    chooser.toggleAttribute('capture', camera)
    chooser.click()
  }

  function toggleBar() {
    setBar(!bar())
    field.focus()
  }

  return {
    limit: () => settings().maxMessageChars,
    barSlot: () => (bar() ? slot() : undefined),
    holdBack() {
      const failed = draft.files().some((f) => f.state.status === 'failed')
      if (failed) setTrouble(t("A file couldn't be uploaded. Retry it, or remove it."))
      return failed
    },
    askToCall: () => calling.ask(draft.writing),
    Waiting: () => <WaitingPosts draft={draft} desk={desk} maxFiles={settings().maxFiles} setTrouble={setTrouble} onDone={focus} />,
    Above: () => (
      <>
        <calling.Question />
        <DropZone place={place} label={dropLabel} onFiles={add} />
        <Above draft={draft} desk={desk} onDone={focus} />
        <Show when={bar()}>
          <div class="flex items-center overflow-x-auto border-b border-line px-1 py-0.5 [scrollbar-width:none]">
            <Show when={settings().maxFiles > 0}>
              <div class="flex items-center sm:hidden" role="group" aria-label={t('Add@@to the message')}>
                <Tool label={t('Photo or film')} class={small} onPress={() => choose('image/*,video/*')}>
                  <Image class="size-5" aria-hidden="true" />
                </Tool>
                <Tool label={t('Take a photo')} class={small} onPress={() => choose('image/*', true)}>
                  <Camera class="size-5" aria-hidden="true" />
                </Tool>
                <Tool label={t('File')} class={small} onPress={() => choose('')}>
                  <Paperclip class="size-5" aria-hidden="true" />
                </Tool>
                <span class="mx-1 h-4 w-px shrink-0 bg-line" aria-hidden="true" />
              </div>
            </Show>
            <div ref={setSlot} class="contents" />
          </div>
        </Show>
        <input
          ref={chooser}
          type="file"
          multiple
          hidden
          aria-label={t('Files')}
          onChange={(event) => {
            const files = [...(event.currentTarget.files ?? [])]
            event.currentTarget.value = ''
            if (files.length > 0) add(files)
          }}
        />
      </>
    ),
    Start: () => (
      <>
        <Show when={settings().maxFiles > 0}>
          <Tool label={t('Attach files')} class="max-sm:hidden" onPress={() => choose('')}>
            <Paperclip class="size-5" aria-hidden="true" />
          </Tool>
        </Show>
        <Tool label={t('Add and format')} pressed={bar()} class="sm:hidden" onPress={toggleBar}>
          <Plus class={`size-5 transition-transform duration-120 ease-out ${bar() ? 'rotate-45' : ''}`} aria-hidden="true" />
        </Tool>
      </>
    ),
    End: () => (
      <>
        <Tool label={t('Format')} pressed={bar()} class="max-sm:hidden" onPress={toggleBar}>
          <Type class="size-4.5" aria-hidden="true" />
        </Tool>
        <Popover placement="top-end" gutter={10} open={emojiOpen()} onOpenChange={setEmojiOpen}>
          <PopoverTrigger class={toolClass} aria-label={t('Emoji')} title={t('Emoji')} onPointerEnter={prefetchEmoji}>
            <Smile class="size-5" aria-hidden="true" />
          </PopoverTrigger>
          <PopoverContent
            aria-label={t('Emoji')}
            onCloseAutoFocus={(event: Event) => {
              event.preventDefault()
              focus()
            }}
          >
            <EmojiPanel
              onPick={(emoji) => {
                setEmojiOpen(false)
                insert(field.element, emoji)
              }}
            />
          </PopoverContent>
        </Popover>
      </>
    ),
  }
}

const toolClass =
  'grid size-9 shrink-0 place-items-center rounded-control text-muted hover:bg-ink/6 hover:text-ink data-expanded:bg-ink/6 aria-pressed:bg-ink/6 aria-pressed:text-ink focus-visible:-outline-offset-2 pointer-coarse:size-11'

/** In the row above the text. */
const small = 'size-7 pointer-coarse:size-10'

function Tool(props: { label: string; pressed?: boolean; class: string; onPress(): void; children: JSX.Element }) {
  return (
    <button
      type="button"
      class={cn(toolClass, props.class)}
      aria-label={props.label}
      title={props.label}
      aria-pressed={props.pressed}
      // A phone keeps its keyboard, and what is selected stays so.
      onPointerDown={(event) => event.preventDefault()}
      onClick={() => props.onPress()}
    >
      {props.children}
    </button>
  )
}
