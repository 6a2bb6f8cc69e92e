import { useNavigate } from '@tanstack/solid-router'
import AtSign from 'lucide-solid/icons/at-sign'
import Check from 'lucide-solid/icons/check'
import CheckCheck from 'lucide-solid/icons/check-check'
import ChevronLeft from 'lucide-solid/icons/chevron-left'
import Hash from 'lucide-solid/icons/hash'
import Inbox from 'lucide-solid/icons/inbox'
import Megaphone from 'lucide-solid/icons/megaphone'
import MessagesSquare from 'lucide-solid/icons/messages-square'
import Reply from 'lucide-solid/icons/reply'
import { Link } from '@tanstack/solid-router'
import { createMemo, createSignal, For, Match, onCleanup, onMount, Show, Switch } from 'solid-js'
import { Dynamic } from 'solid-js/web'
import { useLive } from '~/app/live'
import { explain, type Failure } from '~/http'
import { m, plural, t } from '~/i18n/i18n'
import { T } from '~/i18n/t'
import { shortcutOf } from '~/keys/map'
import { oneLine } from '~/message/one-line'
import type { NoticeKind } from '~/realtime/wire.gen'
import { RowSkeletons } from '~/room/timeline-head'
import { dayOf, fullTimeOf, sameDay, timeOf } from '~/room/times'
import { Avatar } from '~/ui/avatar'
import { Button, buttonVariants } from '~/ui/button'
import { cn } from '~/ui/cn'
import { createFocusKeeper } from '~/ui/focus-keeper'
import { hueOf, personName } from '~/ui/person'
import { showToast } from '~/ui/toast'
import { loadInbox, PAGE, readInbox, type InboxItem } from './inbox'
import { roomLabel } from './notice'

const signs: Readonly<Record<NoticeKind, typeof Hash>> = { mention: AtSign, reply: Reply, thread: MessagesSquare, call: Megaphone, room: Hash }
/** What somebody did, between two people and in a room. */
const kindWords: Readonly<Record<NoticeKind, readonly [direct: string, room: string]>> = {
  mention: [m('{who} mentioned you'), m('{who} mentioned you in {room}')],
  reply: [m('{who} answered you'), m('{who} answered you in {room}')],
  thread: [m('{who} wrote in a thread'), m('{who} wrote in a thread in {room}')],
  call: [m('{who} called everybody'), m('{who} called everybody in {room}')],
  room: [m('{who} wrote to you'), m('{who} wrote in {room}')],
}

/** Pages that are looked through for something unread before somebody has to ask for more. */
const PAGES_AT_ONCE = 4

/** Mentions, replies and news of threads, in one place. */
export function InboxPage() {
  const live = useLive()
  const navigate = useNavigate()
  const [items, setItems] = createSignal<readonly InboxItem[]>([])
  const [hasOlder, setHasOlder] = createSignal(false)
  const [loaded, setLoaded] = createSignal(false)
  const [busy, setBusy] = createSignal(false)
  const [failure, setFailure] = createSignal<Failure>()
  const [all, setAll] = createSignal(false)
  /** Read while they were looked at here: they stay until the list is shown anew. */
  const [kept, setKept] = createSignal<ReadonlySet<number>>(new Set())
  let list: HTMLUListElement | undefined
  let heading!: HTMLHeadingElement
  const byId = createMemo(() => new Map(items().map((item) => [item.id, item])))
  const shown = createMemo<number[]>(
    () => items().filter((item) => all() || !item.read || kept().has(item.id)).map((item) => item.id),
    [],
    { equals: (a, b) => a.join('\n') === b.join('\n') },
  )

  async function load(before?: number): Promise<boolean> {
    setBusy(true)
    const result = await loadInbox(PAGE, before)
    setBusy(false)
    if (!result.ok) {
      setFailure(result.failure)
      return false
    }
    setFailure(undefined)
    live.setInboxUnread(result.value.unread)
    const fresh = new Set(result.value.items.map((item) => item.id))
    setItems((was) => (before === undefined ? [...result.value.items, ...olderThan(was, result.value.items, fresh)] : [...was, ...result.value.items.filter((i) => !was.some((w) => w.id === i.id))]))
    if (before !== undefined || items().length === result.value.items.length) setHasOlder(result.value.hasOlder)
    setLoaded(true)
    return true
  }

  // What is unread may lie behind pages of what is read.
  async function fill() {
    for (let page = 0; page < PAGES_AT_ONCE && !all() && hasOlder(); page++) {
      if (items().filter((item) => !item.read).length >= Math.min(live.inboxUnread(), PAGE)) return
      if (!(await load(items().at(-1)?.id))) return
    }
  }
  const refresh = () => void load().then(fill)

  onMount(() => {
    document.title = t('{title} · Snug', { title: t('Inbox') })
    refresh()
    if (document.activeElement === document.body) heading.focus({ preventScroll: true })
  })
  // News come one by one, and in bursts.
  let timer: ReturnType<typeof setTimeout> | undefined
  onCleanup(() => clearTimeout(timer))
  onCleanup(
    live.connection.subscribe({
      onFrame(frame) {
        if (frame.type !== 'notice' && frame.type !== 'attention' && !(frame.type === 'read' && frame.userId === live.account().id)) return
        clearTimeout(timer)
        timer = setTimeout(refresh, 300)
      },
      onState: (state) => state.status === 'open' && refresh(),
    }),
  )

  async function markRead(what: readonly InboxItem[]) {
    const ids = what.filter((item) => !item.read).map((item) => item.id)
    if (ids.length === 0) return
    setKept((was) => new Set([...was, ...ids]))
    await change(ids, () => readInbox({ ids }))
  }

  async function markAllRead() {
    const newest = items()[0]
    if (!newest) return
    setKept(new Set<number>())
    heading.focus()
    await change(items().map((item) => item.id), () => readInbox({ through: newest.id }))
  }

  // Shown at once, and taken back where the server refuses.
  async function change(ids: readonly number[], ask: () => ReturnType<typeof readInbox>) {
    const before = new Map(items().map((item) => [item.id, item.read]))
    const touched = new Set(ids)
    setItems((was) => was.map((item) => (touched.has(item.id) ? { ...item, read: true } : item)))
    const result = await ask()
    if (result.ok) return refresh()
    setItems((was) => was.map((item) => (touched.has(item.id) ? { ...item, read: before.get(item.id) ?? item.read } : item)))
    showToast({ tone: 'bad', title: t('They are still unread'), text: explain(result.failure) })
  }

  function open(item: InboxItem) {
    void markRead([item])
    void navigate({ to: '/rooms/$slug', params: { slug: item.room }, search: { message: item.message.id } })
  }

  function onKeyDown(event: KeyboardEvent) {
    const pressed = shortcutOf(event, 'lists')
    const links = [...(list?.querySelectorAll<HTMLElement>('[data-entry]') ?? [])]
    const at = links.findIndex((link) => link === document.activeElement || link.parentElement?.contains(document.activeElement))
    if (pressed === 'nextEntry' || pressed === 'previousEntry') {
      const next = links[at < 0 ? 0 : at + (pressed === 'nextEntry' ? 1 : -1)]
      if (!next) return
      event.preventDefault()
      next.focus()
    } else if (pressed === 'readEntry') {
      const item = byId().get(Number(links[at]?.dataset['entry']))
      if (!item) return
      event.preventDefault()
      void markRead([item])
    }
  }

  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- keys go from entry to entry
    <main id="main" tabindex="-1" class="flex min-w-0 flex-1 flex-col outline-none" onKeyDown={onKeyDown}>
      <header class="flex h-14 shrink-0 items-center gap-2 tight:h-auto tight:flex-wrap border-b border-line ps-1 pe-2 sm:ps-5 sm:pe-4">
        <Link to="/rooms" class={cn(buttonVariants({ variant: 'quiet', size: 'icon' }), 'sm:hidden')} aria-label={t('All rooms')}>
          <ChevronLeft class="size-5 mirrored" aria-hidden="true" />
        </Link>
        <h1 ref={heading} tabindex="-1" class="min-w-0 truncate text-title font-semibold tracking-tight outline-none">{t('Inbox')}</h1>
        <div class="ms-auto flex items-center gap-1">
          <Filter all={all()} onChange={setAll} onAll={() => setKept(new Set<number>())} />
          <Button variant="quiet" size="icon" class="text-muted" disabled={live.inboxUnread() === 0} onClick={() => void markAllRead()} aria-label={t('Mark all as read')} title={t('Mark all as read')}>
            <CheckCheck class="size-4.5" aria-hidden="true" />
          </Button>
        </div>
      </header>
      <div class="scrollbar-calm min-h-0 flex-1 overflow-y-auto" aria-busy={busy()}>
        <Switch fallback={<div class="p-4 sm:px-5"><RowSkeletons count={5} /></div>}>
          <Match when={shown().length > 0}>
            <ul ref={(element) => (list = element)} class="max-w-[56rem] py-2" aria-label={t('Entries')}>
              <For each={shown()}>
                {(id) => {
                  const item = createMemo<InboxItem | undefined>((last) => byId().get(id) ?? last)
                  return <Show when={item()}>{(i) => <Entry item={i()} onOpen={() => open(i())} onRead={() => void markRead([i()])} />}</Show>
                }}
              </For>
            </ul>
            <Show when={hasOlder()}>
              <div class="px-4 pb-6 sm:px-5">
                <Button variant="outline" size="small" disabled={busy()} onClick={() => void load(items().at(-1)?.id)}>{t('Show older')}</Button>
              </div>
            </Show>
          </Match>
          <Match when={failure()}>
            {(f) => (
              <div class="flex flex-col items-start gap-3 p-4 sm:px-5" role="alert">
                <p class="text-body">{t("Your inbox couldn't be loaded. {why}", { why: explain(f()) })}</p>
                <Button variant="outline" size="small" onClick={refresh}>{t('Try again')}</Button>
              </div>
            )}
          </Match>
          <Match when={loaded()}>
            <div class="grid min-h-full place-items-center p-6">
              <div class="flex max-w-sm flex-col items-start gap-2">
                <Inbox class="size-7 text-muted" aria-hidden="true" />
                <h2 class="mt-1 text-title font-semibold">{all() || items().length === 0 ? t('Nothing here yet') : t('All read')}</h2>
                <p class="text-body text-muted">
                  {all() || items().length === 0
                    ? t('When somebody mentions you, answers you, or writes in a thread that you follow, it comes here.')
                    : t('What you were called by is dealt with.')}
                </p>
                <Show when={items().length === 0}>
                  <Link to="/browse" class={`${buttonVariants({ variant: 'outline' })} mt-2`}>{t('Browse rooms')}</Link>
                </Show>
                <Show when={!all() && items().length > 0}>
                  <Button variant="outline" class="mt-2" onClick={() => setAll(true)}>{t('Show what you have read')}</Button>
                </Show>
              </div>
            </div>
          </Match>
        </Switch>
      </div>
      <p class="sr-only" role="status">{loaded() && !busy() ? plural(live.inboxUnread(), '1 unread', '{count} unread') : ''}</p>
    </main>
  )
}

// A page that was asked for anew has the newest; what is behind it is still known.
function olderThan(was: readonly InboxItem[], now: readonly InboxItem[], fresh: ReadonlySet<number>): InboxItem[] {
  const last = now.at(-1)
  const behind = last ? was.findIndex((item) => item.id === last.id) : -1
  return behind < 0 ? [] : was.slice(behind + 1).filter((item) => !fresh.has(item.id))
}

function Filter(props: { all: boolean; onChange(all: boolean): void; onAll(): void }) {
  return (
    <div class="flex rounded-control border border-line p-0.5" role="group" aria-label={t('Show@@which entries')}>
      <For each={[false, true]}>
        {(all) => (
          <button
            type="button"
            class="forced-border h-7 rounded-[4px] border-transparent px-2.5 text-meta text-muted hover:text-ink aria-pressed:bg-ink/7 aria-pressed:font-medium aria-pressed:text-ink pointer-coarse:h-10"
            aria-pressed={props.all === all}
            onClick={() => {
              props.onAll()
              props.onChange(all)
            }}
          >
            {all ? t('All') : t('Unread')}
          </button>
        )}
      </For>
    </div>
  )
}

function Entry(props: { item: InboxItem; onOpen(): void; onRead(): void }) {
  const message = () => props.item.message
  const deleted = () => message().deletedAt !== undefined
  // Between two people the room is the other one.
  const direct = () => props.item.roomKind === 'direct'
  let row!: HTMLLIElement
  const keepFocus = createFocusKeeper(() => props.item.read, () => row)
  return (
    <li ref={row} class="group relative flex items-start border-b border-line/60 hover:bg-ink/[0.03] focus-within:bg-ink/[0.03]">
      <a
        href={`/rooms/${encodeURIComponent(props.item.room)}?message=${encodeURIComponent(message().id)}`}
        data-entry={props.item.id}
        class="flex min-w-0 flex-1 gap-3 py-3 ps-4 pe-1 focus-visible:-outline-offset-2 sm:ps-5"
        onClick={(event) => {
          if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
          event.preventDefault()
          props.onOpen()
        }}
      >
        <span class="relative mt-0.5 shrink-0 self-start">
          <Avatar userId={message().userId} name={message().userName} image={message().userImage} class="size-9" />
          <Show when={!direct() || props.item.kind !== 'room'}>
            <span class="absolute -end-1 -bottom-1 grid size-4.5 place-items-center rounded-full border border-paper bg-surface text-muted">
              <Dynamic component={signs[props.item.kind]} class="size-3" aria-hidden="true" />
            </span>
          </Show>
        </span>
        <span class="min-w-0 flex-1">
          <span class="flex flex-wrap items-baseline gap-x-1.5 text-meta text-muted">
            <T
              text={kindWords[props.item.kind][direct() ? 0 : 1]}
              who={<span class="person-name min-w-0 truncate font-semibold" style={{ '--hue': hueOf(message().userId) }} dir="auto">{personName(message().userName) || t('Somebody')}</span>}
              room={<span class="min-w-0 truncate" dir="auto">{roomLabel(props.item)}</span>}
            />
            <time class="shrink-0 text-day tabular-nums" dateTime={new Date(props.item.at).toISOString()} title={fullTimeOf(props.item.at)}>{when(props.item.at)}</time>
          </span>
          <span class="two-lines mt-0.5 text-body [overflow-wrap:anywhere]" classList={{ 'text-muted': props.item.read }} dir="auto">
            {deleted() ? t('Message deleted') : oneLine(message())}
          </span>
        </span>
      </a>
      <span class="relative grid size-12 shrink-0 place-items-center">
        <Show when={!props.item.read}>
          <span class="forced-border absolute inset-0 m-auto size-2 rounded-full bg-accent transition-opacity group-hover:opacity-0 group-focus-within:opacity-0 pointer-coarse:hidden" />
          <span class="sr-only">{t('Unread')}</span>
          <Button
            variant="quiet" size="icon"
            class="text-muted opacity-0 group-hover:opacity-100 focus-visible:opacity-100 group-focus-within:opacity-100 pointer-coarse:text-accent-strong pointer-coarse:opacity-100"
            aria-label={t('Mark as read')} title={t('Mark as read')}
            onClick={() => {
              keepFocus()
              props.onRead()
            }}
          >
            <Check class="size-4.5" aria-hidden="true" />
          </Button>
        </Show>
      </span>
    </li>
  )
}

function when(at: number): string {
  return sameDay(at, Date.now()) ? timeOf(at) : dayOf(at, Date.now())
}
