import * as Primitive from '@kobalte/core/checkbox'
import Check from 'lucide-solid/icons/check'
import type { JSX } from 'solid-js'
import { cn } from './cn'

/** A box to tick, with its words. */
export function Checkbox(props: {
  checked: boolean
  onChange(checked: boolean): void
  hint?: string
  disabled?: boolean
  class?: string
  children: JSX.Element
}) {
  return (
    <Primitive.Root
      // The field itself is out of sight, and has to be where its box is: a browser scrolls to it.
      class={cn('group relative flex items-start gap-2.5 py-1 data-disabled:opacity-50 pointer-coarse:min-h-11 pointer-coarse:py-2.5', props.class)}
      checked={props.checked}
      onChange={(checked) => props.onChange(checked)}
      disabled={props.disabled ?? false}
    >
      <Primitive.Input class="peer" />
      <Primitive.Control class="mt-px grid size-5 shrink-0 place-items-center rounded-[5px] border border-line-strong bg-surface text-on-accent data-checked:border-accent data-checked:bg-accent peer-focus-visible:outline-2 peer-focus-visible:outline-offset-2 peer-focus-visible:outline-accent">
        <Primitive.Indicator>
          <Check class="size-3.5" stroke-width={3} aria-hidden="true" />
        </Primitive.Indicator>
      </Primitive.Control>
      <div class="min-w-0">
        <Primitive.Label class="block text-body leading-5.5">{props.children}</Primitive.Label>
        {props.hint && <Primitive.Description class="text-meta text-muted">{props.hint}</Primitive.Description>}
      </div>
    </Primitive.Root>
  )
}
