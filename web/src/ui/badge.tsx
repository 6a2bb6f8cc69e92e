import { cva, type VariantProps } from 'class-variance-authority'
import type { JSX } from 'solid-js'
import { cn } from './cn'

const badge = cva('inline-flex h-5 shrink-0 items-center rounded-full px-2 text-day font-medium whitespace-nowrap forced-border', {
  variants: {
    tone: {
      plain: 'bg-ink/7 text-ink',
      accent: 'bg-accent-soft text-accent-strong',
      good: 'bg-good-soft text-good',
      warn: 'bg-warn-soft text-warn',
    },
  },
  defaultVariants: { tone: 'plain' },
})

/** A word that marks what it stands beside. */
export function Badge(props: VariantProps<typeof badge> & { class?: string; children: JSX.Element }) {
  return <span class={cn(badge({ tone: props.tone }), props.class)}>{props.children}</span>
}
