import { createMemo } from 'solid-js'
import { encode } from 'uqr'
import { cn } from '~/ui/cn'

/** Cameras need this many free squares around. */
const BORDER = 3

/** A text for cameras, drawn here: it is a secret. */
export function QRCode(props: { text: string; label: string; class?: string }) {
  const code = createMemo(() => encode(props.text, { ecc: 'M', border: BORDER }))
  return (
    <svg
      role="img"
      aria-label={props.label}
      viewBox={`0 0 ${code().size} ${code().size}`}
      class={cn('rounded-card border border-line bg-code-paper fill-code-ink forced-color-adjust-none', props.class)}
      shape-rendering="crispEdges"
    >
      <path d={pathOf(code().data)} />
    </svg>
  )
}

/** Runs of dark squares, row by row. */
export function pathOf(rows: readonly (readonly boolean[])[]): string {
  let path = ''
  for (const [y, row] of rows.entries()) {
    for (let x = 0; x < row.length; x++) {
      if (!row[x]) continue
      const from = x
      while (row[x + 1]) x++
      path += `M${from} ${y}h${x + 1 - from}v1H${from}z`
    }
  }
  return path
}
