import { useNavigate, useSearch } from '@tanstack/solid-router'
import MessagesSquare from 'lucide-solid/icons/messages-square'
import Pin from 'lucide-solid/icons/pin'
import { Show, type JSX } from 'solid-js'
import { Dynamic } from 'solid-js/web'
import type { Me } from '~/room/rows'
import type { RoomSession } from '~/room/session'
import { buttonVariants } from '~/ui/button'
import { onDemand } from './on-demand'

const panels = onDemand(() => import('./panels'))

export interface PanelSearch {
  thread?: string
  panel?: string
}

export interface RoomPanelProps {
  session: RoomSession
  me: Me
  online: boolean
  search: PanelSearch
  onJump(id: string): void
}

/** What stands beside a room, as its address says: a thread, the threads, the pins. */
export function RoomPanel(props: RoomPanelProps) {
  const open = () => props.search.thread !== undefined || props.search.panel === 'pins' || props.search.panel === 'threads'
  return <Show when={open() && panels()}>{(part) => <Dynamic component={part().Panels} {...props} />}</Show>
}

/** The buttons in a room's head that open its panels. */
export function PanelToggles() {
  return (
    <>
      <Toggle panel="threads" label="Threads">
        <MessagesSquare class="size-4.5" aria-hidden="true" />
      </Toggle>
      <Toggle panel="pins" label="Pinned messages">
        <Pin class="size-4.5" aria-hidden="true" />
      </Toggle>
    </>
  )
}

function Toggle(props: { panel: string; label: string; children: JSX.Element }) {
  const navigate = useNavigate()
  const search = useSearch({ strict: false })
  const shown = () => search().panel === props.panel
  return (
    <button
      type="button"
      class={`${buttonVariants({ variant: 'quiet', size: 'icon' })} text-muted aria-pressed:bg-ink/6 aria-pressed:text-ink`}
      aria-label={props.label}
      title={props.label}
      aria-pressed={shown()}
      onPointerEnter={() => void panels.load().catch(() => {})}
      onClick={() => void navigate({ to: '.', search: shown() ? {} : { panel: props.panel } })}
    >
      {props.children}
    </button>
  )
}
