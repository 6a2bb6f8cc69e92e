import { createMemo } from 'solid-js'
import type { RoomFrame } from '~/realtime/wire.gen'
import { fullTimeOf, timeOf } from '~/room/times'
import { eventWords } from './event-words'

/** What happened to the room, as a quiet line between the messages. */
export function EventLine(props: { id: string; event: RoomFrame; me: string }) {
  const words = createMemo(() => eventWords(props.event, props.me))
  return (
    <p class="flex items-baseline gap-2 px-3 py-1 ps-15 text-meta text-muted sm:ps-17 sm:pe-5" data-testid="room-event">
      <span id={`${props.id}-words`} class="min-w-0 [overflow-wrap:anywhere]">{words()}</span>
      <time id={`${props.id}-time`} class="shrink-0 text-day tabular-nums" dateTime={new Date(props.event.at).toISOString()} title={fullTimeOf(props.event.at)}>
        {timeOf(props.event.at)}
      </time>
    </p>
  )
}
