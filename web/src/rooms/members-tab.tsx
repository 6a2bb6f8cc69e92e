import { useRouter } from '@tanstack/solid-router'
import Ellipsis from 'lucide-solid/icons/ellipsis'
import MessageSquare from 'lucide-solid/icons/message-square'
import MicOff from 'lucide-solid/icons/mic-off'
import SearchIcon from 'lucide-solid/icons/search'
import UserRoundMinus from 'lucide-solid/icons/user-round-minus'
import LinkIcon from 'lucide-solid/icons/link'
import UserRoundPlus from 'lucide-solid/icons/user-round-plus'
import { createMemo, createSignal, For, lazy, Match, onCleanup, Show, Suspense, Switch } from 'solid-js'
import { createAction } from '~/account/action'
import { meQuery } from '~/account/me'
import { Confirm } from '~/account/modal'
import { Act, Fault } from '~/account/parts'
import { useLive } from '~/app/live'
import { labelOf } from '~/app/naming'
import { explain, type Result } from '~/http'
import { m, t } from '~/i18n/i18n'
import { PanelFailure } from '~/message/panel-frame'
import { StateDot, stateWords, StatusSign } from '~/people/state-dot'
import { may, outranks } from '~/permissions.gen'
import { useQuery } from '~/query'
import type { Member, RoomInfo, User } from '~/realtime/wire.gen'
import { momentOf } from '~/room/room-foot'
import type { Me } from '~/room/rows'
import type { RoomSession } from '~/room/session'
import { Avatar } from '~/ui/avatar'
import { Badge } from '~/ui/badge'
import { Button, buttonVariants } from '~/ui/button'
import { Skeleton } from '~/ui/skeleton'
import { showToast } from '~/ui/toast'
import { getMembers, makeRoom, muteMember, putMember, removeMember } from './calls'
import { roleWords } from './event-words'
import { whoMay } from './kind-words'
import { MenuFloat, type MenuEntry } from './menu-float'
import { createPages } from './pages'
import { PeoplePicker } from './people-picker'

/** Several events at once are one reason to look again. */
const AGAIN_MS = 300
const ADD_LIMIT = 20
/** From so many members on one looks for them. */
const SEARCH_FROM = 8

const MUTES: readonly { label: string; seconds: number }[] = [
  { label: m('Mute for 10 minutes'), seconds: 600 },
  { label: m('Mute for an hour'), seconds: 3_600 },
  { label: m('Mute for a day'), seconds: 86_400 },
  { label: m('Mute for a week'), seconds: 604_800 },
]

/** The roles that are given in a room. */
const GIVEN = ['owner', 'moderator', 'member'] as const
const still = { owner: m('{name} is still owner'), moderator: m('{name} is still moderator'), member: m('{name} is still member') }

/** Who is in the room, and what may be done with them. */
export function MembersTab(props: { session: RoomSession; info: RoomInfo; me: Me; onChanged(): void }) {
  const live = useLive()
  const router = useRouter()
  // A panel is for one room.
  const { session } = props
  const { slug } = session
  const [text, setText] = createSignal('')
  const [adding, setAdding] = createSignal(false)
  const [inviting, setInviting] = createSignal(false)
  const account = useQuery(() => meQuery)
  // Into a public room nobody needs one but who has no account yet.
  const invites = () => !account.isPending && account.data !== undefined && adds() && slug !== 'global' && (kind() !== 'public' || may('invite', account.data.role, 'server'))
  const [open, setOpen] = createSignal<{ member: Member; anchor: HTMLElement } | null>(null)
  const [leaves, setLeaves] = createSignal<Member | null>(null)
  const pages = createPages<Member>(
    () => text().trim(),
    async (query, after, signal) => {
      const result = await getMembers(slug, query, after, signal)
      return result.ok ? { ok: true, value: { items: result.value.members, next: result.value.next } } : result
    },
  )
  const ids = createMemo(() => pages.items()?.map((member) => member.userId))
  // It still shows while it closes.
  const invited = createMemo<boolean>((before) => before || inviting(), false)
  live.presence.watch(() => ids() ?? [])
  const stateOf = (id: string) => live.presence.of(id)?.state
  const find = (id: string) => pages.items()?.find((member) => member.userId === id)
  const kind = () => props.info.kind
  const role = () => props.info.role
  const adds = () => may('add_people', role(), kind())

  let timer: ReturnType<typeof setTimeout> | undefined
  const again = () => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      pages.reload()
      props.onChanged()
    }, AGAIN_MS)
  }
  onCleanup(session.watch((event) => event !== 'refused' && again()))
  onCleanup(() => clearTimeout(timer))

  async function change(result: Promise<Result<unknown>>, failed: string) {
    const { ok, ...rest } = await result
    if (!ok && 'failure' in rest) showToast({ tone: 'bad', title: failed, text: explain(rest.failure) })
    again()
  }

  async function write(to: Member) {
    const result = await makeRoom({ name: '', kind: 'direct', people: [to.userId] })
    if (!result.ok) return showToast({ tone: 'bad', title: t('No conversation with {name}', { name: to.userName }), text: explain(result.failure) })
    void live.rooms.load()
    void router.navigate({ to: '/rooms/$slug', params: { slug: result.value.slug } })
  }

  const remove = createAction((member: Member) => removeMember(slug, member.userId), { done: again })

  function entries(member: Member): MenuEntry[][] {
    const self = member.userId === props.me.id
    // What one is told to be, others may not want: one has to stand above them.
    const above = !self && outranks(role(), member.role)
    const muted = member.mutedUntil > Date.now()
    const said = { name: member.userName }
    const has = GIVEN.find((given) => given === member.role)
    return [
      self || kind() === 'direct' ? [] : [{ label: t('Write to {name}', said), icon: MessageSquare, act: () => void write(member) }],
      may('set_roles', role(), kind()) && (above || self) && has
        ? GIVEN.filter((given) => given !== 'owner' || role() === 'owner').map((given) => ({
            label: t(roleWords[given]),
            checked: has === given,
            act: () => void (given === has || change(putMember(slug, member.userId, given), t(still[has], said))),
          }))
        : [],
      may('mute', role(), kind()) && above
        ? muted
          ? [{ label: t('Let them write again'), icon: MicOff, act: () => void change(muteMember(slug, member.userId, 0), t('{name} is still muted', said)) }]
          : MUTES.map(({ label, seconds }) => ({ label: t(label), icon: MicOff, act: () => void change(muteMember(slug, member.userId, seconds), t('{name} is not muted', said)) }))
        : [],
      may('remove_people', role(), kind()) && above ? [{ label: t('Remove from the room…'), icon: UserRoundMinus, bad: true, act: () => setLeaves(member) }] : [],
    ]
  }
  const acts = (member: Member) => entries(member).some((group) => group.length > 0)

  return (
    <>
      <Show when={kind() !== 'direct'}>
        <div class="flex flex-col gap-3 border-b border-line px-4 py-3">
          <Show when={adds()} fallback={<p class="text-meta text-muted">{whoMay('add_people', kind())}</p>}>
            <Show
              when={adding()}
              fallback={
                <div class="flex flex-wrap gap-2">
                  <Button variant="outline" size="small" onClick={() => setAdding(true)}>
                    <UserRoundPlus class="size-4" aria-hidden="true" />
                    {t('Add people')}
                  </Button>
                  <Show when={invites()}>
                    <Button variant="outline" size="small" onClick={() => setInviting(true)}>
                      <LinkIcon class="size-4" aria-hidden="true" />
                      {t('Invite by link')}
                    </Button>
                  </Show>
                </div>
              }
            >
              <Adding
                slug={slug}
                without={(id) => id === props.me.id || find(id) !== undefined}
                onDone={() => {
                  setAdding(false)
                  again()
                }}
              />
            </Show>
          </Show>
          <Show when={props.info.members >= SEARCH_FROM || text() !== ''}>
            <label class="relative">
              <span class="sr-only">{t('Search members')}</span>
              <SearchIcon class="pointer-events-none absolute start-3 top-1/2 size-4 -translate-y-1/2 text-muted" aria-hidden="true" />
              <input
                type="search"
                class="h-10 w-full rounded-control border border-line-strong/70 bg-surface ps-9 pe-3 text-body placeholder:text-muted pointer-coarse:h-11 pointer-coarse:text-[1rem]"
                placeholder={t('Search members')}
                value={text()}
                onInput={(event) => setText(event.currentTarget.value)}
              />
            </label>
          </Show>
        </div>
      </Show>
      <Switch fallback={<MemberSkeletons />}>
        <Match when={pages.failure() !== null && pages.items() === undefined && pages.failure()}>
          {(failure) => <PanelFailure what={t("The members couldn't be loaded.")} failure={failure()} onRetry={pages.reload} />}
        </Match>
        <Match when={ids()?.length === 0}>
          <p class="p-4 text-body text-muted">{text().trim() === '' ? t('Nobody has joined yet.') : t('No member is called “{words}”.', { words: text().trim() })}</p>
          <Show when={text().trim() !== ''}>
            <Button variant="outline" size="small" class="mx-4" onClick={() => setText('')}>{t('Show all members')}</Button>
          </Show>
        </Match>
        <Match when={ids()}>
          <ul class="px-2 py-2" aria-label={t('Members')}>
            <For each={ids()}>
              {(id) => (
                <Show when={find(id)}>
                  {(member) => (
                    <li class="flex min-h-12 items-center gap-2.5 rounded-control px-2 hover:bg-ink/[0.03]">
                      <span class="relative shrink-0">
                        <Avatar userId={member().userId} name={member().userName} image={member().userImage} class="size-8" />
                        <StateDot state={stateOf(id)} />
                      </span>
                      <span class="min-w-0 flex-1">
                        <span class="flex items-center gap-1.5">
                          <span class="min-w-0 truncate text-body" dir="auto">
                            {member().userName}
                            <Show when={id === props.me.id}><span class="text-muted"> {t('(you)')}</span></Show>
                          </span>
                          <StatusSign status={live.presence.of(id)?.status} />
                        </span>
                        <Show when={member().mutedUntil > Date.now()}>
                          <span class="block text-day text-warn">{t('Muted until {when}', { when: momentOf(member().mutedUntil) })}</span>
                        </Show>
                      </span>
                      <Show when={member().role !== 'member' && kind() !== 'group' && kind() !== 'direct'}>
                        <Badge>{t(roleWords[member().role])}</Badge>
                      </Show>
                      <Show when={stateWords(stateOf(id))}>{(words) => <span class="sr-only"> ({words()})</span>}</Show>
                      <Show when={acts(member())} fallback={<span class="w-9 pointer-coarse:w-11" />}>
                        <button
                          type="button"
                          class={`${buttonVariants({ variant: 'quiet', size: 'icon' })} text-muted`}
                          aria-label={t('What to do with {name}', { name: member().userName })}
                          aria-haspopup="menu"
                          onClick={(event) => setOpen({ member: member(), anchor: event.currentTarget })}
                        >
                          <Ellipsis class="size-4.5" aria-hidden="true" />
                        </button>
                      </Show>
                    </li>
                  )}
                </Show>
              )}
            </For>
          </ul>
          <Show when={pages.more()}>
            <Button variant="outline" size="small" class="mx-4 mb-4 self-start" aria-busy={pages.loading()} onClick={() => pages.loadMore()}>{t('Show more')}</Button>
          </Show>
          <Show when={pages.failure()}>
            {(failure) => <PanelFailure what={t("The members couldn't be loaded.")} failure={failure()} onRetry={pages.reload} />}
          </Show>
        </Match>
      </Switch>
      <Show when={open()} keyed>
        {(o) => (
          <MenuFloat
            anchor={o.anchor}
            label={o.member.userName}
            groups={entries(o.member)}
            onClose={() => {
              setOpen(null)
              o.anchor.focus({ preventScroll: true })
            }}
          />
        )}
      </Show>
      <Show when={invited()}>
        <Suspense>
          <InviteDialog open={inviting()} room={{ slug, label: labelOf(props.info) }} onClose={() => setInviting(false)} />
        </Suspense>
      </Show>
      <Confirm
        target={leaves()}
        onClose={() => setLeaves(null)}
        title={(member) => t('Remove {name}?', { name: member.userName })}
        text={(member) =>
          kind() === 'public'
            ? t('{name} is no longer a member, but can come back: the room is public.', { name: member.userName })
            : t('{name} will no longer see the room, nor what was said in it. What they wrote stays.', { name: member.userName })
        }
        label={t('Remove')}
        busyLabel={t('Removing…')}
        action={remove}
      />
    </>
  )
}

const InviteDialog = lazy(async () => ({ default: (await import('~/account/invites-page')).MakeDialog }))

function Adding(props: { slug: string; without(id: string): boolean; onDone(): void }) {
  const [people, setPeople] = createSignal<readonly User[]>([])
  // One by one: who is in by then stays in.
  const add = createAction(async (): Promise<Result<true>> => {
    for (const person of people()) {
      const result = await putMember(props.slug, person.userId)
      if (!result.ok) return result
      setPeople((rest) => rest.filter((p) => p !== person))
    }
    return { ok: true, value: true }
  }, { done: () => props.onDone() })
  return (
    <form
      class="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault()
        if (people().length > 0) void add.run()
      }}
    >
      <PeoplePicker label={t('Add people')} chosen={people()} limit={ADD_LIMIT} without={(id) => props.without(id)} autofocus onChange={setPeople} />
      <Fault action={add} />
      <div class="flex gap-2">
        <Act action={add} size="small" label={t('Add')} busyLabel={t('Adding…')} disabled={people().length === 0} />
        <Button variant="quiet" size="small" onClick={() => props.onDone()}>{t('Cancel')}</Button>
      </div>
    </form>
  )
}

function MemberSkeletons() {
  return (
    <div class="flex flex-col gap-4 p-4" aria-busy="true">
      <span class="sr-only" role="status">{t('Loading the members')}</span>
      <For each={['w-32', 'w-24', 'w-40', 'w-28']}>
        {(width) => (
          <div class="flex items-center gap-2.5">
            <Skeleton class="size-8 rounded-full" />
            <Skeleton class={`h-3.5 ${width}`} />
          </div>
        )}
      </For>
    </div>
  )
}
