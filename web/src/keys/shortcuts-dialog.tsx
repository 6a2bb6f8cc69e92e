import { createSignal, For } from 'solid-js'
import { t } from '~/i18n/i18n'
import { Checkbox } from '~/ui/checkbox'
import { Dialog, DialogContent, DialogTitle } from '~/ui/dialog'
import { isSingle, lettersOn, setLettersOn, shortcuts, type Group } from './map'
import { groupWords, keysOf, spokenKeys } from './words'

const groups: readonly Group[] = ['about', 'rooms', 'reading', 'message', 'writing', 'lists']

/** All keys that do something, drawn of the map that they are read from. */
export default function ShortcutsDialog(props: { onClose(): void }) {
  const [letters, setLetters] = createSignal(lettersOn())
  let title!: HTMLHeadingElement
  return (
    <Dialog open onOpenChange={(open) => !open && props.onClose()}>
      <DialogContent
        class="sm:max-w-3xl"
        onOpenAutoFocus={(event: Event) => {
          // The first thing to press stands at the end of it.
          event.preventDefault()
          title.focus()
        }}
      >
        <DialogTitle ref={title} tabindex="-1" class="outline-none">{t('Keyboard shortcuts')}</DialogTitle>
        <div class="gap-x-10 sm:columns-2">
          <For each={groups}>
            {(group) => (
              <section class="mb-6 break-inside-avoid-column">
                <h3 class="pb-1 text-meta font-semibold text-muted">{t(groupWords[group])}</h3>
                <dl class="divide-y divide-line">
                  <For each={Object.values(shortcuts).filter((s) => s.group === group)}>
                    {(shortcut) => (
                      <div class="flex items-center justify-between gap-4 py-1.5" classList={{ 'opacity-60': !letters() && shortcut.chords.every(isSingle) }}>
                        <dt class="text-body">{t(shortcut.words)}</dt>
                        <dd class="flex shrink-0 flex-wrap justify-end gap-1.5">
                          <For each={shortcut.chords}>{(chord) => <Chord chord={chord} off={!letters() && isSingle(chord)} />}</For>
                        </dd>
                      </div>
                    )}
                  </For>
                </dl>
              </section>
            )}
          </For>
        </div>
        <Checkbox
          checked={letters()}
          onChange={(on) => {
            setLettersOn(on)
            setLetters(on)
          }}
          hint={t('Turn them off if you speak to your computer, or if they get pressed by mistake.')}
        >
          {t('Keys that are a single letter or sign')}
        </Checkbox>
      </DialogContent>
    </Dialog>
  )
}

function Chord(props: { chord: string; off: boolean }) {
  return (
    <span class="inline-flex gap-0.5" classList={{ 'line-through': props.off }}>
      <span class="sr-only">{spokenKeys(props.chord)}</span>
      <For each={keysOf(props.chord)}>
        {(key) => (
          <kbd class="min-w-6 rounded-[5px] border border-line-strong/60 bg-sunken px-1.5 py-0.5 text-center font-sans text-day" aria-hidden="true">
            {key}
          </kbd>
        )}
      </For>
    </span>
  )
}
