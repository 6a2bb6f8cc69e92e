import { createSignal, Index, lazy, Show, Suspense } from 'solid-js'
import { useLive } from '~/app/live'
import { plural, t } from '~/i18n/i18n'
import { StateDot, stateWords, StatusSign } from '~/people/state-dot'
import type { State, User } from '~/realtime/wire.gen'
import { Avatar } from '~/ui/avatar'
import { Popover, PopoverContent, PopoverTitle, PopoverTrigger } from '~/ui/popover'
import { walkButtons } from '~/ui/walk-buttons'
import { hereWords, PeopleButton, type PeopleProps } from './people'

const PersonDialog = lazy(async () => ({ default: (await import('~/moderation/person-dialog')).PersonDialog }))

/** Of a room with more people the server tells no states with who comes and goes. */
const CROWD = 1_000

/** Everyone's name, which leads to who they are, with the button that shows them. */
export default function PeopleList(props: PeopleProps & { defaultOpen: boolean }) {
  const { presence } = useLive()
  presence.watch(() => (props.count > CROWD ? props.people.map((p) => p.userId) : []))
  const [open, setOpen] = createSignal(props.defaultOpen)
  const [about, setAbout] = createSignal<User | null>(null)
  const [place, setPlace] = createSignal<HTMLElement>()
  const stateOf = (person: User) => presence.of(person.userId)?.state ?? person.state ?? 'online'

  function choose(person: User) {
    // From where the focus comes back when the dialog closes; the list is gone by then.
    place()?.parentElement?.querySelector('button')?.focus()
    setOpen(false)
    setAbout(person)
  }

  return (
    <div class="contents">
      <Popover open={open()} onOpenChange={setOpen} gutter={6} placement="bottom-end">
        <PopoverTrigger as={PeopleButton} people={props.people} count={props.count} />
        <div ref={setPlace} class="contents" />
        <PopoverContent place={place()} class="w-72">
          <PopoverTitle class="px-3 pt-2.5 pb-1 text-day font-medium text-muted">{hereWords(props.count)}</PopoverTitle>
          {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- its buttons are what is pressed */}
          <ul class="scrollbar-calm max-h-80 overflow-y-auto rounded-card px-1.5 pb-1.5" aria-label={t('People here')} onKeyDown={walkButtons}>
            {/* By their places: the focus stays where it is while people come and go. */}
            <Index each={props.people}>
              {(person, index) => (
                <li>
                  <button
                    type="button"
                    class="flex min-h-9 w-full items-center gap-2.5 rounded-control px-1.5 py-1 text-start hover:bg-ink/5 focus-visible:-outline-offset-2 pointer-coarse:min-h-11"
                    tabindex={index === 0 ? 0 : -1}
                    aria-haspopup="dialog"
                    onClick={() => choose(person())}
                  >
                    <span class="relative shrink-0">
                      <Avatar userId={person().userId} name={person().userName} image={person().userImage} class="size-7 text-day" />
                      <StateDot state={stateOf(person())} class="bg-surface ring-surface" />
                    </span>
                    <span class="min-w-0 truncate text-body" dir="auto">{person().userName}</span>
                    <StatusSign status={presence.of(person().userId)?.status ?? person().status} />
                    <span class="ms-auto shrink-0 text-meta text-muted empty:hidden">
                      {aside(stateOf(person()), person().userId === props.me)}
                    </span>
                  </button>
                </li>
              )}
            </Index>
            <Show when={props.count > props.people.length}>
              <li class="px-1.5 py-1 text-meta text-muted">{plural(props.count - props.people.length, 'and {count} more', 'and {count} more')}</li>
            </Show>
          </ul>
        </PopoverContent>
      </Popover>
      <Suspense>
        <Show when={about()} keyed>{(person) => <PersonDialog user={person} slug={props.slug} onClose={() => setAbout(null)} />}</Show>
      </Suspense>
    </div>
  )
}

function aside(state: State, me: boolean): string {
  if (state === 'online') return me ? t('you') : ''
  return me ? t('{state}, you', { state: stateWords(state) }) : stateWords(state)
}
