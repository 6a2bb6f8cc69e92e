import { cn } from './cn'

/** A quiet block where something will be. */
export function Skeleton(props: { class?: string }) {
  return <div class={cn('animate-breathe rounded-control bg-ink/8', props.class)} aria-hidden="true" />
}
