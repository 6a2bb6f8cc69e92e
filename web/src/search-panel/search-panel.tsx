import { Link } from '@tanstack/solid-router'
import Search from 'lucide-solid/icons/search'
import { createEffect, createSignal, createUniqueId, For, Match, on, onCleanup, onMount, Show, Switch } from 'solid-js'
import { useLive } from '~/app/live'
import { call, explain, type Failure } from '~/http'
import { m, plural, t } from '~/i18n/i18n'
import { PanelFrame } from '~/message/panel-frame'
import { dayOf, timeOf } from '~/room/times'
import { Avatar } from '~/ui/avatar'
import { Button } from '~/ui/button'
import { cn } from '~/ui/cn'
import { hueOf, personName } from '~/ui/person'
import { excerpt, parseResults, searchPath, wordsOf, type Hit, type Sort } from './hits'
import { markWords } from './in-place'

/** As long after the last key the search goes off. */
const TYPING_MS = 180

const EXAMPLES = [
  { text: 'from:', what: m('somebody@@behind “from:”') },
  { text: 'has:file', what: m('or link, image, video, audio, code@@typed behind “has:”, in English') },
  { text: 'after:yesterday', what: m('or before: and on: a day@@both are typed so, in English') },
  { text: m('"exact words"'), what: m('in this order') },
]

/**
 * Finds messages in this room or in all. What is typed stands in the address, so that a
 * search outlives a reload and can be given away.
 */
export function SearchPanel(props: {
  room: string
  text: string
  /** It begins with all rooms. */
  everywhere?: boolean
  onText(text: string): void
  /** It stands in the room's place, so that who opens a hit leaves it. */
  covers(): boolean
  onClose(): void
}) {
  const { rooms } = useLive()
  let panel!: HTMLDivElement
  let field!: HTMLInputElement
  let list: HTMLOListElement | undefined
  const [everywhere, setEverywhere] = createSignal(props.everywhere === true)
  const [sort, setSort] = createSignal<Sort>('newest')
  const [hits, setHits] = createSignal<readonly Hit[]>([])
  const [cursor, setCursor] = createSignal<string>()
  const [failure, setFailure] = createSignal<Failure>()
  const [busy, setBusy] = createSignal(false)
  const [typed, setTyped] = createSignal(props.text)
  /** What the hits are of; '' is nothing yet. */
  const [asked, setAsked] = createSignal('')
  let under: AbortController | undefined
  onCleanup(() => under?.abort())

  async function search(more?: string) {
    under?.abort()
    const text = typed().trim()
    if (text === '') {
      setHits([])
      setCursor(undefined)
      setFailure(undefined)
      setBusy(false)
      setAsked('')
      return
    }
    under = new AbortController()
    const { signal } = under
    setBusy(true)
    const what = { text, sort: sort(), ...(everywhere() ? {} : { room: props.room }) }
    try {
      const result = await call(searchPath(what, more), { signal }, parseResults)
      if (signal.aborted) return
      setBusy(false)
      if (!result.ok) {
        setFailure(result.failure)
        return
      }
      setFailure(undefined)
      setHits(more === undefined ? result.value.hits : [...hits(), ...result.value.hits])
      setCursor(result.value.cursor)
      setAsked(text)
    } catch (cause) {
      if (!signal.aborted) throw cause
    }
  }

  let timer: ReturnType<typeof setTimeout> | undefined
  onCleanup(() => clearTimeout(timer))
  // An address that this panel didn't write: another search was asked for.
  const told = new Set([props.text])
  createEffect(
    on(() => props.text, (text) => {
      if (told.has(text)) return
      told.add(text)
      setEverywhere((was) => was || props.everywhere === true)
      setTyped(text)
    }),
  )
  createEffect(
    on([typed, () => props.room, everywhere, sort], ([text]) => {
      clearTimeout(timer)
      timer = setTimeout(() => {
        told.add(text)
        props.onText(text)
        void search()
      }, text === '' ? 0 : TYPING_MS)
    }),
  )
  // What is found is marked in the room too, for as long as this is open.
  createEffect(() => {
    const timeline = document.querySelector<HTMLElement>('[data-testid="timeline"]')
    const words = wordsOf(asked())
    if (timeline && props.room) onCleanup(markWords(timeline, words))
  })
  onMount(() => {
    panel.addEventListener('keydown', walk)
    field.focus()
    field.select()
  })

  function walk(event: KeyboardEvent) {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
    const links = [...(list?.querySelectorAll('a') ?? [])]
    const at = links.findIndex((link) => link === document.activeElement)
    const next = at + (event.key === 'ArrowDown' ? 1 : -1)
    if (next >= links.length) return
    event.preventDefault()
    if (next < 0) field.focus()
    else links[next]?.focus()
  }

  function put(example: string) {
    setTyped((text) => (text === '' ? example : `${text.trimEnd()} ${example}`))
    field.focus()
  }

  return (
    <PanelFrame title={t('Search')} close={t('Close search')} onClose={props.onClose}>
    <div class="flex min-h-0 flex-1 flex-col" role="search" ref={panel}>
      <form class="flex flex-col gap-2 border-b border-line px-3 py-3" onSubmit={(event) => (event.preventDefault(), void search())}>
        <label class="relative block">
          <span class="sr-only">{t('Search messages')}</span>
          <Search class="pointer-events-none absolute start-3 top-1/2 size-4 -translate-y-1/2 text-muted" aria-hidden="true" />
          <input
            ref={field}
            type="search"
            value={typed()}
            onInput={(event) => setTyped(event.currentTarget.value)}
            maxLength={500}
            placeholder={t('Search messages')}
            autocomplete="off"
            spellcheck={false}
            dir="auto"
            class="h-10 w-full rounded-control border border-line-strong/70 bg-surface ps-9 pe-3 text-body outline-offset-0 placeholder:text-muted [&::-webkit-search-cancel-button]:appearance-none pointer-coarse:h-11 pointer-coarse:text-[1rem]"
          />
        </label>
        <div class="flex flex-wrap items-center gap-x-4 gap-y-1">
          <Either label={t('Where')} value={everywhere() ? 'all' : 'room'} options={[['room', rooms.label(props.room)], ['all', t('All rooms')]]} onChange={(v) => setEverywhere(v === 'all')} />
          <Either label={t('Order')} value={sort()} options={[['newest', t('Newest')], ['best', t('Best@@the results that fit best')]]} onChange={(v) => setSort(v === 'best' ? 'best' : 'newest')} />
        </div>
      </form>
      <div class="scrollbar-calm min-h-0 flex-1 overflow-y-auto" aria-busy={busy()}>
        <Switch>
          <Match when={failure()}>
            {(f) => (
              <div class="flex flex-col items-start gap-3 p-4" role="alert">
                <p class="text-body">{explain(f())}</p>
                {/* What was refused would be refused again: the query has to change. */}
                <Show when={f().kind !== 'refused'}>
                  <Button variant="outline" size="small" onClick={() => void search()}>{t('Try again')}</Button>
                </Show>
              </div>
            )}
          </Match>
          <Match when={typed().trim() === ''}>
            <div class="p-4">
              <p class="text-body text-muted">{t('Any part of a word, in any script. These narrow it:')}</p>
              <ul class="mt-2 flex flex-col gap-1">
                <For each={EXAMPLES}>
                  {(example) => (
                    <li class="flex flex-wrap items-center gap-x-2">
                      <Button variant="outline" size="small" class="font-normal" onClick={() => put(t(example.text))}><bdi>{t(example.text)}</bdi></Button>
                      <span class="text-meta text-muted">{t(example.what)}</span>
                    </li>
                  )}
                </For>
              </ul>
            </div>
          </Match>
          <Match when={hits().length > 0}>
            <ol ref={(element) => (list = element)} aria-label={t('Messages found')} class="flex flex-col py-1">
              <For each={hits()}>{(hit) => <HitRow hit={hit} withRoom={everywhere()} covers={props.covers} />}</For>
            </ol>
            <Show when={cursor()} keyed>
              {(next) => (
                <div class="px-4 pb-4">
                  <Button variant="outline" size="small" disabled={busy()} onClick={() => void search(next)}>{t('Show more')}</Button>
                </div>
              )}
            </Show>
          </Match>
          <Match when={!busy() && asked() !== ''}>
            <Show
              when={cursor()}
              keyed
              fallback={
                <div class="p-4">
                  <p class="text-body">{t('Nothing found for “{text}”.', { text: asked() })}</p>
                  <p class="mt-1 text-meta text-muted">{everywhere() ? t('Fewer or shorter words find more.') : t('Fewer or shorter words find more, and so does searching all rooms.')}</p>
                  <Show when={!everywhere()}>
                    <Button variant="outline" size="small" class="mt-3" onClick={() => setEverywhere(true)}>{t('Search all rooms')}</Button>
                  </Show>
                </div>
              }
            >
              {(next) => (
                <div class="flex flex-col items-start gap-3 p-4">
                  <p class="text-body">{t('Nothing found so far. There is more to look through.')}</p>
                  <Button variant="outline" size="small" onClick={() => void search(next)}>{t('Search further back')}</Button>
                </div>
              )}
            </Show>
          </Match>
        </Switch>
      </div>
      <p class="sr-only" role="status">
        <Show when={asked() !== '' && !busy()}>
          {cursor() === undefined
            ? plural(hits().length, '1 message found', '{count} messages found')
            : plural(hits().length, '1 or more message found', '{count} or more messages found')}
        </Show>
      </p>
    </div>
    </PanelFrame>
  )
}

function HitRow(props: { hit: Hit; withRoom: boolean; covers(): boolean }) {
  const { rooms } = useLive()
  const message = () => props.hit.message
  return (
    <li>
      <Link
        to="/rooms/$slug"
        params={{ slug: props.hit.room }}
        // A reply stands in its thread, and not among the room's messages.
        search={(was) => (message().thread === undefined ? { ...(props.covers() ? {} : was), at: String(message().seq) } : { thread: message().thread })}
        class="flex gap-3 px-4 py-2.5 hover:bg-ink/[0.04] focus-visible:-outline-offset-2"
      >
        <Avatar userId={message().userId} name={message().userName} image={message().userImage} class="size-7 text-day" letters={1} />
        <span class="min-w-0 flex-1">
          <span class="flex items-baseline gap-2">
            <span class="person-name min-w-0 truncate text-meta font-semibold" style={{ '--hue': hueOf(message().userId) }} dir="auto">{personName(message().userName)}</span>
            <span class="shrink-0 text-day text-muted tabular-nums">
              <Show when={props.withRoom}>{rooms.label(props.hit.room)} · </Show>
              <time dateTime={new Date(message().timestamp).toISOString()}>{t('{day}, {time}', { day: dayOf(message().timestamp, Date.now()), time: timeOf(message().timestamp) })}</time>
            </span>
          </span>
          <span class="mt-0.5 line-clamp-4 text-meta [overflow-wrap:anywhere]" dir="auto">
            <For each={excerpt(message().content, props.hit.marks)}>
              {(part) => <Show when={part.marked} fallback={part.text}><mark class="rounded-[3px] bg-accent-soft font-medium text-ink">{part.text}</mark></Show>}
            </For>
            <Show when={message().content === ''}>
              <span class="text-muted">{message().attachments?.map((a) => a.name).join(', ')}</span>
            </Show>
          </span>
        </span>
      </Link>
    </li>
  )
}

function Either(props: { label: string; value: string; options: readonly (readonly [string, string])[]; onChange(value: string): void }) {
  const name = createUniqueId()
  return (
    <fieldset class="flex min-w-0 items-center gap-1">
      <legend class="sr-only">{props.label}</legend>
      <For each={props.options}>
        {([value, label]) => (
          <label
            class={cn(
              'max-w-40 truncate rounded-full border px-2.5 py-1 text-meta has-focus-visible:outline-2 has-focus-visible:outline-offset-2 has-focus-visible:outline-accent pointer-coarse:py-2.5',
              props.value === value ? 'forced-border border-accent bg-accent-soft font-medium' : 'border-line text-muted hover:bg-ink/5',
            )}
          >
            <input class="sr-only" type="radio" name={name} value={value} checked={props.value === value} onChange={() => props.onChange(value)} />
            <bdi>{label}</bdi>
          </label>
        )}
      </For>
    </fieldset>
  )
}
