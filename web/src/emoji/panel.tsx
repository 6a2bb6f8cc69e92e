import { createSignal, onMount, Show } from 'solid-js'
import { Dynamic } from 'solid-js/web'
import { t } from '~/i18n/i18n'
import { composing } from '~/keys/composing'

/**
 * The picker of emoji, to stand in a popover. Its chunk may still be on the way: it
 * holds its place, and whoever knows what they want types it, and presses Enter,
 * before there is anything to see. `onPick` gets the emoji in the tone that the
 * person has chosen.
 */
export function EmojiPanel(props: { onPick(emoji: string): void }) {
  let search!: HTMLInputElement
  const [picker, setPicker] = createSignal<typeof import('./picker')>()
  const [failed, setFailed] = createSignal(false)
  const [query, setQuery] = createSignal('')
  let entered = false
  // A phone's keyboard would cover what there is to choose from, and it comes with
  // the focus: a dialog gives that to the first field that is there when it opens.
  const typing = matchMedia('(pointer: fine)').matches

  onMount(() => {
    if (typing) search.focus({ preventScroll: true })
    import('./picker').then(setPicker, () => setFailed(true))
  })

  function onKeyDown(event: KeyboardEvent) {
    if (picker() || event.key !== 'Enter' || composing(event)) return
    event.preventDefault()
    entered = query().trim() !== ''
  }

  return (
    <div class="flex h-88 max-h-[60dvh] w-83 max-w-[calc(100vw-1rem)] flex-col">
      <Show when={typing || picker()}>
        <div class="p-2 pb-1 low:p-1">
          <input
            ref={search}
            type="text"
            role="combobox"
            aria-label={t('Search emoji')}
            aria-expanded={picker() !== undefined}
            aria-haspopup="grid"
            aria-controls="emoji-grid"
            aria-autocomplete="list"
            placeholder={t('Search emoji')}
            autocomplete="off"
            spellcheck={false}
            class="h-9 w-full rounded-control border border-line-strong/60 bg-sunken px-2.5 text-body outline-none placeholder:text-muted focus:border-accent pointer-coarse:h-11 pointer-coarse:text-[1rem]"
            onInput={(event) => {
              entered = false
              setQuery(event.currentTarget.value)
            }}
            on:keydown={onKeyDown}
          />
        </div>
      </Show>
      <Show when={picker()} fallback={<p class="m-auto text-meta text-muted" role="status">{failed() ? t("Emoji can't be loaded just now.") : ''}</p>}>
        {(loaded) => (
          <Dynamic component={loaded().EmojiPicker} field={() => search} query={query()} pickFirst={entered} onPick={(emoji: string) => props.onPick(emoji)} />
        )}
      </Show>
    </div>
  )
}

/** Loads the picker before it is asked for. */
export function prefetchEmoji() {
  import('./picker').catch(() => {})
}
