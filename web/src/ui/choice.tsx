import * as Primitive from '@kobalte/core/radio-group'
import { For } from 'solid-js'

/** One of a few, side by side. */
export function Choice<T extends string>(props: {
  label: string
  /** What it is about stands beside it already. */
  hideLabel?: boolean
  options: readonly { value: T; label: string }[]
  value: T
  onChange(value: T): void
}) {
  function choose(value: string) {
    const option = props.options.find((o) => o.value === value)
    if (option) props.onChange(option.value)
  }
  return (
    <Primitive.Root class="flex flex-col gap-1.5" value={props.value} onChange={choose} orientation="horizontal">
      <Primitive.Label class={props.hideLabel ? 'sr-only' : 'text-meta font-medium'}>{props.label}</Primitive.Label>
      <div class="flex flex-wrap rounded-control border border-line-strong/70 bg-sunken p-0.5">
        <For each={props.options}>
          {(option) => (
            <Primitive.Item value={option.value} class="relative flex flex-1">
              <Primitive.ItemInput class="peer" />
              <Primitive.ItemLabel class="flex min-h-9 flex-1 select-none items-center justify-center rounded-[4px] border border-transparent px-1 text-center text-meta text-muted peer-focus-visible:outline-2 peer-focus-visible:outline-accent data-checked:border-line data-checked:bg-surface data-checked:font-medium data-checked:text-ink data-checked:forced-colors:outline-2 pointer-coarse:min-h-11">
                {option.label}
              </Primitive.ItemLabel>
            </Primitive.Item>
          )}
        </For>
      </div>
    </Primitive.Root>
  )
}
