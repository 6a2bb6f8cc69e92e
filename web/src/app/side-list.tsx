import { useRouter, useRouterState } from '@tanstack/solid-router'
import ChevronDown from 'lucide-solid/icons/chevron-down'
import Compass from 'lucide-solid/icons/compass'
import SquarePen from 'lucide-solid/icons/square-pen'
import { createMemo, createSelector, createSignal, For, onCleanup, Show, type JSX } from 'solid-js'
import { plural, t } from '~/i18n/i18n'
import { shortcutOf } from '~/keys/map'
import { stateWords, StatusSign } from '~/people/state-dot'
import { KindIcon } from '~/rooms/kind-icon'
import { Button } from '~/ui/button'
import { Skeleton } from '~/ui/skeleton'
import { useLive } from './live'
import { nameOf } from './naming'
import { UNREAD_LIMIT } from './counts'
import { DIRECTS, ROOMS, sectionsOf, type Section } from './sections'

/** Loading that is over sooner shows nothing of itself. */
const SKELETON_MS = 200
/** A finger that rests this long on a room asks what can be done with it. */
const LONG_PRESS_MS = 450
/** A finger that moves further than this scrolls. */
const STILL_PX = 10

/**
 * The rooms, under their headings. Rows are plain links, and one handler is for all of
 * them: people have hundreds of rooms. One of them is in the order of the Tab key, and
 * arrow keys go from one to the next.
 */
export function SideList() {
  const { rooms, list, desk, presence } = useLive()
  const router = useRouter()
  const here = useRouterState({ select: (s) => /^\/rooms\/([^/]+)/.exec(s.location.pathname)?.[1] })
  const atBrowse = useRouterState({ select: (s) => s.location.pathname.startsWith('/browse') })
  const shown = () => decodeURIComponent(here() ?? '')
  const isShown = createSelector(shown)
  let nav!: HTMLElement

  const sections = createMemo(() => sectionsOf(rooms.rooms(), list.order()))
  // A section keeps its element, and a room its own, while its numbers change.
  const keys = createMemo(() => sections().map((s) => s.key), [], { equals: same })
  const section = (key: string) => sections().find((s) => s.key === key)

  presence.watch(() => sections().flatMap((s) => (list.folded(s.key) ? [] : s.rooms.flatMap((r) => (r.kind === 'direct' ? r.people.map((p) => p.userId) : [])))))

  const [focused, setFocused] = createSignal('')
  const stop = createMemo(() => {
    const open = sections().flatMap((s) => [`section ${s.key}`, ...(list.folded(s.key) ? [] : s.rooms.map((r) => `room ${r.slug}`))])
    const wanted = [focused(), `room ${shown()}`].find((key) => open.includes(key))
    return wanted ?? open[0]
  })
  const isStop = createSelector(stop)
  const tabindex = (key: string) => (isStop(key) ? 0 : -1)

  function go(slug: string) {
    void router.navigate({ to: '/rooms/$slug', params: { slug }, search: {} })
  }

  function onClick(event: MouseEvent) {
    const row = rowOf(event.target)
    const slug = row?.dataset['room']
    if (swallow) {
      swallow = false
      event.preventDefault()
      return
    }
    // Another tab or window is the browser's business.
    if (slug === undefined || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    go(slug)
  }

  function onKeyDown(event: KeyboardEvent) {
    const target = event.target instanceof HTMLElement ? event.target : null
    const all = [...nav.querySelectorAll<HTMLElement>('[data-stop]')]
    const at = target ? all.indexOf(target) : -1
    if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return
    const folds = target?.getAttribute('aria-expanded')
    const [inward, outward] = getComputedStyle(nav).direction === 'rtl' ? ['ArrowLeft', 'ArrowRight'] : ['ArrowRight', 'ArrowLeft']
    if (event.key === 'ArrowDown') all[at + 1]?.focus()
    else if (event.key === 'ArrowUp') all[at - 1]?.focus()
    else if (event.key === 'Home') all[0]?.focus()
    else if (event.key === 'End') all.at(-1)?.focus()
    else if ((event.key === inward && folds === 'false') || (event.key === outward && folds === 'true')) target?.click()
    else if (shortcutOf(event, 'rooms') === 'favourite' && target?.dataset['room'] !== undefined) favour(target.dataset['room'])
    else return
    event.preventDefault()
  }

  function favour(slug: string) {
    const room = rooms.find(slug)
    if (room) void rooms.settle(slug, { favourite: !room.favourite })
    // Its row is in another section by then.
    queueMicrotask(() => [...nav.querySelectorAll<HTMLElement>('a[data-room]')].find((a) => a.dataset['room'] === slug)?.focus())
  }

  // Long presses, by pointer events: not all browsers tell of them by themselves.
  let held: { timer: ReturnType<typeof setTimeout>; x: number; y: number } | undefined
  // What ends a long press is no click on what is below the finger.
  let swallow = false
  function endPress() {
    clearTimeout(held?.timer)
    held = undefined
  }
  onCleanup(endPress)
  function onPointerDown(event: PointerEvent) {
    endPress()
    swallow = false
    const slug = rowOf(event.target)?.dataset['room']
    if (slug === undefined || event.pointerType === 'mouse' || !event.isPrimary) return
    const timer = setTimeout(() => {
      held = undefined
      swallow = true
      navigator.vibrate?.(10)
      desk.ask({ what: 'menu', slug, anchor: null })
    }, LONG_PRESS_MS)
    held = { timer, x: event.clientX, y: event.clientY }
  }
  function onPointerMove(event: PointerEvent) {
    if (held && Math.hypot(event.clientX - held.x, event.clientY - held.y) > STILL_PX) endPress()
  }
  // Right click, and the menu key on the row that has the focus.
  function onContextMenu(event: MouseEvent) {
    const row = rowOf(event.target)
    const slug = row?.dataset['room']
    if (slug === undefined) return
    event.preventDefault()
    if (held || swallow) return
    row?.focus({ preventScroll: true })
    desk.ask({ what: 'menu', slug, anchor: row })
  }

  return (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions -- keys go from room to room; each row is a link of its own
    <nav
      ref={nav}
      aria-label={t('Rooms')}
      class="scrollbar-calm min-h-0 flex-1 overflow-y-auto px-2 pb-3 outline-none"
      onClick={onClick}
      onKeyDown={onKeyDown}
      onPointerDown={onPointerDown}
      onPointerMove={onPointerMove}
      onPointerUp={endPress}
      onPointerCancel={endPress}
      onScroll={endPress}
      onContextMenu={onContextMenu}
      onFocusIn={(event) => {
        const key = event.target instanceof HTMLElement ? event.target.dataset['stop'] : undefined
        if (key !== undefined) setFocused(key)
      }}
    >
      <For each={keys()}>
        {(key) => (
          <Show when={section(key)}>
            {(s) => (
              <SectionBlock section={s()} tabindex={tabindex}>
                <Show when={key === ROOMS && !rooms.known()}>
                  <Late><RowSkeletons /></Late>
                </Show>
                <Show when={key === ROOMS && rooms.failed() && !rooms.rooms().some((r) => r.read !== undefined)}>
                  <li class="flex flex-col items-start gap-2 px-2 py-1.5" role="alert">
                    <span class="text-meta text-muted">{t("Your rooms couldn't be loaded.")}</span>
                    <Button variant="outline" size="small" onClick={() => void rooms.load()}>{t('Try again')}</Button>
                  </li>
                </Show>
                <Show when={key === ROOMS}>
                  <Extra>
                    <a
                      href="/browse"
                      class="room-row text-muted hover:bg-ink/5"
                      classList={{ 'forced-border bg-ink/7 text-ink': atBrowse() }}
                      aria-current={atBrowse() ? 'page' : undefined}
                      onClick={(event) => {
                        if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return
                        event.preventDefault()
                        void router.navigate({ to: '/browse' })
                      }}
                    >
                      <Compass class="size-4 shrink-0" aria-hidden="true" />
                      {t('Browse rooms')}
                    </a>
                  </Extra>
                </Show>
                <Show when={key === DIRECTS && s().rooms.length === 0}>
                  <Extra>
                    <button type="button" class="room-row w-full text-start text-muted hover:bg-ink/5" onClick={() => desk.ask({ what: 'write' })}>
                      <SquarePen class="size-4 shrink-0" aria-hidden="true" />
                      {t('Write to somebody')}
                    </button>
                  </Extra>
                </Show>
              </SectionBlock>
            )}
          </Show>
        )}
      </For>
    </nav>
  )

  function SectionBlock(props: { section: Section; tabindex(key: string): 0 | -1; children: JSX.Element }) {
    const stopKey = () => `section ${props.section.key}`
    const folded = () => list.folded(props.section.key)
    const slugs = createMemo(() => props.section.rooms.map((r) => r.slug), [], { equals: same })
    const loud = () => props.section.rooms.filter((r) => !rooms.quiet(r))
    const hidden = () => (folded() ? loud().reduce((n, r) => n + rooms.unread(r), 0) : 0)
    const called = () => folded() && loud().some((r) => r.mentions > 0)
    const id = () => `section-${props.section.key.replace(/\W+/g, '-')}`
    return (
      <section class="pt-3 first:pt-1" aria-labelledby={id()}>
        <h2 class="flex">
          <button
            type="button"
            id={id()}
            class="group flex min-h-6 w-full items-center gap-1 rounded-control px-1 text-day font-medium text-muted hover:text-ink pointer-coarse:min-h-11"
            aria-expanded={!folded()}
            data-stop={stopKey()}
            tabindex={props.tabindex(stopKey())}
            onClick={() => list.fold(props.section.key, !folded())}
          >
            <ChevronDown class="size-4 shrink-0 transition-transform duration-120" classList={{ '-rotate-90 rtl:rotate-90': folded() }} aria-hidden="true" />
            <span class="min-w-0 truncate" dir="auto">{props.section.title}</span>
            <Count unread={hidden()} called={called()} />
          </button>
        </h2>
        <Show when={!folded()}>
          <ul class="pt-0.5">
            <For each={slugs()}>{(slug) => <Row slug={slug} tabindex={props.tabindex(`room ${slug}`)} />}</For>
            {props.children}
          </ul>
        </Show>
      </section>
    )
  }

  function Row(props: { slug: string; tabindex: 0 | -1 }) {
    const room = createMemo(() => rooms.find(props.slug))
    const unread = createMemo(() => {
      const r = room()
      return r ? rooms.unread(r) : 0
    })
    const dimmed = () => {
      const r = room()
      return r !== undefined && rooms.quiet(r)
    }
    const loud = () => unread() > 0 && !dimmed()
    const other = () => {
      const r = room()
      return r?.kind === 'direct' ? presence.of(r.people[0]?.userId) : undefined
    }
    return (
      <li class="room-item">
        <Show when={room()}>
          {(r) => (
            <a
              href={`/rooms/${encodeURIComponent(props.slug)}`}
              class="room-row"
              classList={{
                'forced-border bg-ink/7 text-ink': isShown(props.slug),
                'text-muted hover:bg-ink/5': !isShown(props.slug),
              }}
              aria-current={isShown(props.slug) ? 'page' : undefined}
              data-room={props.slug}
              data-stop={`room ${props.slug}`}
              tabindex={props.tabindex}
              draggable={false}
            >
              <span class="grid w-4 shrink-0 place-items-center" classList={{ 'opacity-60': dimmed() }}>
                <KindIcon kind={r().kind} people={r().people} state={other()?.state} />
              </span>
              <span class="flex min-w-0 flex-1 items-center gap-1.5">
                <span class="min-w-0 truncate" classList={{ 'font-semibold text-ink': loud() }} dir="auto">
                  {nameOf(r())}
                </span>
                <StatusSign status={other()?.status} />
              </span>
              <Show when={r().kind === 'private'}>
                <span class="sr-only"> {t('(private)')}</span>
              </Show>
              <Show when={dimmed()}>
                <span class="sr-only"> {t('(muted)')}</span>
              </Show>
              <Count unread={dimmed() ? 0 : unread()} mentions={r().mentions} called={r().mentions > 0} />
              <Show when={stateWords(other()?.state)}>{(words) => <span class="sr-only"> ({words()})</span>}</Show>
            </a>
          )}
        </Show>
      </li>
    )
  }
}

function rowOf(target: EventTarget | null): HTMLElement | null {
  return target instanceof Element ? target.closest<HTMLElement>('a[data-room]') : null
}

/** The number of a row: of what is unread, or of what speaks to one. */
export function Count(props: { unread: number; mentions?: number; called: boolean }) {
  const mentions = () => (props.called && props.mentions) || 0
  const number = () => mentions() || props.unread
  const words = () => {
    if (number() >= UNREAD_LIMIT) return mentions() ? t('99+ mentions') : t('99+ unread')
    return mentions() ? plural(mentions(), '1 mention', '{count} mentions') : plural(number(), '1 unread', '{count} unread')
  }
  return (
    <Show when={number() > 0}>
      <span
        class="ms-auto min-w-5 shrink-0 rounded-full px-1.5 text-center text-day font-semibold tabular-nums"
        classList={{ 'bg-accent text-on-accent': props.called, 'bg-ink/10 text-ink': !props.called }}
      >
        <span aria-hidden="true">{number() >= UNREAD_LIMIT ? '99+' : number()}</span>
        <span class="sr-only">{words()}</span>
      </span>
    </Show>
  )
}

function Extra(props: { children: JSX.Element }) {
  return <li class="room-item">{props.children}</li>
}

function Late(props: { children: JSX.Element }) {
  const [late, setLate] = createSignal(false)
  const timer = setTimeout(() => setLate(true), SKELETON_MS)
  onCleanup(() => clearTimeout(timer))
  return <Show when={late()}>{props.children}</Show>
}

function RowSkeletons() {
  return (
    <li class="flex flex-col gap-3 px-2 py-2" aria-busy="true">
      <span class="sr-only" role="status">{t('Loading your rooms')}</span>
      <For each={['w-24', 'w-32', 'w-20', 'w-28']}>{(width) => <Skeleton class={`h-3.5 ${width}`} />}</For>
    </li>
  )
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i])
}
