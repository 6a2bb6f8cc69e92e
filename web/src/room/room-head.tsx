import { Link, useNavigate } from '@tanstack/solid-router'
import ChevronLeft from 'lucide-solid/icons/chevron-left'
import { createMemo, Show } from 'solid-js'
import { useLive } from '~/app/live'
import { nameOf } from '~/app/naming'
import type { ListedRoom } from '~/app/rooms'
import { t } from '~/i18n/i18n'
import { panels, PanelToggles } from '~/message/room-panel'
import { stateWords, StatusSign } from '~/people/state-dot'
import type { RoomInfo } from '~/realtime/wire.gen'
import { KindIcon } from '~/rooms/kind-icon'
import { buttonVariants } from '~/ui/button'
import { People } from './people'
import type { Me } from './rows'
import type { RoomSession } from './session'

export type KnownRoom = Pick<RoomInfo | ListedRoom, 'slug' | 'name' | 'kind' | 'topic' | 'people' | 'archivedAt'>

/** What room it is, who is in it, and the ways to what belongs to it. */
export function RoomHead(props: { session: RoomSession; room: KnownRoom | undefined; me: Me }) {
  const navigate = useNavigate()
  const { presence } = useLive()
  const otherId = () => (props.room?.kind === 'direct' ? props.room.people[0]?.userId : undefined)
  presence.watch(() => [otherId() ?? []].flat())
  const other = () => presence.of(otherId())
  // Oneself with the face that one has now, which the server may not have told yet.
  const people = createMemo(() => {
    const { id, name, image } = props.me
    return props.session.room().people.map((p) => (p.userId === id ? { ...p, userName: name, ...(image ? { userImage: image } : {}) } : p))
  })
  const topic = () => (otherId() && statusWords()) || props.room?.topic || (props.session.slug === 'global' ? t('Everyone on this server') : '')
  const statusWords = () => other()?.status?.text || stateWords(other()?.state)
  return (
    <header class="flex h-14 shrink-0 items-center gap-1 tight:h-auto tight:flex-wrap border-b border-line ps-1 pe-2 sm:gap-2 sm:ps-3 sm:pe-4">
      <Link to="/rooms" class={`${buttonVariants({ variant: 'quiet', size: 'icon' })} sm:hidden`} aria-label={t('All rooms')}>
        <ChevronLeft class="size-5 mirrored" aria-hidden="true" />
      </Link>
      <h1 tabindex="-1" class="min-w-0 outline-none tight:flex-1 tight:basis-1/2">
        <button
          type="button"
          class="flex h-9 max-w-full items-center gap-1.5 rounded-control px-1 text-title font-semibold tracking-tight hover:bg-ink/5 sm:px-2 pointer-coarse:h-11"
          title={t('About this room')}
          onPointerEnter={() => void panels.load().catch(() => {})}
          onClick={() => void navigate({ to: '.', search: { panel: 'about' } })}
        >
          <KindIcon kind={props.room?.kind ?? 'public'} people={props.room?.people ?? []} class="size-4.5" face="size-6 mx-0 me-0.5 text-day" state={other()?.state} />
          <span class="min-w-0 truncate" dir="auto">{props.room ? nameOf(props.room) : props.session.slug}</span>
          <StatusSign status={other()?.status} class="text-body" />
        </button>
      </h1>
      <p class="hidden min-w-0 flex-1 truncate text-meta text-muted md:block" dir="auto" title={topic()}>{topic()}</p>
      <div class="ms-auto flex shrink-0 items-center gap-1">
        <Show when={props.session.room().joined && props.session.room().count > 0 && props.room?.kind !== 'direct'}>
          <People slug={props.session.slug} people={people()} count={props.session.room().count} me={props.me.id} />
        </Show>
        <PanelToggles />
      </div>
    </header>
  )
}
