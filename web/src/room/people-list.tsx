import { For, Show } from 'solid-js'
import { Avatar } from '~/ui/avatar'
import { Popover, PopoverContent, PopoverTitle, PopoverTrigger } from '~/ui/popover'
import { hereWords, PeopleButton, type PeopleProps } from './people'

/** Everyone's name, with the button that shows them. */
export default function PeopleList(props: PeopleProps & { defaultOpen: boolean }) {
  return (
    <Popover defaultOpen={props.defaultOpen} gutter={6} placement="bottom-end">
      <PopoverTrigger as={PeopleButton} people={props.people} count={props.count} />
      <PopoverContent class="w-64">
        <PopoverTitle class="px-3 pt-2.5 pb-1 text-day font-medium text-muted">{hereWords(props.count)}</PopoverTitle>
        <ul class="scrollbar-calm max-h-80 overflow-y-auto rounded-card px-1.5 pb-1.5 focus-visible:-outline-offset-2" tabindex={props.people.length > 8 ? 0 : undefined} aria-label="People here">
          <For each={props.people}>
            {(person) => (
              <li class="flex items-center gap-2.5 rounded-control px-1.5 py-1">
                <Avatar userId={person.userId} name={person.userName} image={person.userImage} class="size-7 text-day" />
                <span class="min-w-0 truncate text-body" dir="auto">{person.userName}</span>
                <Show when={person.userId === props.me}>
                  <span class="ms-auto text-meta text-muted">you</span>
                </Show>
              </li>
            )}
          </For>
          <Show when={props.count > props.people.length}>
            <li class="px-1.5 py-1 text-meta text-muted">and {props.count - props.people.length} more</li>
          </Show>
        </ul>
      </PopoverContent>
    </Popover>
  )
}
