import { useRouter } from '@tanstack/solid-router'
import ArrowDownAZ from 'lucide-solid/icons/arrow-down-a-z'
import CheckCheck from 'lucide-solid/icons/check-check'
import Clock from 'lucide-solid/icons/clock'
import Compass from 'lucide-solid/icons/compass'
import Plus from 'lucide-solid/icons/plus'
import SquarePen from 'lucide-solid/icons/square-pen'
import { lazy, Show, Suspense } from 'solid-js'
import type { Asked as What } from '~/app/desk'
import { useLive } from '~/app/live'
import { explain } from '~/http'
import { t } from '~/i18n/i18n'
import { may } from '~/permissions.gen'
import { showToast } from '~/ui/toast'
import { readAll } from './calls'
import { MenuFloat } from './menu-float'
import { RoomMenu } from './room-menu'

const MakeDialog = lazy(async () => ({ default: (await import('./make-dialog')).MakeDialog }))
const WriteDialog = lazy(async () => ({ default: (await import('./write-dialog')).WriteDialog }))
const SectionDialog = lazy(async () => ({ default: (await import('./small-dialogs')).SectionDialog }))
const LeaveDialog = lazy(async () => ({ default: (await import('./small-dialogs')).LeaveDialog }))
const StatusDialog = lazy(async () => ({ default: (await import('~/people/status-dialog')).StatusDialog }))

/** What is asked about rooms, above the page. */
export function Asked() {
  const { desk } = useLive()
  return (
    <Suspense>
      <Show when={desk.asked()} keyed>{(asked) => <One asked={asked} />}</Show>
    </Suspense>
  )
}

function One(props: { asked: What }) {
  const { rooms, desk } = useLive()
  // Each question is another one of these.
  const { asked } = props
  switch (asked.what) {
    case 'add':
      return <AddMenu anchor={asked.anchor} />
    case 'order':
      return <OrderMenu anchor={asked.anchor} />
    case 'make':
      return <MakeDialog />
    case 'write':
      return <WriteDialog />
    case 'status':
      return <StatusDialog />
  }
  const room = rooms.find(asked.slug)
  if (!room) {
    queueMicrotask(desk.close)
    return null
  }
  switch (asked.what) {
    case 'menu':
      return <RoomMenu room={room} anchor={asked.anchor} />
    case 'section':
      return <SectionDialog room={room} />
    case 'leave':
      return <LeaveDialog room={room} />
  }
}

function AddMenu(props: { anchor: Element | null }) {
  const { account, desk } = useLive()
  const router = useRouter()
  const makes = () => may('make_public_room', account().guest ? 'guest' : 'member', 'server')
  const writes = () => may('make_direct', account().guest ? 'guest' : 'member', 'server')
  return (
    <MenuFloat
      anchor={props.anchor}
      label={t('Add')}
      onClose={desk.close}
      groups={[
        [
          { label: t('New room'), icon: Plus, disabled: !makes(), ...(!makes() && { detail: t("Guests can't make rooms.") }), act: () => desk.ask({ what: 'make' }) },
          { label: t('New message'), icon: SquarePen, disabled: !writes(), ...(!writes() && { detail: t("Guests can't write to people directly.") }), act: () => desk.ask({ what: 'write' }) },
          { label: t('Browse rooms'), icon: Compass, act: () => void router.navigate({ to: '/browse' }) },
        ],
      ]}
    />
  )
}

function OrderMenu(props: { anchor: Element | null }) {
  const { rooms, list, desk } = useLive()
  async function read() {
    const result = await readAll()
    if (!result.ok) showToast({ tone: 'bad', title: t('Not all rooms are read'), text: explain(result.failure) })
    else for (const room of rooms.rooms()) rooms.set(room.slug, room.newest)
    void rooms.load()
  }
  return (
    <MenuFloat
      anchor={props.anchor}
      label={t('Order of the rooms')}
      onClose={desk.close}
      groups={[
        [
          { label: t('By name'), icon: ArrowDownAZ, checked: list.order() === 'name', act: () => list.setOrder('name') },
          { label: t('Latest first'), icon: Clock, checked: list.order() === 'recent', act: () => list.setOrder('recent') },
        ],
        [{ label: t('Mark all rooms as read'), icon: CheckCheck, act: () => void read() }],
      ]}
    />
  )
}
