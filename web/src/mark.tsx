import { cn } from './ui/cn'

/** The sign of Snug. */
export function Mark(props: { class?: string }) {
  return (
    <svg viewBox="0 0 32 32" class={cn('size-7 shrink-0', props.class)} aria-hidden="true">
      <rect width="32" height="32" rx="8" class="fill-accent" />
      <path
        d="M8 12.5A4.5 4.5 0 0 1 12.5 8h7A4.5 4.5 0 0 1 24 12.5v3a4.5 4.5 0 0 1-4.5 4.5H16l-4.6 3.7c-.6.5-1.4.1-1.4-.7v-3.5A4.5 4.5 0 0 1 8 16z"
        class="fill-on-accent"
      />
      <circle cx="13" cy="14" r="1.5" class="fill-accent" />
      <circle cx="19" cy="14" r="1.5" class="fill-accent" />
    </svg>
  )
}
