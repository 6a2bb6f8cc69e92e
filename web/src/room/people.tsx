import { For, splitProps, type JSX } from 'solid-js'
import { plural } from '~/i18n/i18n'
import type { User } from '~/realtime/wire.gen'
import { Avatar } from '~/ui/avatar'
import { Deferred } from '~/ui/deferred'

export interface PeopleProps {
  /** The room. */
  slug: string
  people: readonly User[]
  count: number
  me: string
}

/** Who is here: a few faces and a number; pressed, everyone's name, and the way to them. */
export function People(props: PeopleProps) {
  return (
    <Deferred
      load={() => import('./people-list')}
      with={props}
      button={(press) => <PeopleButton people={props.people} count={props.count} aria-haspopup="dialog" {...press} />}
    />
  )
}

/** The button, for whatever makes the list open. */
export function PeopleButton(props: JSX.ButtonHTMLAttributes<HTMLButtonElement> & Pick<PeopleProps, 'people' | 'count'>) {
  const [local, others] = splitProps(props, ['people', 'count'])
  return (
    <button
      type="button"
      {...others}
      class="flex h-9 shrink-0 items-center gap-2 rounded-full px-1.5 hover:bg-ink/5 data-expanded:bg-ink/6 pointer-coarse:h-11"
      aria-label={hereWords(local.count)}
    >
      <span class="flex -space-x-1">
        <For each={local.people.slice(0, 3)}>
          {(person) => <Avatar userId={person.userId} name={person.userName} image={person.userImage} letters={1} class="size-7 text-day ring-2 ring-paper max-sm:not-first:hidden" />}
        </For>
      </span>
      <span class="pe-1 text-meta font-medium text-muted tabular-nums">{local.count}</span>
    </button>
  )
}

export function hereWords(count: number): string {
  return plural(count, '1 person here', '{count} people here')
}
