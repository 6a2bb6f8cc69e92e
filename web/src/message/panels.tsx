import { useNavigate } from '@tanstack/solid-router'
import { lazy, Match, Suspense, Switch } from 'solid-js'
import { SearchPanel } from '~/search-panel/search-panel'
import type { DetailsTab } from '~/rooms/details-panel'
import { PinsPanel } from './pins-panel'
import type { RoomPanelProps } from './room-panel'
import { ThreadPanel } from './thread-panel'
import { ThreadsPanel } from './threads-panel'

const DetailsPanel = lazy(async () => ({ default: (await import('~/rooms/details-panel')).DetailsPanel }))

/** Whether a panel covers the room: where the window is narrower. */
function covers(): boolean {
  return !matchMedia('(min-width: 56.25rem)').matches
}

export function Panels(props: RoomPanelProps) {
  const navigate = useNavigate()

  function close() {
    void navigate({ to: '.', search: {} })
  }
  function openThread(thread: string) {
    void navigate({ to: '.', search: { thread } })
  }
  // What is shown in the room has to be seen.
  function jump(id: string) {
    if (covers()) close()
    props.onJump(id)
  }

  return (
    <Switch>
      <Match when={props.search.thread} keyed>
        {(root) => (
          <ThreadPanel session={props.session} me={props.me} online={props.online} root={root} onJump={jump} onThread={openThread} onClose={close} />
        )}
      </Match>
      <Match when={props.search.panel === 'pins'}>
        <PinsPanel session={props.session} me={props.me} online={props.online} onJump={jump} onThread={openThread} onClose={close} />
      </Match>
      <Match when={tabOf(props.search.panel)}>
        {(tab) => (
          <Suspense>
            <DetailsPanel session={props.session} me={props.me} tab={tab()} onTab={(panel) => void navigate({ to: '.', search: { panel }, replace: true })} onClose={close} />
          </Suspense>
        )}
      </Match>
      <Match when={props.search.panel === 'search'}>
        <SearchPanel
          room={props.session.slug}
          text={props.search.q ?? ''}
          everywhere={props.search.in === 'all'}
          onText={(q) => void navigate({ to: '.', search: { panel: 'search', ...(q === '' ? {} : { q }) }, replace: true })}
          covers={covers}
          onClose={close}
        />
      </Match>
      <Match when={props.search.panel === 'threads'}>
        <ThreadsPanel
          session={props.session}
          onOpen={(slug, thread) => void navigate({ to: '/rooms/$slug', params: { slug }, search: { thread } })}
          onClose={close}
        />
      </Match>
    </Switch>
  )
}

function tabOf(panel: string | undefined): DetailsTab | undefined {
  return panel === 'about' || panel === 'members' || panel === 'settings' ? panel : undefined
}
