import { createFileRoute } from '@tanstack/solid-router'
import { Show } from 'solid-js'
import { RoomView } from '~/room/room-view'

export const Route = createFileRoute('/_app/rooms/$slug')({
  component: () => {
    const params = Route.useParams()
    return (
      <Show when={params().slug} keyed>
        {(slug) => <RoomView slug={slug} />}
      </Show>
    )
  },
})
