import { useQueryClient } from '@tanstack/solid-query'
import PinIcon from 'lucide-solid/icons/pin'
import { createEffect, createMemo, createSignal, For, Match, onCleanup, Show, Switch } from 'solid-js'
import { RequestError } from '~/http'
import { t } from '~/i18n/i18n'
import { useQuery } from '~/query'
import type { Message } from '~/realtime/wire.gen'
import type { Me, Row } from '~/room/rows'
import type { RoomSession } from '~/room/session'
import { dayOf } from '~/room/times'
import { Button } from '~/ui/button'
import { RowSkeletons } from '~/room/timeline-head'
import { Acting } from './acting'
import { messageQueries } from './calls'
import { makeMessageRoom, MessageRoomProvider } from './message-room'
import { describedBy, MessageRow } from './message-row'
import { PanelFailure, PanelFrame } from './panel-frame'

/** What a room keeps in sight; it changes as people pin and unpin. */
export function PinsPanel(props: { session: RoomSession; me: Me; online: boolean; onJump(id: string): void; onThread(root: string): void; onClose(): void }) {
  const session = props.session
  const client = useQueryClient()
  const [list, setList] = createSignal<HTMLElement>()
  const { queryKey } = messageQueries.pins(session.slug)
  const query = useQuery(() => messageQueries.pins(session.slug))
  const pins = createMemo(() => query.data ?? [])

  // A list that is on its way may be from before what came meanwhile.
  let behind = false
  createEffect(() => {
    if (query.isFetching || !behind) return
    behind = false
    void client.invalidateQueries({ queryKey })
  })

  onCleanup(
    session.listen((event) => {
      if (event.kind === 'missed') return void client.invalidateQueries({ queryKey })
      if (event.kind !== 'changed') return
      behind = query.isFetching
      client.setQueryData<Message[]>(queryKey, (old) => old && changed(old, event.message))
    }),
  )

  const room = makeMessageRoom({
    session,
    me: () => props.me,
    place: 'pins',
    find: (id) => {
      const m = pins().find((pin) => pin.id === id) ?? session.room().messages.find((other) => other.id === id)
      return m?.seq === undefined ? undefined : { asOf: m.seq, ...m, seq: m.seq }
    },
    jump: (id) => props.onJump(id),
    reply: () => {},
    openThread: (root) => props.onThread(root),
  })
  const actions = { retry: session.retryPost, discard: session.discardPost }

  return (
    <MessageRoomProvider value={room}>
      <PanelFrame title={t('Pinned messages')} close={t('Close pinned messages')} detail={session.label()} onClose={props.onClose}>
        <Switch fallback={<div class="p-4"><RowSkeletons count={3} /></div>}>
          <Match when={query.data && pins().length === 0}>
            <div class="flex flex-col items-start gap-2 p-4 text-body text-muted">
              <PinIcon class="size-5" aria-hidden="true" />
              <p>{t('Nothing is pinned here yet. Pin what people should find again: the menu of each message has “Pin to this room”.')}</p>
            </div>
          </Match>
          <Match when={query.data}>
            <div ref={setList} class="scrollbar-calm min-h-0 flex-1 overflow-y-auto py-2 focus-visible:-outline-offset-2" tabindex="0" role="region" aria-label={t('Pinned messages')}>
              <For each={pins().map((pin) => pin.id)}>
                {(id) => (
                  <Show when={pins().find((pin) => pin.id === id)}>
                    {(pin) => (
                      <div role="article" aria-label={pin().userName} aria-describedby={describedBy(`pin-${id}`)} tabindex="-1" class="border-b border-line pb-2 last:border-0 focus-visible:-outline-offset-2">
                        <MessageRow id={`pin-${id}`} row={rowOf(pin(), props.me)} online={props.online} actions={actions} />
                        <div class="flex items-center gap-2 ps-15 pe-3 pt-1 sm:ps-17">
                          <span class="flex-1 text-day text-muted">{dayOf(pin().timestamp, Date.now())}</span>
                          <Button variant="outline" size="small" onClick={() => props.onJump(pin().id)}>{t('Show in the room')}</Button>
                        </div>
                      </div>
                    )}
                  </Show>
                )}
              </For>
            </div>
            <Show when={list()}>{(element) => <Acting scroller={element()} />}</Show>
          </Match>
          <Match when={query.error instanceof RequestError && query.error}>
            {(error) => <PanelFailure what={t("The pinned messages couldn't be loaded.")} failure={error().failure} onRetry={() => void query.refetch()} />}
          </Match>
        </Switch>
      </PanelFrame>
    </MessageRoomProvider>
  )
}

function rowOf(m: Message, me: Me): Row {
  const { id, userId, content, timestamp, seq = 0 } = m
  const { name: userName, image: userImage } = userId === me.id ? me : { name: m.userName, image: m.userImage }
  return { key: id, userId, userName, userImage, content, timestamp, seq, message: { asOf: seq, ...m, seq }, first: true, lastWaiting: false }
}

/** The pins after a message changed: those pinned last come first. */
export function changed(pins: readonly Message[], message: Message): Message[] {
  const at = pins.findIndex((pin) => pin.id === message.id)
  const pinned = message.pinned === true && message.deletedAt === undefined
  if (at < 0) return pinned ? [message, ...pins] : [...pins]
  return pinned ? pins.with(at, message) : pins.toSpliced(at, 1)
}
