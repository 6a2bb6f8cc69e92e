import { createUniqueId, type JSX, Show } from 'solid-js'

/** What belongs together in a panel. */
export function PanelBlock(props: { title: string; text?: JSX.Element; children: JSX.Element }) {
  const id = createUniqueId()
  return (
    <section class="flex flex-col gap-2.5 border-t border-line px-4 py-4 first:border-0" aria-labelledby={id}>
      <div>
        <h3 id={id} class="text-meta font-semibold">{props.title}</h3>
        <Show when={props.text}>
          <p class="text-meta text-muted">{props.text}</p>
        </Show>
      </div>
      {props.children}
    </section>
  )
}

const field =
  'w-full min-w-0 rounded-control border border-line-strong/70 bg-surface px-3 text-body text-ink focus-visible:outline-offset-0 disabled:opacity-60 pointer-coarse:text-[1rem] '

/** One of several, by the browser's own list. */
export function Select<T extends string | number>(props: {
  label: string
  hideLabel?: boolean
  value: T
  options: readonly { value: T; label: string }[]
  disabled?: boolean
  onChange(value: T): void
}) {
  const id = createUniqueId()
  return (
    <div class="flex flex-col gap-1.5">
      <label for={id} class={props.hideLabel ? 'sr-only' : 'text-meta font-medium'}>{props.label}</label>
      <select
        id={id}
        class={`${field} h-10 pointer-coarse:h-11`}
        disabled={props.disabled}
        onChange={(event) => {
          const option = props.options[event.currentTarget.selectedIndex]
          if (option) props.onChange(option.value)
        }}
      >
        {props.options.map((option) => (
          <option value={String(option.value)} selected={option.value === props.value}>{option.label}</option>
        ))}
      </select>
    </div>
  )
}
