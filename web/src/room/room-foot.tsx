import Archive from 'lucide-solid/icons/archive'
import MicOff from 'lucide-solid/icons/mic-off'
import { createEffect, createSignal, Match, onCleanup, Show, Switch, type JSX } from 'solid-js'
import { useLive } from '~/app/live'
import { call, explain } from '~/http'
import type { RoomInfo } from '~/realtime/wire.gen'
import { roomPath } from '~/rooms/info'
import { Button } from '~/ui/button'
import { showToast } from '~/ui/toast'
import { dayOf, sameDay, timeOf } from './times'

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
  return (
    <Switch
      fallback={
        <>
          <Show when={props.info && !props.info.joined && props.info.kind === 'public' && props.info.slug !== 'global'}>
            <JoinBar slug={props.info?.slug ?? ''} label={props.label} onJoined={props.onJoined} />
          </Show>
          {props.children}
        </>
      }
    >
      <Match when={(props.info?.archivedAt ?? 0) > 0}>
        <Closed icon={<Archive class="size-4.5" aria-hidden="true" />} title={`${props.label} is archived`} text="It can be read and searched. Nobody can write in it.">
          <Button variant="outline" size="small" onClick={() => props.onDetails()}>About this room</Button>
        </Closed>
      </Match>
      <Match when={muted()}>
        <Closed
          icon={<MicOff class="size-4.5" aria-hidden="true" />}
          title={`You are muted here until ${momentOf(props.info?.mutedUntil ?? 0)}`}
          text="Until then you can read, but not post. What you were writing is kept."
        />
      </Match>
    </Switch>
  )
}

function Closed(props: { icon: JSX.Element; title: string; text: string; children?: JSX.Element }) {
  return (
    <div class="shrink-0 px-3 pb-[max(1rem,env(safe-area-inset-bottom))] sm:px-5" role="status" id="composer" tabindex="-1">
      <div class="flex flex-wrap items-center gap-x-3 gap-y-2 rounded-card border border-line bg-sunken px-4 py-3">
        <span class="text-muted">{props.icon}</span>
        <p class="min-w-0 flex-1 basis-48 text-body">
          <span class="block font-medium" dir="auto">{props.title}</span>
          <span class="block text-meta text-muted">{props.text}</span>
        </p>
        {props.children}
      </div>
    </div>
  )
}

function JoinBar(props: { slug: string; label: string; onJoined(): void }) {
  const { rooms } = useLive()
  const [busy, setBusy] = createSignal(false)
  async function join() {
    setBusy(true)
    const result = await call(`${roomPath(props.slug)}/membership`, { method: 'PUT' }, () => true as const)
    setBusy(false)
    if (!result.ok) return showToast({ tone: 'bad', title: `You are not in ${props.label}`, text: explain(result.failure) })
    props.onJoined()
    void rooms.load()
  }
  return (
    <div class="shrink-0 px-3 pb-2 sm:px-5" role="region" aria-label="Join this room">
      <div class="flex flex-wrap items-center gap-x-3 gap-y-2 rounded-card border border-line bg-accent-soft px-4 py-2.5">
        <p class="min-w-0 flex-1 basis-48 text-meta">
          You are looking at <span class="font-medium" dir="auto">{props.label}</span> from outside. Join to have it in your list; writing joins, too.
        </p>
        <Button size="small" aria-busy={busy()} onClick={() => void join()}>Join</Button>
      </div>
    </div>
  )
}

/** "18:40", with its day where that is another one. */
export function momentOf(time: number): string {
  return sameDay(time, Date.now()) ? timeOf(time) : `${dayOf(time, Date.now())}, ${timeOf(time)}`
}
