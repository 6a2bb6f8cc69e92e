import { createEffect, createSignal, Match, onCleanup, Show, Switch, type JSX } from 'solid-js'
import { Dynamic } from 'solid-js/web'
import { t } from '~/i18n/i18n'
import { onDemand } from '~/on-demand'
import type { RoomInfo } from '~/realtime/wire.gen'
import { dayOf, sameDay, timeOf } from './times'

/** What is said of a room that isn't as rooms mostly are. */
export const notes = onDemand(() => import('./room-notes'))

/** setTimeout takes no more, ms. */
const LONGEST_MS = 2 ** 31 - 1

/** True until a time (Unix ms) has come. */
export function createUntil(time: () => number): () => boolean {
  const [past, setPast] = createSignal(0)
  createEffect(() => {
    past()
    const left = time() - Date.now()
    if (left <= 0) return
    const timer = setTimeout(() => setPast((n) => n + 1), Math.min(left + 50, LONGEST_MS))
    onCleanup(() => clearTimeout(timer))
  })
  return () => (past(), time() > Date.now())
}

/** Where one writes, or the words why one can't. What was written so far is kept. */
export function RoomFoot(props: { info: RoomInfo | undefined; label: string; onDetails(): void; onJoined(): void; children: JSX.Element }) {
  const muted = createUntil(() => props.info?.mutedUntil ?? 0)
  const outside = () => props.info !== undefined && !props.info.joined && props.info.kind === 'public' && props.info.slug !== 'global'
  return (
    <Switch
      fallback={
        <>
          <Show when={outside() && notes()}>
            {(part) => <Dynamic component={part().JoinBar} slug={props.info?.slug ?? ''} label={props.label} onJoined={props.onJoined} />}
          </Show>
          {props.children}
        </>
      }
    >
      <Match when={(props.info?.archivedAt ?? 0) > 0}>
        <Dynamic component={notes()?.Archived} label={props.label} onDetails={props.onDetails} />
      </Match>
      <Match when={muted()}>
        <Dynamic component={notes()?.Muted} until={momentOf(props.info?.mutedUntil ?? 0)} />
      </Match>
    </Switch>
  )
}

/** "18:40", with its day where that is another one. */
export function momentOf(time: number): string {
  return sameDay(time, Date.now()) ? timeOf(time) : t('{day}, {time}', { day: dayOf(time, Date.now()), time: timeOf(time) })
}
