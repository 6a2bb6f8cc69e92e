import { useQueryClient } from '@tanstack/solid-query'
import { useRouter } from '@tanstack/solid-router'
import Ban from 'lucide-solid/icons/ban'
import ChevronLeft from 'lucide-solid/icons/chevron-left'
import Eraser from 'lucide-solid/icons/eraser'
import LogOut from 'lucide-solid/icons/log-out'
import MessageSquare from 'lucide-solid/icons/message-square'
import MicOff from 'lucide-solid/icons/mic-off'
import ShieldCheck from 'lucide-solid/icons/shield-check'
import Undo from 'lucide-solid/icons/undo-2'
import UserRoundMinus from 'lucide-solid/icons/user-round-minus'
import { createMemo, createSignal, For, Match, onMount, Show, Switch, type Component } from 'solid-js'
import { Dynamic } from 'solid-js/web'
import { createAction } from '~/account/action'
import { meQuery } from '~/account/me'
import { Act, Fault } from '~/account/parts'
import { date } from '~/account/times'
import { useLive } from '~/app/live'
import { labelOf } from '~/app/naming'
import { explain, RequestError, type Result } from '~/http'
import { m, t } from '~/i18n/i18n'
import { StateDot } from '~/people/state-dot'
import { StateLine } from '~/people/state-line'
import { may, outranks } from '~/permissions.gen'
import { useQuery } from '~/query'
import type { Role } from '~/realtime/wire.gen'
import { momentOf } from '~/room/room-foot'
import { getMembers, makeRoom, muteMember, removeMember } from '~/rooms/calls'
import { roleWords } from '~/rooms/event-words'
import { infoQuery } from '~/rooms/info'
import { Avatar } from '~/ui/avatar'
import { Badge } from '~/ui/badge'
import { Button } from '~/ui/button'
import { Checkbox } from '~/ui/checkbox'
import { Dialog, DialogContent, DialogDescription, DialogFooter, DialogTitle } from '~/ui/dialog'
import { Skeleton } from '~/ui/skeleton'
import { showToast } from '~/ui/toast'
import { Area } from './area'
import { span } from './audit-words'
import { ban, deleteAllOf, endSessions, personCardQuery, setServerRole, unban } from './calls'

const BAN_REASON_CHARS = 500

// The roles that are given on the server, by rank.
const served = {
  member: {
    label: m('Make them a member of the server'), title: m('Make {name} a member of the server?'), confirm: m('Make them a member'), done: m('{name} is a member of the server'),
    text: m('They no longer look after this server.'),
  },
  moderator: {
    label: m('Make them a moderator of the server'), title: m('Make {name} a moderator of the server?'), confirm: m('Make them a moderator'), done: m('{name} is a moderator of the server'),
    text: m('They may moderate all public rooms, see reports, and ban people.'),
  },
  admin: {
    label: m('Make them an admin of the server'), title: m('Make {name} an admin of the server?'), confirm: m('Make them an admin'), done: m('{name} is an admin of the server'),
    text: m('They may do all that moderators may, invite people, give roles, and see the audit log.'),
  },
  owner: {
    label: m('Make them an owner of the server'), title: m('Make {name} an owner of the server?'), confirm: m('Make them an owner'), done: m('{name} is an owner of the server'),
    text: m('They may do everything that you may, to you too.'),
  },
}
const SERVER_ROLES = ['member', 'moderator', 'admin', 'owner'] as const

interface Deed {
  label: string
  icon: Component<{ class?: string; 'aria-hidden': 'true' }>
  bad?: boolean
  /** What is asked before it is done. */
  title: string
  text: string
  confirm: string
  done: string
  /** It takes a reason, and whether all messages go too. */
  bans?: boolean
  run(): Promise<Result<unknown>>
}

/** Somebody: who they are, and what one may do about them, here and on the server. */
export function PersonDialog(props: { user: { userId: string; userName: string; userImage?: string | undefined }; slug: string; onClose(): void; onDone?(): void }) {
  const live = useLive()
  const client = useQueryClient()
  const router = useRouter()
  const person = useQuery(() => personCardQuery(props.user.userId))
  const me = useQuery(() => meQuery)
  const info = useQuery(() => ({ ...infoQuery(props.slug), enabled: props.slug !== '' }))
  const member = useQuery(() => ({
    queryKey: ['rooms', props.slug, 'members', props.user.userId],
    enabled: props.slug !== '',
    staleTime: 0,
    queryFn: async ({ signal }: { signal: AbortSignal }) => {
      const result = await getMembers(props.slug, props.user.userName, '', signal)
      if (!result.ok) throw new RequestError(result.failure)
      return result.value.members.find(({ userId }) => userId === props.user.userId) ?? null
    },
  }))
  const [asking, setAsking] = createSignal<Deed | null>(null)
  live.presence.watch(() => [props.user.userId])
  const state = () => live.presence.of(props.user.userId)
  const self = () => props.user.userId === live.account().id
  const name = () => person.data?.userName ?? props.user.userName
  const myRole = (): Role => me.data?.role ?? (live.account().guest ? 'guest' : 'member')
  const theirs = (): Role => person.data?.role ?? 'member'
  const gone = () => person.data === null

  async function write() {
    const result = await makeRoom({ name: '', kind: 'direct', people: [props.user.userId] })
    if (!result.ok) return showToast({ tone: 'bad', title: t('No conversation with {name}', { name: name() }), text: explain(result.failure) })
    void live.rooms.load()
    props.onClose()
    void router.navigate({ to: '/rooms/$slug', params: { slug: result.value.slug } })
  }

  const here = createMemo<Deed[]>(() => {
    const room = info.data
    const { userId } = props.user
    if (self() || !room || !(room.kind === 'public' || room.kind === 'private')) return []
    const theirRole: Role = member.data?.role ?? (room.kind === 'public' ? theirs() : 'member')
    if (!outranks(room.role, theirRole)) return []
    const said = { name: name(), room: labelOf(room) }
    const mute = (seconds: number): Deed => {
      const muted = { ...said, span: span(seconds) }
      return {
        label: t('Mute for {span}', muted), icon: MicOff, title: t('Mute {name} for {span}?', muted), confirm: t('Mute'), done: t('{name} is muted in {room} for {span}', muted),
        text: t('{name} can read {room}, but not write or react there for {span}.', muted),
        run: () => muteMember(props.slug, userId, seconds),
      }
    }
    const deeds: (Deed | false)[] = [
      ...(may('mute', room.role, room.kind) && !gone() && (room.kind === 'public' || member.data)
        ? (member.data?.mutedUntil ?? 0) > Date.now()
          ? [{
              label: t('Let them write again'), icon: MicOff, title: t('Let {name} write again?', said), confirm: t('Let them write'), done: t('{name} may write in {room}', said),
              text: t('They are muted in {room} until {when}.', { ...said, when: momentOf(member.data?.mutedUntil ?? 0) }), run: () => muteMember(props.slug, userId, 0),
            }]
          : [mute(3_600), mute(86_400)]
        : []),
      may('remove_people', room.role, room.kind) && !!member.data && room.slug !== 'global' && {
        label: t('Remove from {room}', said), icon: UserRoundMinus, bad: true, title: t('Remove {name} from {room}?', said), confirm: t('Remove'), done: t('{name} is out of {room}', said),
        text: room.kind === 'public' ? t('They can come back: the room is public. What they wrote stays.') : t('They no longer see the room. What they wrote stays.'),
        run: () => removeMember(props.slug, userId),
      },
      may('delete_any', room.role, room.kind) && {
        label: t('Delete all they wrote in {room}', said), icon: Eraser, bad: true, title: t('Delete all that {name} wrote in {room}?', said), confirm: t('Delete all'), done: t('Their messages are being deleted'),
        text: t('Every message of theirs in this room is deleted, with its files. Nothing brings them back.'),
        run: () => deleteAllOf(props.slug, userId),
      },
    ]
    return deeds.filter((deed) => deed !== false)
  })

  const onServer = createMemo<Deed[]>(() => {
    const { userId } = props.user
    if (self() || !me.data || person.isPending) return []
    const bans = may('ban', myRole(), 'server')
    const said = { name: name() }
    if (gone()) {
      return bans
        ? [{ label: t('Let them in again'), icon: Undo, title: t('Let {name} in again?', said), confirm: t('Let them in'), done: t('{name} may sign in again', said),
            text: t('If they were banned, they can sign in again. Deleted messages stay deleted.'), run: () => unban(userId) }]
        : []
    }
    if (!outranks(myRole(), theirs())) return []
    const roles = may('set_server_roles', myRole(), 'server') && theirs() !== 'guest' && theirs() !== 'bot'
      ? SERVER_ROLES.filter((role) => role !== theirs() && outranks(myRole(), role)) : []
    return [
      ...roles.map((role): Deed => ({
        label: t(served[role].label), icon: ShieldCheck, title: t(served[role].title, said), confirm: t(served[role].confirm), done: t(served[role].done, said),
        text: t(served[role].text),
        run: () => setServerRole(userId, role),
      })),
      ...(bans
        ? [
            { label: t('Sign out everywhere'), icon: LogOut, title: t('Sign {name} out everywhere?', said), confirm: t('Sign out'), done: t('{name} is signed out', said),
              text: t('Their sessions end on all their devices. They can sign in again.'), run: () => endSessions(userId) },
            { label: t('Ban from the server'), icon: Ban, bad: true, bans: true, title: t('Ban {name} from the server?', said), confirm: t('Ban'), done: t('{name} is banned', said),
              text: t('They are signed out at once, everywhere, and can’t sign in any more. What they wrote stays, unless you choose otherwise.'), run: async () => ({ ok: true as const, value: true }) },
          ]
        : []),
    ]
  })

  function done(deed: Deed) {
    showToast({ title: deed.done })
    void client.invalidateQueries({ queryKey: ['people', props.user.userId] })
    props.onDone?.()
    props.onClose()
  }

  return (
    <Dialog open onOpenChange={(open) => !open && props.onClose()}>
      <DialogContent role={asking() ? 'alertdialog' : 'dialog'}>
        <Show
          when={asking()}
          keyed
          fallback={
            <>
              <div class="flex items-center gap-3 pe-9">
                <span class="relative shrink-0">
                  <Avatar userId={props.user.userId} name={name()} image={person.data?.userImage ?? props.user.userImage} class="size-12 text-title" />
                  <StateDot state={state()?.state} class="end-0 bottom-0 size-3 bg-surface ring-surface" />
                </span>
                <div class="min-w-0">
                  <DialogTitle class="pe-0 [overflow-wrap:anywhere]"><span dir="auto">{name()}</span></DialogTitle>
                  <StateLine state={gone() ? undefined : state()} />
                  <Switch fallback={<Skeleton class="mt-1 h-3.5 w-32" />}>
                    <Match when={gone()}><p class="text-meta text-muted">{t('Banned from this server, or gone.')}</p></Match>
                    <Match when={person.data}>
                      {(p) => (
                        <p class="flex flex-wrap items-center gap-x-2 gap-y-1 text-meta text-muted">
                          <Badge>{t(roleWords[p().role])}</Badge>
                          <Show when={member.data && member.data.role !== p().role && member.data}>{(inRoom) => <Badge>{t('{role} here', { role: t(roleWords[inRoom().role]) })}</Badge>}</Show>
                          <span>{t('Here since {date}', { date: date(p().createdAt, Date.now()) })}</span>
                        </p>
                      )}
                    </Match>
                    <Match when={person.isError}><p class="text-meta text-bad" role="alert">{t("Who they are couldn't be loaded.")}</p></Match>
                  </Switch>
                </div>
              </div>
              <Show when={self()}><p class="text-body text-muted">{t('This is you.')}</p></Show>
              <Show when={!self() && !gone() && may('make_direct', live.account().guest ? 'guest' : 'member', 'server')}>
                <Button variant="outline" class="self-start" onClick={() => void write()}>
                  <MessageSquare class="size-4 shrink-0" aria-hidden="true" />
                  <span class="truncate">{t('Write to {name}', { name: name() })}</span>
                </Button>
              </Show>
              <Deeds title={t('In this room')} deeds={here()} onChoose={setAsking} />
              <Deeds title={t('On this server')} deeds={onServer()} onChoose={setAsking} />
            </>
          }
        >
          {(deed) => <Sure deed={deed} user={props.user.userId} onBack={() => setAsking(null)} onDone={() => done(deed)} />}
        </Show>
      </DialogContent>
    </Dialog>
  )
}

function Deeds(props: { title: string; deeds: readonly Deed[]; onChoose(deed: Deed): void }) {
  return (
    <Show when={props.deeds.length > 0}>
      <section class="-mx-2 border-t border-line px-0 pt-3">
        <h3 class="px-2 pb-1 text-meta font-semibold">{props.title}</h3>
        {/* By their words: what is learned meanwhile must not take a button from under a press. */}
        <For each={props.deeds.map(({ label }) => label)}>
          {(label) => (
            <Show when={props.deeds.find((d) => d.label === label)}>
              {(deed) => (
                <button type="button" class="menu-item" classList={{ 'text-bad': deed().bad ?? false }} onClick={() => props.onChoose(deed())}>
                  <Dynamic component={deed().icon} class={deed().bad ? 'size-4 shrink-0' : 'size-4 shrink-0 text-muted'} aria-hidden="true" />
                  <span class="min-w-0 flex-1 text-start [overflow-wrap:anywhere]">{label}…</span>
                </button>
              )}
            </Show>
          )}
        </For>
      </section>
    </Show>
  )
}

/** Asks before it is done, and says what will happen. */
function Sure(props: { deed: Deed; user: string; onBack(): void; onDone(): void }) {
  const [reason, setReason] = createSignal('')
  const [all, setAll] = createSignal(false)
  const act = createAction((): Promise<Result<unknown>> => (props.deed.bans ? ban(props.user, reason().trim(), all()) : props.deed.run()), { done: () => props.onDone() })
  let back!: HTMLButtonElement
  onMount(() => back.focus())
  return (
    <>
      <DialogTitle>{props.deed.title}</DialogTitle>
      <DialogDescription>{props.deed.text}</DialogDescription>
      <Show when={props.deed.bans}>
        <Area label={t('Why? For those who look after the server.')} value={reason()} limit={BAN_REASON_CHARS} onChange={setReason} />
        <Checkbox checked={all()} onChange={setAll} hint={t('In all rooms, directs too. Nothing brings them back.')}>{t('Delete all that they wrote')}</Checkbox>
      </Show>
      <Fault action={act} />
      <DialogFooter>
        <Button ref={back} variant="outline" onClick={() => props.onBack()}>
          <ChevronLeft class="size-4 mirrored" aria-hidden="true" />
          {t('Back')}
        </Button>
        <Act action={act} variant={props.deed.bad ? 'danger' : 'solid'} label={props.deed.confirm} busyLabel={t('One moment…')} onClick={() => void act.run()} />
      </DialogFooter>
    </>
  )
}
