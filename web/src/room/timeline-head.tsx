import { For, Show } from 'solid-js'
import { explain } from '~/http'
import { t } from '~/i18n/i18n'
import { Button } from '~/ui/button'
import { Skeleton } from '~/ui/skeleton'
import type { RoomSession } from './session'

/**
 * What stands above the oldest row: the room's beginning, or that more is to come. The
 * beginning keeps its place while it isn't shown, so that the head has one height.
 */
export function Head(props: { ref(element: HTMLDivElement): void; session: RoomSession; name: string }) {
  const begins = () => props.session.room().loaded && !props.session.room().hasOlder
  const failure = () => {
    const s = props.session.older()
    return s.status === 'failed' ? s.failure : null
  }
  const words = () => {
    const kind = props.session.kind()
    const begun = props.session.room().messages.some((m) => m.type === 'text')
    if (kind === 'direct') return begun ? t('This is between the two of you, and this is how it began.') : t('This is between the two of you. Nobody has said anything yet: say hello.')
    if (kind === 'group') return begun ? t('This is between the few of you, and this is how it began.') : t('This is between the few of you. Nobody has said anything yet: say hello.')
    if (kind === 'private') return begun ? t('Only its members see what is said here, and this is how it began.') : t('Only its members see what is said here. Nobody has said anything yet: say hello.')
    if (props.session.slug !== 'global') return begun ? t('Everyone here can find this room and join it, and this is how it began.') : t('Everyone here can find this room and join it. Nobody has said anything yet: say hello.')
    return begun ? t('This is where everyone here talks, and this is how it began.') : t('This is where everyone here talks. Nobody has said anything yet: say hello.')
  }
  return (
    <div ref={(element) => props.ref(element)} class="absolute inset-x-0 top-0 grid min-h-44 grid-cols-1 items-end px-3 py-3 sm:px-5">
      <div class="[grid-area:1/1]" classList={{ invisible: !begins() }}>
        <h2 class="text-headline font-semibold tracking-tight wrap-anywhere" dir="auto">{props.name}</h2>
        <p class="mt-0.5 max-w-[47.5rem] text-body text-muted">{words()}</p>
      </div>
      <Show when={props.session.room().hasOlder}>
        <div class="[grid-area:1/1]">
          <Show when={failure()} fallback={<RowSkeletons count={3} />}>
            {(f) => (
              <div class="flex flex-wrap items-center gap-2 text-meta text-muted" role="alert">
                <span>{t("Older messages couldn't be loaded.")} {explain(f())}</span>
                <Button variant="outline" size="small" onClick={() => props.session.loadOlder()}>
                  {t('Try again')}
                </Button>
              </div>
            )}
          </Show>
        </div>
      </Show>
    </div>
  )
}

/** Rows to be, in their final shape. */
export function RowSkeletons(props: { count: number }) {
  const widths = ['w-3/5', 'w-4/5', 'w-2/5', 'w-3/4', 'w-1/2']
  return (
    <div class="flex flex-col gap-4" aria-hidden="true">
      <For each={Array.from({ length: props.count }, (_, i) => i)}>
        {(i) => (
          <div class="flex gap-3">
            <Skeleton class="size-9 rounded-full" />
            <div class="flex max-w-[47.5rem] flex-1 flex-col gap-2 py-0.5">
              <Skeleton class="h-3 w-28" />
              <Skeleton class={`h-3 ${widths[i % widths.length] ?? ''}`} />
            </div>
          </div>
        )}
      </For>
    </div>
  )
}
