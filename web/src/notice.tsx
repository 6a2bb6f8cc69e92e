import type { JSX } from 'solid-js'
import { Mark } from './mark'

/** A page that says one thing and offers one step. */
export function Notice(props: { title: string; text: string; children?: JSX.Element; ref?: (heading: HTMLElement) => void }) {
  return (
    <main class="grid min-h-full place-items-center p-6">
      <div class="flex max-w-sm flex-col items-start gap-3">
        <Mark class="mb-2 size-10" />
        <h1 ref={(element) => props.ref?.(element)} tabindex="-1" class="outline-none text-headline font-semibold">{props.title}</h1>
        <p class="text-body text-muted">{props.text}</p>
        <div class="mt-2 flex gap-2">{props.children}</div>
      </div>
    </main>
  )
}
