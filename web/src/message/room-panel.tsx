import { Show } from 'solid-js'
import { Dynamic } from 'solid-js/web'
import type { Me } from '~/room/rows'
import type { RoomSession } from '~/room/session'
import { onDemand } from '~/on-demand'
import { acting } from './parts'

export const panels = onDemand(() => import('./panels'))

export interface PanelSearch {
  thread?: string
  panel?: string
  /** What is looked for. */
  q?: string
  /** "all": in all rooms. */
  in?: string
}

export interface RoomPanelProps {
  session: RoomSession
  me: Me
  online: boolean
  search: PanelSearch
  onJump(id: string): void
}

const PANELS: ReadonlySet<string> = new Set(['pins', 'threads', 'search', 'about', 'members', 'settings'])

/** What stands beside a room, as its address says: a thread, the threads, the pins. */
export function RoomPanel(props: RoomPanelProps) {
  const open = () => props.search.thread !== undefined || PANELS.has(props.search.panel ?? '')
  return <Show when={open() && panels()}>{(part) => <Dynamic component={part().Panels} {...props} />}</Show>
}

/** The buttons in a room's head that open its panels; their place is held until they are there. */
export function PanelToggles() {
  return (
    <div class="flex w-9 shrink-0 gap-1 sm:w-39 pointer-coarse:w-11 sm:pointer-coarse:w-47">
      <Show when={acting()}>{(part) => <Dynamic component={part().PanelToggles} />}</Show>
    </div>
  )
}
