import * as Primitive from '@kobalte/core/text-field'

/** A few lines of text. */
export function Area(props: { label: string; value: string; limit: number; onChange(value: string): void }) {
  return (
    <Primitive.Root class="flex flex-col gap-1.5" value={props.value} onChange={(value) => props.onChange(value)}>
      <Primitive.Label class="text-meta font-medium text-ink">{props.label}</Primitive.Label>
      <Primitive.TextArea
        class="scrollbar-calm min-h-20 w-full min-w-0 rounded-control border border-line-strong/70 bg-surface px-3 py-2 text-body text-ink focus-visible:outline-offset-0 pointer-coarse:text-[1rem]"
        rows={3}
        maxLength={props.limit}
        dir="auto"
      />
    </Primitive.Root>
  )
}
