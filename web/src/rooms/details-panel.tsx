import { createUniqueId, For, Match, Show, Switch } from 'solid-js'
import { explain, RequestError } from '~/http'
import { m, t } from '~/i18n/i18n'
import { PanelFailure, PanelFrame } from '~/message/panel-frame'
import { useQuery } from '~/query'
import type { Me } from '~/room/rows'
import type { RoomSession } from '~/room/session'
import { Skeleton } from '~/ui/skeleton'
import { AboutTab } from './about-tab'
import { infoQuery } from './info'
import { MembersTab } from './members-tab'
import { SettingsTab } from './settings-tab'

export type DetailsTab = 'about' | 'members' | 'settings'

const tabs: readonly { tab: DetailsTab; label: string }[] = [
  { tab: 'about', label: m('About@@the room') },
  { tab: 'members', label: m('Members') },
  { tab: 'settings', label: m('Settings') },
]

/** What a room is, who is in it, and how it is set up. */
export function DetailsPanel(props: { session: RoomSession; me: Me; tab: DetailsTab; onTab(tab: DetailsTab): void; onClose(): void }) {
  const id = createUniqueId()
  const info = useQuery(() => infoQuery(props.session.slug))
  let list!: HTMLDivElement
  // Of a direct there is nothing to set.
  const shown = () => tabs.filter(({ tab }) => tab !== 'settings' || info.data?.kind !== 'direct')

  function onKeyDown(event: KeyboardEvent) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (step === undefined) return
    event.preventDefault()
    const rtl = getComputedStyle(list).direction === 'rtl'
    const all = shown()
    const at = all.findIndex(({ tab }) => tab === props.tab)
    const next = all[(at + (rtl ? -step : step) + all.length) % all.length]
    if (!next) return
    props.onTab(next.tab)
    list.querySelector<HTMLElement>(`[data-tab=${next.tab}]`)?.focus()
  }

  return (
    <PanelFrame title={t('Room')} close={t('Close room')} detail={props.session.label()} onClose={props.onClose}>
      {/* oxlint-disable-next-line jsx-a11y/interactive-supports-focus -- the tab that is chosen has the focus */}
      <div ref={list} class="flex shrink-0 gap-1 border-b border-line px-3" role="tablist" aria-label={t('About this room')} onKeyDown={onKeyDown}>
        <For each={shown()}>
          {({ tab, label }) => (
            <button
              type="button"
              role="tab"
              id={`${id}-${tab}`}
              data-tab={tab}
              aria-selected={props.tab === tab}
              aria-controls={`${id}-panel`}
              tabindex={props.tab === tab ? 0 : -1}
              class="-mb-px h-10 border-b-2 border-transparent px-2 text-meta font-medium text-muted hover:text-ink focus-visible:-outline-offset-2 aria-selected:border-accent aria-selected:text-ink pointer-coarse:h-11"
              onClick={() => props.onTab(tab)}
            >
              {t(label)}
              <Show when={tab === 'members' && info.data && info.data.members > 0 && info.data.members}>
                {(n) => <span class="ms-1.5 text-muted tabular-nums">{n()}</span>}
              </Show>
            </button>
          )}
        </For>
      </div>
      <div id={`${id}-panel`} role="tabpanel" aria-labelledby={`${id}-${props.tab}`} class="scrollbar-calm flex min-h-0 flex-1 flex-col overflow-y-auto">
        <Switch fallback={<Loading />}>
          <Match when={info.data}>
            {(room) => (
              <Switch>
                <Match when={props.tab === 'about'}>
                  <AboutTab info={room()} me={props.me} />
                </Match>
                <Match when={props.tab === 'members'}>
                  <MembersTab session={props.session} info={room()} me={props.me} onChanged={() => void info.refetch()} />
                </Match>
                <Match when={props.tab === 'settings'}>
                  <SettingsTab info={room()} onChanged={() => void info.refetch()} />
                </Match>
              </Switch>
            )}
          </Match>
          <Match when={info.error instanceof RequestError && info.error}>
            {(error) => <PanelFailure what={t("What is known of this room couldn't be loaded.")} failure={error().failure} onRetry={() => void info.refetch()} />}
          </Match>
          <Match when={info.error}>
            <p class="p-4 text-body" role="alert">{explain({ kind: 'broken', status: 0 })}</p>
          </Match>
        </Switch>
      </div>
    </PanelFrame>
  )
}

function Loading() {
  return (
    <div class="flex flex-col gap-4 p-4" aria-busy="true">
      <span class="sr-only" role="status">{t('Loading what is known of this room')}</span>
      <Skeleton class="h-5 w-40" />
      <Skeleton class="h-3.5 w-full" />
      <Skeleton class="h-3.5 w-3/5" />
      <Skeleton class="mt-4 h-24 w-full" />
    </div>
  )
}
