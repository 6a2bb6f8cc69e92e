import { For, Show } from 'solid-js'
import type { User } from '~/realtime/wire.gen'
import { Avatar } from '~/ui/avatar'
import { Popover, PopoverContent, PopoverTitle, PopoverTrigger } from '~/ui/popover'

/** Who is here: a few faces and a number; pressed, everyone's name. */
export function People(props: { people: readonly User[]; count: number; me: string }) {
  const label = () => (props.count === 1 ? '1 person here' : `${props.count} people here`)
  return (
    <Popover gutter={6} placement="bottom-end">
      <PopoverTrigger
        class="flex h-9 shrink-0 items-center gap-2 rounded-full px-1.5 hover:bg-ink/5 data-expanded:bg-ink/6 pointer-coarse:h-11"
        aria-label={label()}
      >
        <span class="flex -space-x-1">
          <For each={props.people.slice(0, 3)}>
            {(person) => <Avatar userId={person.userId} name={person.userName} image={person.userImage} letters={1} class="size-7 text-day ring-2 ring-paper max-sm:nth-3:hidden" />}
          </For>
        </span>
        <span class="pe-1 text-meta font-medium text-muted tabular-nums">{props.count}</span>
      </PopoverTrigger>
      <PopoverContent class="w-64">
        <PopoverTitle class="px-3 pt-2.5 pb-1 text-day font-medium text-muted">{label()}</PopoverTitle>
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
