import * as Primitive from '@kobalte/core/dialog'
import CornerDownLeft from 'lucide-solid/icons/corner-down-left'
import Search from 'lucide-solid/icons/search'
import Zap from 'lucide-solid/icons/zap'
import { createEffect, createMemo, createSignal, For, Match, on, Show, Switch } from 'solid-js'
import { createPeopleSearch } from '~/composer/people-search'
import { plural, t } from '~/i18n/i18n'
import { composing } from '~/keys/composing'
import { hintOf, spokenKeys } from '~/keys/words'
import { KindIcon } from '~/rooms/kind-icon'
import { Avatar } from '~/ui/avatar'
import { sectionsOf, type CommandEntry, type Entry, type Offer, type PersonEntry, type RoomEntry } from './entries'
import { chosen, noteChosen } from './recent'

export interface SwitcherProps {
  rooms(): readonly RoomEntry[]
  /** Those who are known without asking. */
  people(): readonly PersonEntry[]
  commands(): readonly CommandEntry[]
  /** The room that is on the screen. */
  here(): string | undefined
  me: string
  onChoose(entry: Entry): void
  onClose(): void
}

/** Goes to a room, to somebody, or does something, by a few letters of its name. */
export default function Switcher(props: SwitcherProps) {
  let field!: HTMLInputElement
  let list!: HTMLDivElement
  const [typed, setTyped] = createSignal('')
  const [active, setActive] = createSignal(0)
  const before = chosen()
  let done = false

  const { found: asked } = createPeopleSearch(() => (typed().trim() === '' ? undefined : typed()))
  const people = createMemo(() => {
    const known = new Map(props.people().map((p) => [p.userId, p]))
    for (const { userId, userName, userImage } of asked()) {
      if (!known.has(userId)) known.set(userId, { kind: 'person', key: `person ${userId}`, userId, label: userName, image: userImage })
    }
    known.delete(props.me)
    return [...known.values()]
  })
  const sections = createMemo(() =>
    sectionsOf(typed(), { rooms: props.rooms(), people: people(), commands: props.commands(), chosen: before, here: props.here() }),
  )
  const offers = createMemo(() => sections().flatMap((s) => s.offers))
  createEffect(on(typed, () => setActive(0), { defer: true }))
  const at = () => Math.min(active(), offers().length - 1)
  createEffect(() => list.querySelector(`#switch-${at()}`)?.scrollIntoView({ block: 'nearest' }))

  function choose(offer: Offer | undefined) {
    if (!offer) return
    if (offer.entry.kind !== 'search') noteChosen(offer.entry.key)
    done = true
    props.onClose()
    props.onChoose(offer.entry)
  }

  function onKeyDown(event: KeyboardEvent) {
    if (composing(event)) return
    const count = offers().length
    const page = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 }[event.key]
    if (page !== undefined && count > 0) {
      event.preventDefault()
      // Single steps go around the ends.
      setActive(Math.abs(page) === 1 ? (at() + page + count) % count : Math.max(0, Math.min(count - 1, at() + page)))
    } else if (event.key === 'Enter') {
      event.preventDefault()
      choose(offers()[at()])
    } else if (event.key === 'Tab') {
      // There is nowhere else to go.
      event.preventDefault()
    }
  }

  return (
    <Primitive.Root open onOpenChange={(open) => !open && props.onClose()}>
      <Primitive.Portal>
        <Primitive.Overlay class="fixed inset-0 z-50 bg-scrim data-expanded:animate-fade-in" />
        <div class="pointer-events-none fixed inset-0 z-50 flex items-start justify-center sm:px-4 sm:pt-[11dvh]">
          <Primitive.Content
            class="pointer-events-auto flex h-dvh w-full flex-col bg-surface text-ink shadow-float outline-none data-expanded:animate-pop-in sm:h-auto sm:max-h-[70dvh] sm:max-w-xl sm:rounded-card sm:border sm:border-line"
            onOpenAutoFocus={(event: Event) => {
              event.preventDefault()
              field.focus()
            }}
            onEscapeKeyDown={(event: KeyboardEvent) => composing(event) && event.preventDefault()}
            // What was chosen takes the focus, if it wants it.
            onCloseAutoFocus={(event: Event) => done && event.preventDefault()}
          >
            <Primitive.Title class="sr-only">{t('Go to@@a room or a person')}</Primitive.Title>
            <div class="flex shrink-0 items-center gap-2.5 border-b border-line ps-4 pe-2">
              <Search class="size-4.5 shrink-0 text-muted" aria-hidden="true" />
              <input
                ref={field}
                value={typed()}
                onInput={(event) => setTyped(event.currentTarget.value)}
                onKeyDown={onKeyDown}
                class="h-13 min-w-0 flex-1 bg-transparent text-[1rem] outline-none placeholder:text-muted"
                placeholder={t('Room, person or command')}
                role="combobox"
                aria-label={t('Go to a room, a person or a command')}
                aria-expanded="true"
                aria-controls="switch-list"
                aria-autocomplete="list"
                aria-activedescendant={offers().length > 0 ? `switch-${at()}` : undefined}
                autocomplete="off"
                autocapitalize="off"
                spellcheck={false}
                enterkeyhint="go"
                maxLength={200}
                dir="auto"
              />
              <Primitive.CloseButton class="h-9 shrink-0 rounded-control px-2.5 text-meta text-muted hover:bg-ink/6 pointer-coarse:h-11">
                <span class="sm:hidden">{t('Cancel')}</span>
                <kbd class="hidden font-sans text-day sm:inline" aria-hidden="true">{t('Esc@@the key')}</kbd>
                <span class="sr-only max-sm:hidden">{t('Close')}</span>
              </Primitive.CloseButton>
            </div>
            <div ref={list} id="switch-list" role="listbox" aria-label={t('Where to go')} class="scrollbar-calm min-h-0 flex-1 overflow-y-auto p-1.5">
              <For each={sections()}>
                {(section) => (
                  <div role="group" aria-label={section.title}>
                    <Show when={typed().trim() === ''}>
                      <p class="px-2.5 pt-2 pb-1 text-day font-medium text-muted" aria-hidden="true">{section.title}</p>
                    </Show>
                    <For each={section.offers}>
                      {(offer) => {
                        const index = createMemo(() => offers().indexOf(offer))
                        return (
                          <Option
                            offer={offer}
                            id={`switch-${index()}`}
                            active={index() === at()}
                            onPoint={() => setActive(index())}
                            onChoose={() => choose(offer)}
                          />
                        )
                      }}
                    </For>
                  </div>
                )}
              </For>
            </div>
            <p class="sr-only" role="status">{typed().trim() === '' ? '' : words(offers().length - 1)}</p>
          </Primitive.Content>
        </div>
      </Primitive.Portal>
    </Primitive.Root>
  )
}

function words(found: number): string {
  return found === 0 ? t('Nothing by that name. Enter searches the messages.') : plural(found, '1 found', '{count} found')
}

function Option(props: { offer: Offer; id: string; active: boolean; onPoint(): void; onChoose(): void }) {
  const entry = () => props.offer.entry
  const room = () => {
    const e = entry()
    return e.kind === 'room' ? e : undefined
  }
  const chord = () => {
    const e = entry()
    return e.kind === 'command' ? e.chord : undefined
  }
  return (
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events -- the field that controls the list has the keys
    <div
      id={props.id}
      role="option"
      tabindex="-1"
      aria-selected={props.active}
      class="flex min-h-9 scroll-my-1.5 items-center gap-2.5 rounded-control px-2.5 text-body select-none pointer-coarse:min-h-11"
      classList={{ 'forced-border bg-accent-soft': props.active }}
      onPointerMove={() => props.onPoint()}
      onPointerDown={(event) => event.preventDefault()}
      onClick={() => props.onChoose()}
    >
      <Sign entry={entry()} />
      <span class="min-w-0 flex-1 truncate" classList={{ 'font-semibold': (room()?.unread ?? 0) > 0 }} dir="auto">
        <For each={parts(entry().label, props.offer.marks)}>
          {(part) => <Show when={part.marked} fallback={part.text}><b class="font-semibold text-accent-strong">{part.text}</b></Show>}
        </For>
        <Show when={entry().kind === 'person'}><span class="sr-only">{t(', a person')}</span></Show>
        <Show when={room()?.archived}><span class="text-meta text-muted"> · {t('archived@@a room')}</span></Show>
      </span>
      <Show when={(room()?.unread ?? 0) > 0}>
        <span class="min-w-5 rounded-full px-1.5 text-center text-day font-semibold tabular-nums" classList={{ 'bg-accent text-on-accent': room()?.mentioned, 'bg-ink/10': !room()?.mentioned }}>
          <span aria-hidden="true">{Math.min(room()?.unread ?? 0, 99)}</span>
          <span class="sr-only">{plural(Math.min(room()?.unread ?? 0, 99), '1 unread', '{count} unread')}</span>
        </span>
      </Show>
      <Show when={chord()}>
        {(keys) => (
          <>
            <span class="sr-only">{spokenKeys(keys())}</span>
            <kbd class="shrink-0 font-sans text-day text-muted max-sm:hidden" aria-hidden="true">{hintOf(keys())}</kbd>
          </>
        )}
      </Show>
      <Show when={props.active}>
        <CornerDownLeft class="size-3.5 shrink-0 text-muted max-sm:hidden" aria-hidden="true" />
      </Show>
    </div>
  )
}

function Sign(props: { entry: Entry }) {
  const room = () => (props.entry.kind === 'room' ? props.entry : undefined)
  const person = () => (props.entry.kind === 'person' ? props.entry : undefined)
  return (
    <span class="grid size-6 shrink-0 place-items-center text-muted">
      <Switch fallback={<Zap class="size-4" aria-hidden="true" />}>
        <Match when={room()}>{(r) => <KindIcon kind={r().room} people={r().people} face="size-6" />}</Match>
        <Match when={person()}>
          {(p) => <Avatar userId={p().userId} name={p().label} image={p().image} class="size-6 text-day" letters={1} />}
        </Match>
        <Match when={props.entry.kind === 'search'}>
          <Search class="size-4" aria-hidden="true" />
        </Match>
      </Switch>
    </span>
  )
}

// The label, cut where what was typed begins and ends.
function parts(label: string, marks: Offer['marks']): { text: string; marked: boolean }[] {
  const out: { text: string; marked: boolean }[] = []
  let at = 0
  for (const [begin, end] of marks) {
    out.push({ text: label.slice(at, begin), marked: false }, { text: label.slice(begin, end), marked: true })
    at = end
  }
  out.push({ text: label.slice(at), marked: false })
  return out.filter((p) => p.text !== '')
}
