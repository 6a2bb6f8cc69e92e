import { Show } from 'solid-js'
import { t } from '~/i18n/i18n'
import type { PersonState } from '~/realtime/wire.gen'
import { momentOf } from '~/room/room-foot'
import { stateWords } from './state-dot'

/** How somebody is and what they say of themselves, in a line. */
export function StateLine(props: { state: PersonState | undefined }) {
  return (
    <Show when={props.state}>
      {(state) => (
        <p class="flex flex-wrap items-baseline gap-x-1.5 text-meta [overflow-wrap:anywhere]" data-testid="state">
          <Show when={state().status}>
            {(status) => (
              <>
                <span class="font-emoji" aria-hidden="true">{status().emoji}</span>
                <span dir="auto">{status().text || status().emoji}</span>{' '}
                <Show when={status().until > 0}><span class="text-muted">{t('until {time}', { time: momentOf(status().until) })}</span></Show>
                <span class="text-muted" aria-hidden="true">·</span>{' '}
              </>
            )}
          </Show>
          <span class="text-muted">{stateWords(state().state)}</span>
        </p>
      )}
    </Show>
  )
}
