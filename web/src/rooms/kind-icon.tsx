import Hash from 'lucide-solid/icons/hash'
import Lock from 'lucide-solid/icons/lock'
import UsersRound from 'lucide-solid/icons/users-round'
import { Match, Switch } from 'solid-js'
import { StateDot } from '~/people/state-dot'
import type { RoomKind, State, User } from '~/realtime/wire.gen'
import { Avatar } from '~/ui/avatar'
import { cn } from '~/ui/cn'

/** What kind of room it is: of a direct, the face of the other, with how they are at its corner. */
export function KindIcon(props: { kind: RoomKind; people: readonly User[]; class?: string; face?: string; state?: State | undefined }) {
  const icon = () => cn('size-4 shrink-0 text-muted', props.class)
  return (
    <Switch fallback={<Hash class={icon()} aria-hidden="true" />}>
      <Match when={props.kind === 'private'}>
        <Lock class={icon()} aria-hidden="true" />
      </Match>
      <Match when={props.kind === 'group' || (props.kind === 'direct' && props.people.length === 0)}>
        <UsersRound class={icon()} aria-hidden="true" />
      </Match>
      <Match when={props.people[0]}>
        {(person) => (
          <span class="relative -mx-0.5 shrink-0">
            <Avatar userId={person().userId} name={person().userName} image={person().userImage} letters={1} class={cn('size-5 text-day', props.face)} />
            <StateDot state={props.state} />
          </span>
        )}
      </Match>
    </Switch>
  )
}
