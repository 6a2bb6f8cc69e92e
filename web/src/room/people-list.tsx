import { For, Show } from 'solid-js'
import { useLive } from '~/app/live'
import { plural, t } from '~/i18n/i18n'
import { StateDot, stateWords, StatusSign } from '~/people/state-dot'
import type { State, User } from '~/realtime/wire.gen'
import { Avatar } from '~/ui/avatar'
import { Popover, PopoverContent, PopoverTitle, PopoverTrigger } from '~/ui/popover'
import { hereWords, PeopleButton, type PeopleProps } from './people'

/** Of a room with more people the server tells no states with who comes and goes. */
const CROWD = 1_000

/** Everyone's name, with the button that shows them. */
export default function PeopleList(props: PeopleProps & { defaultOpen: boolean }) {
  const { presence } = useLive()
  presence.watch(() => (props.count > CROWD ? props.people.map((p) => p.userId) : []))
  const stateOf = (person: User) => presence.of(person.userId)?.state ?? person.state ?? 'online'
  return (
    <Popover defaultOpen={props.defaultOpen} gutter={6} placement="bottom-end">
      <PopoverTrigger as={PeopleButton} people={props.people} count={props.count} />
      <PopoverContent class="w-72">
        <PopoverTitle class="px-3 pt-2.5 pb-1 text-day font-medium text-muted">{hereWords(props.count)}</PopoverTitle>
        <ul class="scrollbar-calm max-h-80 overflow-y-auto rounded-card px-1.5 pb-1.5 focus-visible:-outline-offset-2" tabindex={props.people.length > 8 ? 0 : undefined} aria-label={t('People here')}>
          <For each={props.people}>
            {(person) => (
              <li class="flex items-center gap-2.5 rounded-control px-1.5 py-1">
                <span class="relative shrink-0">
                  <Avatar userId={person.userId} name={person.userName} image={person.userImage} class="size-7 text-day" />
                  <StateDot state={stateOf(person)} class="bg-surface ring-surface" />
                </span>
                <span class="min-w-0 truncate text-body" dir="auto">{person.userName}</span>
                <StatusSign status={presence.of(person.userId)?.status ?? person.status} />
                <span class="ms-auto shrink-0 text-meta text-muted empty:hidden">
                  {aside(stateOf(person), person.userId === props.me)}
                </span>
              </li>
            )}
          </For>
          <Show when={props.count > props.people.length}>
            <li class="px-1.5 py-1 text-meta text-muted">{plural(props.count - props.people.length, 'and {count} more', 'and {count} more')}</li>
          </Show>
        </ul>
      </PopoverContent>
    </Popover>
  )
}

function aside(state: State, me: boolean): string {
  if (state === 'online') return me ? t('you') : ''
  return me ? t('{state}, you', { state: stateWords(state) }) : stateWords(state)
}
