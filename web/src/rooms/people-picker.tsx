import X from 'lucide-solid/icons/x'
import { createMemo, createSignal, createUniqueId, For, onMount, Show } from 'solid-js'
import { createPeopleSearch } from '~/composer/people-search'
import { plural, t } from '~/i18n/i18n'
import { composing } from '~/keys/composing'
import type { User } from '~/realtime/wire.gen'
import { Avatar } from '~/ui/avatar'

/** As many are shown of those who are found. */
const SHOWN = 8

/** Chooses people by their names. */
export function PeoplePicker(props: {
  label: string
  hint?: string
  chosen: readonly User[]
  /** Who can't be chosen: oneself, those who are in already. */
  without(id: string): boolean
  limit: number
  autofocus?: boolean
  onChange(chosen: readonly User[]): void
}) {
  const id = createUniqueId()
  let field!: HTMLInputElement
  const [text, setText] = createSignal('')
  const [open, setOpen] = createSignal(false)
  const [active, setActive] = createSignal(0)
  const { found: known } = createPeopleSearch(() => (open() ? text() : undefined))
  const full = () => props.chosen.length >= props.limit
  const found = createMemo(() => {
    const words = text().trim().toLowerCase()
    const taken = new Set(props.chosen.map((p) => p.userId))
    return known()
      .filter((p) => !taken.has(p.userId) && !props.without(p.userId) && p.userName.toLowerCase().includes(words))
      .slice(0, SHOWN)
  })
  const shown = () => open() && !full() && (found().length > 0 || text().trim() !== '')
  const at = () => Math.min(active(), found().length - 1)

  onMount(() => props.autofocus && queueMicrotask(() => field.focus()))

  function take(person: User) {
    props.onChange([...props.chosen, person])
    setText('')
    setActive(0)
    // It would cover what comes next.
    setOpen(false)
    field.focus()
  }
  function drop(person: User) {
    props.onChange(props.chosen.filter((p) => p.userId !== person.userId))
    field.focus()
  }

  function onKeyDown(event: KeyboardEvent) {
    if (composing(event)) return
    const person = found()[at()]
    if (event.key === 'ArrowDown' && !shown()) setOpen(true)
    else if (event.key === 'ArrowDown') setActive((at() + 1) % Math.max(1, found().length))
    else if (event.key === 'ArrowUp' && shown()) setActive((at() - 1 + found().length) % Math.max(1, found().length))
    else if (event.key === 'Enter' && shown() && person) take(person)
    else if (event.key === 'Backspace' && text() === '' && props.chosen.length > 0) props.onChange(props.chosen.slice(0, -1))
    else if (event.key === 'Escape' && shown()) {
      setOpen(false)
      event.stopPropagation()
    } else {
      if (event.key.length === 1) setOpen(true)
      return
    }
    event.preventDefault()
  }

  return (
    <div class="flex flex-col gap-1.5">
      <label for={id} class="text-meta font-medium">{props.label}</label>
      <div class="relative">
        <div class="flex min-h-11 flex-wrap items-center gap-1.5 rounded-control border border-line-strong/70 bg-surface px-1.5 py-1.5 focus-within:outline-2 focus-within:outline-accent">
          <For each={props.chosen}>
            {(person) => (
              <span class="flex h-8 max-w-full items-center gap-1.5 rounded-full bg-ink/7 ps-1 pe-0.5 text-meta">
                <Avatar userId={person.userId} name={person.userName} image={person.userImage} letters={1} class="size-6 text-day" />
                <span class="min-w-0 truncate" dir="auto">{person.userName}</span>
                <button type="button" class="grid size-6 place-items-center rounded-full text-muted hover:bg-ink/10" aria-label={t('Remove {name}', { name: person.userName })} onClick={() => drop(person)}>
                  <X class="size-3.5" aria-hidden="true" />
                </button>
              </span>
            )}
          </For>
          <input
            ref={field}
            id={id}
            type="text"
            role="combobox"
            aria-expanded={shown()}
            aria-controls={`${id}-list`}
            aria-autocomplete="list"
            aria-activedescendant={shown() && found().length > 0 ? `${id}-${at()}` : undefined}
            aria-describedby={`${id}-hint`}
            autocomplete="off"
            dir="auto"
            class="h-8 min-w-24 flex-1 bg-transparent px-1.5 text-body outline-none placeholder:text-muted disabled:opacity-60 pointer-coarse:text-[1rem]"
            placeholder={props.chosen.length === 0 ? t('Name@@of a person') : ''}
            disabled={full()}
            value={text()}
            onInput={(event) => {
              setText(event.currentTarget.value)
              setOpen(true)
              setActive(0)
            }}
            onClick={() => setOpen(true)}
            onBlur={() => setOpen(false)}
            onKeyDown={onKeyDown}
          />
        </div>
        <Show when={shown()}>
          <div class="absolute inset-x-0 top-full z-10 mt-1 max-h-64 overflow-y-auto rounded-card border border-line bg-surface p-1 shadow-float">
            <div id={`${id}-list`} role="listbox" aria-label={props.label}>
              <For each={found()}>
                {(person, index) => (
                  <div
                    id={`${id}-${index()}`}
                    role="option"
                    tabindex="-1"
                    aria-selected={index() === at()}
                    class="flex min-h-9 items-center gap-2.5 rounded-control px-2 text-body aria-selected:bg-ink/7 pointer-coarse:min-h-11 forced-colors:aria-selected:outline-2"
                    // The field keeps the focus.
                    onPointerDown={(event) => event.preventDefault()}
                    onPointerMove={() => setActive(index())}
                    onClick={() => take(person)}
                    onKeyDown={() => {}}
                  >
                    <Avatar userId={person.userId} name={person.userName} image={person.userImage} class="size-7 text-day" />
                    <span class="min-w-0 truncate" dir="auto">{person.userName}</span>
                  </div>
                )}
              </For>
            </div>
            <Show when={found().length === 0}>
              <p class="px-2 py-1.5 text-meta text-muted">{t('Nobody of that name.')}</p>
            </Show>
          </div>
        </Show>
      </div>
      <p id={`${id}-hint`} class="text-meta text-muted empty:hidden">{full() ? t('That is as many as there may be: {count}.', { count: props.limit }) : props.hint}</p>
      <span class="sr-only" role="status">{shown() ? plural(found().length, '1 person', '{count} people') : ''}</span>
    </div>
  )
}
