import { useRouter } from '@tanstack/solid-router'
import AlarmClock from 'lucide-solid/icons/alarm-clock'
import ChevronLeft from 'lucide-solid/icons/chevron-left'
import Bell from 'lucide-solid/icons/bell'
import CheckCheck from 'lucide-solid/icons/check-check'
import Folder from 'lucide-solid/icons/folder'
import FolderPlus from 'lucide-solid/icons/folder-plus'
import Info from 'lucide-solid/icons/info'
import Link from 'lucide-solid/icons/link'
import LogOut from 'lucide-solid/icons/log-out'
import Star from 'lucide-solid/icons/star'
import StarOff from 'lucide-solid/icons/star-off'
import X from 'lucide-solid/icons/x'
import { createMemo, createSignal } from 'solid-js'
import { useLive } from '~/app/live'
import { labelOf } from '~/app/naming'
import type { ListedRoom, RoomChange } from '~/app/rooms'
import { ownSections } from '~/app/sections'
import { call, explain } from '~/http'
import { t } from '~/i18n/i18n'
import { copy } from '~/message/do'
import { momentOf } from '~/room/room-foot'
import { showToast } from '~/ui/toast'
import { roomPath } from './info'
import { useLeaving } from './leaving'
import { levels, levelWords, snoozes } from './levels'
import { MenuFloat, type MenuEntry } from './menu-float'

/** All that can be done with a room of the list. */
export function RoomMenu(props: { room: ListedRoom; anchor: Element | null }) {
  const { rooms, desk } = useLive()
  const router = useRouter()
  const leaving = useLeaving(rooms)
  const [page, setPage] = createSignal<'all' | 'notify' | 'snooze' | 'section'>('all')
  // What it was asked about; its row may change meanwhile.
  const room = () => rooms.find(props.room.slug) ?? props.room
  const { slug } = props.room

  async function settle(to: RoomChange) {
    const result = await rooms.settle(slug, to)
    if (!result.ok) showToast({ tone: 'bad', title: t('That was not kept'), text: explain(result.failure) })
  }

  async function markRead() {
    const { newest, read } = room()
    rooms.set(slug, newest)
    const result = await call(`${roomPath(slug)}/read`, { method: 'PUT', body: { seq: newest } }, () => true as const)
    if (result.ok) return
    if (read !== undefined) rooms.set(slug, read)
    showToast({ tone: 'bad', title: t('It is still unread'), text: explain(result.failure) })
  }

  const back: MenuEntry = { label: t('Back'), icon: (icon) => <ChevronLeft {...icon} class={`${icon.class ?? ''} mirrored`} />, more: true, act: () => setPage('all') }

  const groups = createMemo<MenuEntry[][]>(() => {
    const r = room()
    const snoozed = rooms.snoozed(r.snoozedUntil)
    const talk = r.kind === 'direct' || r.kind === 'group'
    switch (page()) {
      case 'notify':
        return [[back], levels.map(({ value, label }) => ({ label: t(label), checked: r.notify === value, act: () => void settle({ notify: value }) }))]
      case 'snooze':
        return [
          [back],
          [
            ...(snoozed ? [{ label: t('End it now'), icon: Bell, act: () => void settle({ snoozedUntil: 0 }) }] : []),
            ...snoozes.map(({ label, until }) => ({ label: t(label), act: () => void settle({ snoozedUntil: until(Date.now()) }) })),
          ],
        ]
      case 'section':
        return [
          [back],
          [
            { label: t('None of my own'), checked: r.section === '', act: () => void settle({ section: '' }) },
            ...ownSections(rooms.rooms().map((other) => other.section)).map((name) => ({ label: name, checked: r.section === name, act: () => void settle({ section: name, favourite: false }) })),
          ],
          [{ label: t('New section…'), icon: FolderPlus, act: () => desk.ask({ what: 'section', slug }) }],
        ]
      case 'all':
        return [
          rooms.unread(r) > 0 ? [{ label: t('Mark as read'), icon: CheckCheck, act: () => void markRead() }] : [],
          [
            r.favourite
              ? { label: t('No favourite any more'), icon: StarOff, key: 'F', act: () => void settle({ favourite: false }) }
              : { label: t('Favourite'), icon: Star, key: 'F', act: () => void settle({ favourite: true }) },
            { label: t('Section'), icon: Folder, more: true, ...(r.section !== '' && { detail: r.section }), act: () => setPage('section') },
          ],
          [
            { label: t('Notifications'), icon: Bell, more: true, detail: levelWords(r.notify), act: () => setPage('notify') },
            { label: t('Snooze'), icon: AlarmClock, more: true, ...(snoozed && { detail: t('Until {when}', { when: momentOf(r.snoozedUntil) }) }), act: () => setPage('snooze') },
          ],
          [
            { label: t('About this room'), icon: Info, act: () => void router.navigate({ to: '/rooms/$slug', params: { slug }, search: { panel: 'about' } }) },
            { label: t('Copy link'), icon: Link, act: () => void copy(`${location.origin}/rooms/${encodeURIComponent(slug)}`, 'link') },
          ],
          [
            ...(talk ? [{ label: t('Close'), icon: X, act: () => void leaving.close(r) }] : []),
            ...(r.kind === 'direct' || slug === 'global'
              ? []
              : [{ label: r.kind === 'public' ? t('Leave') : t('Leave…'), icon: LogOut, bad: r.kind !== 'public', act: () => void (r.kind === 'public' ? leaving.leavePublic(r) : desk.ask({ what: 'leave', slug })) }]),
          ],
        ]
    }
  })

  return <MenuFloat anchor={props.anchor} label={labelOf(props.room)} groups={groups()} onClose={desk.close} />
}
