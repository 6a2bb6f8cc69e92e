import { Link, useRouter } from '@tanstack/solid-router'
import ChevronLeft from 'lucide-solid/icons/chevron-left'
import Hash from 'lucide-solid/icons/hash'
import Plus from 'lucide-solid/icons/plus'
import SearchIcon from 'lucide-solid/icons/search'
import { createEffect, createMemo, createSignal, For, Match, onMount, Show, Switch } from 'solid-js'
import { ago } from '~/account/times'
import { useLive } from '~/app/live'
import { explain } from '~/http'
import { plural, t } from '~/i18n/i18n'
import { may } from '~/permissions.gen'
import type { ListedRoom } from '~/realtime/wire.gen'
import { Badge } from '~/ui/badge'
import { Button, buttonVariants } from '~/ui/button'
import { Choice } from '~/ui/choice'
import { createFocusKeeper } from '~/ui/focus-keeper'
import { Skeleton } from '~/ui/skeleton'
import { showToast } from '~/ui/toast'
import { getBrowse, joinRoom } from './calls'
import { createPages } from './pages'

/** The public rooms of the server: to look into, and to join. */
export function BrowsePage() {
  const live = useLive()
  const router = useRouter()
  const [text, setText] = createSignal('')
  const [archived, setArchived] = createSignal<'no' | 'yes'>('no')
  const [joined, setJoined] = createSignal<ReadonlySet<string>>(new Set())
  const pages = createPages<ListedRoom>(
    () => text().trim(),
    async (query, after, signal) => {
      const result = await getBrowse(query, after, signal)
      return result.ok ? { ok: true, value: { items: result.value.rooms, next: result.value.next } } : result
    },
  )
  const shown = createMemo(() => pages.items()?.filter((r) => r.archivedAt > 0 === (archived() === 'yes')))
  const makes = () => may('make_public_room', live.account().guest ? 'guest' : 'member', 'server')

  onMount(() => {
    document.title = t('Browse rooms · Snug')
  })
  // Of a piece with none of the wanted ones the next is looked at.
  createEffect(() => {
    if (shown()?.length === 0 && pages.more() && !pages.loading() && !pages.failure()) pages.loadMore()
  })

  async function join(room: ListedRoom) {
    const result = await joinRoom(room.slug)
    if (!result.ok) return showToast({ tone: 'bad', title: t('You are not in {room}', { room: `#${room.slug}` }), text: explain(result.failure) })
    setJoined((set) => new Set(set).add(room.slug))
    void live.rooms.load()
    showToast({
      title: t('You are in {room}', { room: room.name }),
      action: { label: t('Open@@the verb'), act: () => void router.navigate({ to: '/rooms/$slug', params: { slug: room.slug } }) },
    })
  }

  return (
    <main id="main" tabindex="-1" class="scrollbar-calm min-w-0 flex-1 overflow-y-auto outline-none">
      <div class="mx-auto flex min-h-full w-full max-w-[44rem] flex-col px-3 pb-10 sm:px-6 md:mx-0 md:px-10">
        <header class="sticky top-0 z-10 -mx-3 flex h-14 items-center tight:h-auto tight:flex-wrap gap-1 bg-paper ps-1 pe-3 sm:static sm:mx-0 sm:h-auto sm:px-0 sm:pt-10">
          <Link to="/rooms" class={`${buttonVariants({ variant: 'quiet', size: 'icon' })} sm:hidden`} aria-label={t('All rooms')}>
            <ChevronLeft class="size-5 mirrored" aria-hidden="true" />
          </Link>
          <h1 tabindex="-1" class="min-w-0 flex-1 tight:basis-1/2 truncate outline-none text-title font-semibold tracking-tight sm:text-headline">{t('Browse rooms')}</h1>
          <Show when={makes()}>
            <Button variant="outline" onClick={() => live.desk.ask({ what: 'make' })}>
              <Plus class="size-4" aria-hidden="true" />
              {t('New room')}
            </Button>
          </Show>
        </header>
        <p class="mt-1 max-w-[36rem] text-body text-muted">{t('The public rooms of this server. Look into any of them; join those that you want in your list.')}</p>
        <div class="mt-5 flex flex-wrap items-stretch gap-3">
          <label class="relative min-w-0 flex-1 basis-56">
            <span class="sr-only">{t('Search rooms')}</span>
            <SearchIcon class="pointer-events-none absolute start-3 top-1/2 size-4 -translate-y-1/2 text-muted" aria-hidden="true" />
            <input
              type="search"
              class="h-11 w-full rounded-control border border-line-strong/70 bg-surface ps-9 pe-3 text-body placeholder:text-muted pointer-coarse:text-[1rem]"
              placeholder={t('Search by name or topic')}
              value={text()}
              onInput={(event) => setText(event.currentTarget.value)}
            />
          </label>
          <div class="w-full sm:w-52">
            <Choice label={t('Which rooms')} hideLabel options={[{ value: 'no', label: t('Open@@rooms that are not archived') }, { value: 'yes', label: t('Archived') }]} value={archived()} onChange={setArchived} />
          </div>
        </div>
        <p class="sr-only" role="status">
          {shown() && !pages.loading() ? plural(shown()?.length ?? 0, '1 room', '{count} rooms') : ''}
        </p>
        <Switch fallback={<RoomSkeletons />}>
          <Match when={pages.failure() !== null && pages.failure()}>
            {(failure) => (
              <div class="mt-6 flex flex-wrap items-center justify-between gap-3 rounded-card border border-line bg-surface p-4" role="alert">
                <p class="min-w-0 flex-1 basis-56 text-body">{t("The rooms couldn't be loaded.")} {explain(failure())}</p>
                <Button variant="outline" onClick={() => pages.reload()}>{t('Try again')}</Button>
              </div>
            )}
          </Match>
          <Match when={shown()?.length === 0 && !pages.loading()}>
            <div class="mt-6 flex flex-col items-start gap-3 rounded-card border border-dashed border-line-strong/50 p-5">
              <p class="text-body text-muted">
                {text().trim() !== ''
                  ? archived() === 'yes'
                    ? t('No archived room is called “{words}” or speaks of it.', { words: text().trim() })
                    : t('No room is called “{words}” or speaks of it.', { words: text().trim() })
                  : archived() === 'yes'
                    ? t('No public room is archived. Archived rooms stay readable, but nobody can write in them.')
                    : t('There is no public room yet. A room is for one subject, or for one circle of people.')}
              </p>
              <Show when={text().trim() !== ''}>
                <Button variant="outline" onClick={() => setText('')}>{t('Show all rooms')}</Button>
              </Show>
              <Show when={makes() && archived() === 'no'}>
                <Button onClick={() => live.desk.ask({ what: 'make' })}>{t('Make a room')}</Button>
              </Show>
            </div>
          </Match>
          <Match when={shown()?.length}>
            <ul class="mt-5 divide-y divide-line rounded-card border border-line bg-surface" aria-label={t('Public rooms')} aria-busy={pages.loading()}>
              <For each={shown()}>
                {(room) => {
                  const inIt = () => room.joined || joined().has(room.slug)
                  let ways!: HTMLDivElement
                  const keepFocus = createFocusKeeper(inIt, () => ways)
                  return (
                    <li class="flex flex-wrap items-center gap-x-4 gap-y-2 p-4">
                      <div class="flex min-w-0 flex-1 basis-52 gap-3">
                        <Hash class="mt-0.5 size-4.5 shrink-0 text-muted" aria-hidden="true" />
                        <div class="min-w-0">
                          <h2 class="flex flex-wrap items-center gap-x-2 text-body font-medium">
                            <Link to="/rooms/$slug" params={{ slug: room.slug }} class="min-w-0 rounded-control [overflow-wrap:anywhere] hover:underline" dir="auto">{room.name}</Link>
                            <Show when={inIt()}><Badge tone="good">{t('You are in it')}</Badge></Show>
                          </h2>
                          <Show when={room.topic !== ''}>
                            <p class="line-clamp-2 text-meta [overflow-wrap:anywhere]" dir="auto">{room.topic}</p>
                          </Show>
                          <p class="text-meta text-muted">
                            {room.lastAt > 0
                              ? plural(room.members, '1 member, last message {when}', '{count} members, last message {when}', { when: ago(room.lastAt, Date.now()) })
                              : plural(room.members, '1 member, nothing said yet', '{count} members, nothing said yet')}
                          </p>
                        </div>
                      </div>
                      <div ref={ways} class="flex gap-2 max-sm:ps-7.5">
                        <Link to="/rooms/$slug" params={{ slug: room.slug }} class={buttonVariants({ variant: 'outline', size: 'small' })} aria-label={inIt() ? t('Open {room}', { room: room.name }) : t('Look into {room}', { room: room.name })}>
                          {inIt() ? t('Open@@the verb') : t('Look into')}
                        </Link>
                        <Show when={!inIt() && room.archivedAt === 0}>
                          <Button size="small" aria-label={t('Join {room}', { room: room.name })} onClick={() => {
                            keepFocus()
                            void join(room)
                          }}>
                            {t('Join')}
                          </Button>
                        </Show>
                      </div>
                    </li>
                  )
                }}
              </For>
            </ul>
            <Show when={pages.more()}>
              <Button variant="outline" class="mt-4 self-center" aria-busy={pages.loading()} onClick={() => pages.loadMore()}>{t('Show more')}</Button>
            </Show>
          </Match>
        </Switch>
      </div>
    </main>
  )
}

function RoomSkeletons() {
  return (
    <div class="mt-5 divide-y divide-line rounded-card border border-line bg-surface" aria-busy="true">
      <span class="sr-only" role="status">{t('Loading the rooms')}</span>
      <For each={['w-24', 'w-40', 'w-32', 'w-28']}>
        {(width) => (
          <div class="flex flex-col gap-2.5 p-4">
            <Skeleton class={`h-3.5 ${width}`} />
            <Skeleton class="h-3 w-3/5" />
          </div>
        )}
      </For>
    </div>
  )
}
