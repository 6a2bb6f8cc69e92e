import { useNavigate, useSearch } from '@tanstack/solid-router'
import MessagesSquare from 'lucide-solid/icons/messages-square'
import Info from 'lucide-solid/icons/info'
import Pin from 'lucide-solid/icons/pin'
import SearchIcon from 'lucide-solid/icons/search'
import type { JSX } from 'solid-js'
import { t } from '~/i18n/i18n'
import { buttonVariants } from '~/ui/button'
import { panels } from './room-panel'

/** The buttons that open a room's panels, and close them. */
export function PanelToggles() {
  return (
    <>
      <Toggle panel="search" label={t('Search messages')}>
        <SearchIcon class="size-4.5" aria-hidden="true" />
      </Toggle>
      {/* A phone has no room for these; there the room's name opens what leads to them. */}
      <Toggle panel="threads" label={t('Threads')} class="max-sm:hidden">
        <MessagesSquare class="size-4.5" aria-hidden="true" />
      </Toggle>
      <Toggle panel="pins" label={t('Pinned messages')} class="max-sm:hidden">
        <Pin class="size-4.5" aria-hidden="true" />
      </Toggle>
      <Toggle panel="about" also={['members', 'settings']} label={t('About this room')} class="max-sm:hidden">
        <Info class="size-4.5" aria-hidden="true" />
      </Toggle>
    </>
  )
}

function Toggle(props: { panel: string; also?: readonly string[]; label: string; class?: string; children: JSX.Element }) {
  const navigate = useNavigate()
  const search = useSearch({ strict: false })
  const shown = () => search().panel === props.panel || props.also?.includes(search().panel ?? '') === true
  return (
    <button
      type="button"
      class={`${buttonVariants({ variant: 'quiet', size: 'icon' })} text-muted aria-pressed:bg-ink/6 aria-pressed:text-ink ${props.class ?? ''}`}
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
