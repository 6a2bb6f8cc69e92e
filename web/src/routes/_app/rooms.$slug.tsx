import { createFileRoute } from '@tanstack/solid-router'
import { Show } from 'solid-js'
import { RoomView } from '~/room/room-view'
import { only } from '~/search'

export const Route = createFileRoute('/_app/rooms/$slug')({
  validateSearch: only('at', 'message', 'thread', 'panel', 'q', 'in'),
  component: () => {
    const params = Route.useParams()
    const search = Route.useSearch()
    return (
      <Show when={params().slug} keyed>
        {(slug) => <RoomView slug={slug} search={search()} />}
      </Show>
    )
  },
})
