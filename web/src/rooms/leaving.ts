import { useRouter } from '@tanstack/solid-router'
import { labelOf } from '~/app/naming'
import type { ListedRoom, RoomList } from '~/app/rooms'
import { explain, type Result } from '~/http'
import { t } from '~/i18n/i18n'
import { showToast } from '~/ui/toast'
import { joinRoom, leaveRoom } from './calls'

// Ways out of rooms, and back where there is one.

export interface Leaving {
  /** Takes a direct or group from the list until something is said in it. */
  close(room: ListedRoom): Promise<void>
  /** Leaves a public room, to which one can come back. */
  leavePublic(room: Pick<ListedRoom, 'slug' | 'name' | 'kind' | 'people'>): Promise<void>
  /** Leaves a room into which only a link of others leads again. */
  leaveForGood(slug: string): Promise<Result<true>>
}

export function useLeaving(rooms: RoomList): Leaving {
  const router = useRouter()

  function away(slug: string) {
    if (router.state.location.pathname === `/rooms/${encodeURIComponent(slug)}`) void router.navigate({ to: '/rooms/$slug', params: { slug: 'global' } })
  }

  return {
    async close(room) {
      const result = await rooms.settle(room.slug, { hidden: true })
      if (!result.ok) return showToast({ tone: 'bad', title: t('It is still in your list'), text: explain(result.failure) })
      away(room.slug)
      await rooms.load()
      showToast({
        title: t('{room} is closed', { room: labelOf(room) }),
        text: t('It comes back with the next message.'),
        action: { label: t('Undo'), act: () => void rooms.settle(room.slug, { hidden: false }).then(() => rooms.load()) },
      })
    },
    async leavePublic(room) {
      const label = labelOf(room)
      const result = await leaveRoom(room.slug)
      if (!result.ok) return showToast({ tone: 'bad', title: t('You are still in {room}', { room: label }), text: explain(result.failure) })
      await rooms.load()
      showToast({
        title: t('You left {room}', { room: label }),
        action: {
          label: t('Undo'),
          act: () =>
            void joinRoom(room.slug).then((back) => {
              if (!back.ok) showToast({ tone: 'bad', title: t('You are not in {room}', { room: label }), text: explain(back.failure) })
              void rooms.load()
            }),
        },
      })
    },
    async leaveForGood(slug) {
      const result = await leaveRoom(slug)
      if (result.ok) {
        away(slug)
        void rooms.load()
      }
      return result
    },
  }
}
