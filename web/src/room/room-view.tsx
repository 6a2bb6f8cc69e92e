import { useQueryClient } from '@tanstack/solid-query'
import { useNavigate } from '@tanstack/solid-router'
import { createEffect, createMemo, createSignal, Match, on, onCleanup, onMount, Show, Switch } from 'solid-js'
import { Dynamic } from 'solid-js/web'
import { useLive } from '~/app/live'
import { nameOf } from '~/app/naming'
import { explain } from '~/http'
import { plural, t } from '~/i18n/i18n'
import { composing } from '~/keys/composing'
import { shortcutOf } from '~/keys/map'
import { editLast, makeMessageRoom, MessageRoomProvider } from '~/message/message-room'
import { RoomPanel } from '~/message/room-panel'
import { createPartsReady } from '~/message/parts'
import { useQuery } from '~/query'
import { attached, newestSeq, type Typist } from '~/realtime/reduce'
import type { RoomInfo } from '~/realtime/wire.gen'
import { changedInfo, infoQuery } from '~/rooms/info'
import { Button } from '~/ui/button'
import { Composer } from '~/composer/composer'
import { mentionable } from '~/composer/mentionable'
import { ConnectionLine } from './connection-line'
import { notes, RoomFoot } from './room-foot'
import { RoomHead } from './room-head'
import type { Me } from './rows'
import type { RoomSession, Target } from './session'
import { Announcer } from './announcer'
import { loadPlace, savePlace } from './places'
import { Timeline, type TimelineHandle } from './timeline'
import { RowSkeletons } from './timeline-head'

/** Loading that is over sooner shows nothing of itself. */
const SKELETON_MS = 200

/** What the address of a room may say beside its name: a permalink's message, by seq or id, and the thread that is open. */
export interface RoomSearch {
  at?: string
  message?: string
  thread?: string
  panel?: string
  q?: string
  in?: string
}

/** One room: who is here, what was said, and a place to say something. */
export function RoomView(props: { slug: string; search: RoomSearch }) {
  const live = useLive()
  const navigate = useNavigate()
  // The view of one room; another slug is another view.
  const session = live.room(props.slug)
  const me = () => ({ id: live.account().id, name: live.account().name, image: live.account().image ?? undefined })
  const [timeline, setTimeline] = createSignal<TimelineHandle>()
  const online = () => live.state().status === 'open'
  const waiting = () => session.pending().filter((p) => p.status === 'waiting' || p.status === 'sending').length + live.drafts.waiting(props.slug).length
  let main!: HTMLElement

  createEffect(() => {
    document.title = t('{title} · Snug', { title: session.label() })
  })

  const client = useQueryClient()
  const info = useQuery(() => infoQuery(props.slug))
  const known = () => info.data ?? live.rooms.find(props.slug)
  const name = () => {
    const room = known()
    return room ? nameOf(room) : session.label()
  }
  const { queryKey } = infoQuery(props.slug)
  const askAgain = () => void client.invalidateQueries({ queryKey }, { cancelRefetch: false })
  onCleanup(
    session.watch((event) => {
      const next = event !== 'refused' && info.data && changedInfo(info.data, event)
      if (next) client.setQueryData<RoomInfo>(queryKey, next)
      else askAgain()
    }),
  )
  onCleanup(
    live.connection.subscribe({
      onState: (state) => state.status === 'open' && askAgain(),
      onFrame: (frame) => frame.type === 'rooms' && askAgain(),
    }),
  )
  // A first post brings the room into the list, and nobody tells so.
  createEffect(on(() => live.rooms.find(props.slug) !== undefined, askAgain, { defer: true }))
  // Who has just posted knows without being told how long the room is slow for them.
  const slowedUntil = () => {
    const seconds = slowed(info.data)
    const last = seconds > 0 ? session.room().messages.findLast((m) => m.userId === me().id && m.type === 'text') : undefined
    return Math.max(session.slowedUntil(), last ? last.timestamp + seconds * 1_000 : 0)
  }

  const linked = createMemo(() => targetOf(props.search), undefined, { equals: (a, b) => JSON.stringify(a) === JSON.stringify(b) })
  const keepPlace = () => savePlace(me().id, props.slug, session.place())
  session.enter(linked() ?? loadPlace(me().id, props.slug) ?? undefined)
  addEventListener('pagehide', keepPlace)
  onCleanup(() => {
    removeEventListener('pagehide', keepPlace)
    keepPlace()
    session.keep()
  })
  createEffect(
    on([timeline, linked], ([shown, target]) => {
      if (!shown || !target) return
      void shown.jump(target).then(() =>
        // A reload comes back to where one is by then, and the same link works again.
        navigate({ to: '.', search: (now: RoomSearch) => ({ ...now, at: undefined, message: undefined }), replace: true }),
      )
    }),
  )

  function openThread(thread: string) {
    void navigate({ to: '.', search: { thread } })
  }
  const draft = live.drafts.of(props.slug)
  const messageRoom = makeMessageRoom({
    session,
    me,
    place: 'timeline',
    find: (id) => session.room().messages.find((m) => m.id === id),
    jump: (id) => void timeline()?.jump({ id }),
    reply: (message) => draft.reply(message),
    openThread,
  })

  onMount(() => {
    // What floats above the page, and fields with a use of their own for it, come first.
    main.addEventListener('keydown', (event) => {
      if (shortcutOf(event, 'reading') !== 'markRead' || event.defaultPrevented || composing(event)) return
      timeline()?.readAll()
    })
  })

  return (
    <MessageRoomProvider value={messageRoom}>
      <main ref={main} id="main" tabindex="-1" class="relative flex min-w-0 flex-1 flex-col outline-none">
        <Show when={session.gone()} fallback={
          <>
            <RoomHead session={session} room={known()} me={me()} />
            <ConnectionLine state={live.state()} waiting={waiting()} onRetry={() => live.connection.retry()} />
            <Dynamic component={live.greeting()} />
            <Body session={session} name={name()} me={me()} online={online()} handle={setTimeline} onThread={openThread} />
            <Announcer label={t('New messages')} messages={session.room().messages} through={attached(session.room()) && newestSeq(session.room())} me={me().id} />
            <RoomFoot
              info={info.data}
              label={session.label()}
              onDetails={() => void navigate({ to: '.', search: { panel: 'about' } })}
              onJoined={askAgain}
            >
              <Composer
                drafts={live.drafts}
                draft={draft}
                label={t('Message {room}@@write to it', { room: session.label() })}
                dropLabel={t('Add to {room}', { room: session.label() })}
                slowedUntil={slowedUntil()}
                slowSeconds={slowed(info.data)}
                typing={typingWords(session.room().typing, me().id)}
                people={() => mentionable(session.room().messages, session.room().people, me().id)}
                onPosted={() => timeline()?.toEnd()}
                onTyping={session.typing}
                onEditLast={() => editLast(messageRoom, session.room().messages)}
              />
            </RoomFoot>
          </>
        }>
          {(gone) => <Dynamic component={notes()?.Gone} gone={gone()} slug={props.slug} label={session.label()} posts={session.pending()} />}
        </Show>
      </main>
      <Show when={!session.gone()}>
      <RoomPanel session={session} me={me()} online={online()} search={props.search} onJump={(id) => void timeline()?.jump({ id })} />
      </Show>
    </MessageRoomProvider>
  )
}

// Seconds between two posts of this person; 0: as fast as they like.
function slowed(info: RoomInfo | undefined): number {
  return info === undefined || info.role === 'owner' || info.role === 'admin' || info.role === 'moderator' ? 0 : info.slowModeSeconds
}

function Body(props: { session: RoomSession; name: string; me: Me; online: boolean; handle(handle: TimelineHandle): void; onThread(root: string): void }) {
  const parts = createPartsReady(() => props.session.room().messages)
  // Once it is there it stays: another timeline would begin anew where its reader is.
  const ready = createMemo<boolean>((was) => was || (props.session.room().messages.length > 0 ? parts() : props.session.room().loaded), false)
  const failure = () => {
    const s = props.session.newest()
    return s.status === 'failed' ? s.failure : null
  }
  return (
    <Switch fallback={<Loading />}>
      <Match when={ready()}>
        <Timeline session={props.session} name={props.name} me={props.me} online={props.online} handle={props.handle} onThread={props.onThread} />
      </Match>
      <Match when={failure()}>
        {(f) => (
          <div class="grid min-h-0 flex-1 place-items-center p-6" role="alert">
            <div class="flex max-w-sm flex-col items-start gap-3">
              <h2 class="text-title font-semibold">{t("The messages couldn't be loaded")}</h2>
              <p class="text-body text-muted">{explain(f())}</p>
              <Button onClick={() => void props.session.showNewest()}>{t('Try again')}</Button>
            </div>
          </div>
        )}
      </Match>
    </Switch>
  )
}

function Loading() {
  const [late, setLate] = createSignal(false)
  const timer = setTimeout(() => setLate(true), SKELETON_MS)
  onCleanup(() => clearTimeout(timer))
  return (
    <div class="flex min-h-0 flex-1 flex-col justify-end overflow-hidden px-3 pb-4 sm:px-5" aria-busy="true">
      <Show when={late()}>
        <span class="sr-only" role="status">{t('Loading messages')}</span>
        <RowSkeletons count={9} />
      </Show>
    </div>
  )
}

function targetOf({ at, message }: RoomSearch): Target | undefined {
  if (message !== undefined) return { id: message }
  const seq = Number(at)
  return at !== undefined && Number.isSafeInteger(seq) && seq > 0 ? { seq } : undefined
}

function typingWords(typing: readonly Typist[], me: string): string {
  const names = typing.filter((typist) => typist.userId !== me).map((typist) => typist.userName)
  const [first, second] = names
  if (first === undefined) return ''
  if (second === undefined) return t('{who} is writing…', { who: first })
  return names.length === 2
    ? t('{first} and {second} are writing…', { first, second })
    : plural(names.length - 1, '{first} and 1 other are writing…', '{first} and {count} others are writing…', { first })
}
