import { useNavigate } from '@tanstack/solid-router'
import Check from 'lucide-solid/icons/check'
import LinkIcon from 'lucide-solid/icons/link'
import LogOut from 'lucide-solid/icons/log-out'
import MessagesSquare from 'lucide-solid/icons/messages-square'
import Pin from 'lucide-solid/icons/pin'
import X from 'lucide-solid/icons/x'
import { createMemo, createSignal, createUniqueId, For, Show } from 'solid-js'
import { date } from '~/account/times'
import { useLive } from '~/app/live'
import { labelOf, nameOf } from '~/app/naming'
import type { RoomChange } from '~/app/rooms'
import { explain } from '~/http'
import { m, t } from '~/i18n/i18n'
import { copy } from '~/message/do'
import { may, permissions, type Action } from '~/permissions.gen'
import { useQuery } from '~/query'
import type { Role, RoomInfo } from '~/realtime/wire.gen'
import { momentOf } from '~/room/room-foot'
import type { Me } from '~/room/rows'
import { Button } from '~/ui/button'
import { createFocusKeeper, handFocusOn } from '~/ui/focus-keeper'
import { OwnMoment } from '~/ui/moment-field'
import { showToast } from '~/ui/toast'
import { PanelBlock, Select } from './block'
import { personQuery } from './calls'
import { roleWords } from './event-words'
import { KindIcon } from './kind-icon'
import { kindWords } from './kind-words'
import { useLeaving } from './leaving'
import { levels, snoozes } from './levels'

/** What the room is for, of what in it one is told, and what one may do. */
export function AboutTab(props: { info: RoomInfo; me: Me }) {
  const { rooms, desk } = useLive()
  const navigate = useNavigate()
  const leaving = useLeaving(rooms)
  const snoozeId = createUniqueId()
  const [choosing, setChoosing] = createSignal(false)
  const mine = () => rooms.find(props.info.slug)
  const maker = useQuery(() => ({ ...personQuery(props.info.createdBy), enabled: props.info.createdBy !== '' && props.info.createdBy !== props.me.id }))
  const made = () => {
    const { createdAt, createdBy } = props.info
    if (createdAt <= 0) return ''
    const day = date(createdAt, Date.now())
    if (createdBy === props.me.id) return t('Made by you on {date}.', { date: day })
    return maker.data ? t('Made by {who} on {date}.', { who: maker.data, date: day }) : t('Made on {date}.', { date: day })
  }

  const kind = () => {
    const title = t(kindWords[props.info.kind].title)
    return props.info.archivedAt > 0 ? t('{kind}, archived {date}', { kind: title, date: date(props.info.archivedAt, Date.now()) }) : title
  }

  async function settle(to: RoomChange) {
    const result = await rooms.settle(props.info.slug, to)
    if (!result.ok) showToast({ tone: 'bad', title: t('That was not kept'), text: explain(result.failure) })
  }

  let snoozing!: HTMLDivElement
  const keepFocus = createFocusKeeper(() => rooms.snoozed(mine()?.snoozedUntil ?? 0), () => snoozing)
  function snooze(snoozedUntil: number) {
    setChoosing(false)
    keepFocus()
    void settle({ snoozedUntil })
  }

  return (
    <>
      <div class="flex flex-col gap-2 px-4 py-4">
        <div class="flex items-start gap-2.5">
          <span class="mt-1"><KindIcon kind={props.info.kind} people={props.info.people} class="size-5" face="size-9 text-body mx-0 -mt-1" /></span>
          <div class="min-w-0">
            <p class="text-title font-semibold tracking-tight [overflow-wrap:anywhere]" dir="auto">{nameOf(props.info)}</p>
            <p class="text-meta text-muted">{kind()}</p>
          </div>
        </div>
        <Show when={props.info.topic !== ''}>
          <p class="text-body whitespace-pre-line [overflow-wrap:anywhere]" dir="auto">{props.info.topic}</p>
        </Show>
        <p class="text-meta text-muted">{t(kindWords[props.info.kind].text)} {made()}</p>
        <div class="flex flex-wrap gap-2 pt-1">
          <Button variant="outline" size="small" onClick={() => void copy(`${location.origin}/rooms/${encodeURIComponent(props.info.slug)}`, 'link')}>
            <LinkIcon class="size-3.5" aria-hidden="true" />
            {t('Copy link')}
          </Button>
          <Button variant="outline" size="small" onClick={() => void navigate({ to: '.', search: { panel: 'pins' } })}>
            <Pin class="size-3.5" aria-hidden="true" />
            {t('Pins')}
          </Button>
          <Button variant="outline" size="small" onClick={() => void navigate({ to: '.', search: { panel: 'threads' } })}>
            <MessagesSquare class="size-3.5" aria-hidden="true" />
            {t('Threads')}
          </Button>
        </div>
      </div>
      <Show when={mine()}>
        {(room) => (
          <PanelBlock title={t('Notifications')} text={t('For you alone.')}>
            <Select label={t('Tell me of')} value={room().notify} options={levels.map(({ value, label }) => ({ value, label: t(label) }))} onChange={(notify) => void settle({ notify })} />
            <div ref={snoozing} class="contents">
              <Show
                when={rooms.snoozed(room().snoozedUntil)}
                fallback={
                  <div class="flex flex-col gap-1.5" role="group" aria-labelledby={snoozeId}>
                    <p id={snoozeId} class="text-meta font-medium">{t('Snooze')}</p>
                    {/* Not a list: where arrow keys choose at once, the way to its end would snooze. */}
                    <div class="flex flex-wrap gap-2">
                      <For each={snoozes}>
                        {(s) => <Button variant="outline" size="small" onClick={() => snooze(s.until(Date.now()))}>{t(s.label)}</Button>}
                      </For>
                      <Button variant="outline" size="small" aria-expanded={choosing()} onClick={() => setChoosing(!choosing())}>{t('Until another time…')}</Button>
                    </div>
                  </div>
                }
              >
                <div class="flex items-center justify-between gap-3">
                  <p class="text-meta">{t('Snoozed until {when}', { when: momentOf(room().snoozedUntil) })}</p>
                  <Button variant="outline" size="small" onClick={() => snooze(0)}>{t('End it now')}</Button>
                </div>
              </Show>
              <Show when={choosing()}>
                <OwnMoment label={t('Snooze until')} action={t('Snooze')} onChange={snooze} />
              </Show>
            </div>
          </PanelBlock>
        )}
      </Show>
      <Show when={props.info.kind === 'public' || props.info.kind === 'private'}>
        <Powers info={props.info} />
      </Show>
      <Show when={mine() && props.info.slug !== 'global' && props.info.kind !== 'direct' && mine()}>
        {(room) => (
          <Leave label={labelOf(room())} onLeave={() => void (room().kind === 'public' ? leaving.leavePublic(room()) : desk.ask({ what: 'leave', slug: room().slug }))} />
        )}
      </Show>
    </>
  )
}

function Leave(props: { label: string; onLeave(): void }) {
  let block!: HTMLDivElement
  handFocusOn(() => block)
  return (
    <div ref={block} class="border-t border-line px-4 py-4">
      <Button variant="outline" size="small" class="text-bad" onClick={() => props.onLeave()}>
        <LogOut class="size-3.5" aria-hidden="true" />
        {t('Leave {room}', { room: props.label })}
      </Button>
    </div>
  )
}

// Not worth a row: nobody who sees the table may not.
const PLAIN: ReadonlySet<Action> = new Set<Action>(['see', 'read'])

const powers: Readonly<Record<Role, string>> = {
  owner: m('You are an owner here. People may:'),
  admin: m('You are an admin here. People may:'),
  moderator: m('You are a moderator here. People may:'),
  member: m('You are a member here. People may:'),
  guest: m('You are a guest here. People may:'),
  bot: m('You are a bot here. People may:'),
}

/** What each role may do here, as a table in words. */
function Powers(props: { info: RoomInfo }) {
  const columns = createMemo<Role[]>(() => {
    const all: Role[] = ['member', 'moderator', 'owner']
    return all.includes(props.info.role) ? all : props.info.role === 'admin' ? ['member', 'moderator', 'admin', 'owner'] : [props.info.role, ...all]
  })
  const rows = () => actions().filter((a) => !PLAIN.has(a) && permissions[a][props.info.kind] !== '')
  return (
    <PanelBlock title={t('What may I do here?')} text={t(powers[props.info.role])}>
      <table class="w-full text-meta">
        <thead>
          <tr>
            <th scope="col" class="text-start"><span class="sr-only">{t('What')}</span></th>
            <For each={columns()}>
              {(role) => (
                <th scope="col" class="px-0.5 pb-1.5 text-center text-day font-medium whitespace-nowrap" classList={{ 'text-ink': role === props.info.role, 'text-muted': role !== props.info.role }}>
                  {t(roleWords[role])}
                  <Show when={role === props.info.role}><span class="sr-only"> {t('(you)')}</span></Show>
                </th>
              )}
            </For>
          </tr>
        </thead>
        <tbody>
          <For each={rows()}>
            {(action) => (
              <tr class="border-t border-line">
                <th scope="row" class="py-1.5 pe-1 text-start font-normal">{t(permissions[action].words)}</th>
                <For each={columns()}>
                  {(role) => {
                    const allowed = () => may(action, role, props.info.kind)
                    return (
                      <td class="text-center" classList={{ 'bg-accent-soft/60': role === props.info.role }}>
                        <Show when={allowed()} fallback={<X class="mx-auto size-3.5 text-muted opacity-60" aria-hidden="true" />}>
                          <Check class="mx-auto size-4 text-good" aria-hidden="true" />
                        </Show>
                        <span class="sr-only">{allowed() ? t('yes') : t('no')}</span>
                      </td>
                    )
                  }}
                </For>
              </tr>
            )}
          </For>
        </tbody>
      </table>
    </PanelBlock>
  )
}

function actions(): Action[] {
  return Object.keys(permissions).filter((a): a is Action => a in permissions)
}
