import { cn } from './cn'
import { hueOf, initialsOf } from './person'

/** A person's face. It says nothing to screen readers: the name stands beside it. */
export function Avatar(props: { userId: string; name: string; letters?: 1 | 2; class?: string }) {
  return (
    <span
      class={cn('person-face grid size-9 shrink-0 select-none place-items-center rounded-full text-meta font-semibold leading-none', props.class)}
      style={{ '--hue': hueOf(props.userId) }}
      aria-hidden="true"
    >
      {initialsOf(props.name, props.letters ?? 2)}
    </span>
  )
}
