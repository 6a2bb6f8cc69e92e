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
        <p class="text-meta text-muted [overflow-wrap:anywhere]" data-testid="state">
          <Show when={state().status}>
            {(status) => (
              <>
                <Show when={status().emoji}><span class="font-emoji" aria-hidden="true">{status().emoji}</span></Show>{' '}
                <span class="text-ink" dir="auto">{status().text || status().emoji}</span>{' '}
                <Show when={status().until > 0}>{t('until {time}', { time: momentOf(status().until) })}{' '}</Show>
                <span aria-hidden="true">·</span>{' '}
              </>
            )}
          </Show>
          {stateWords(state().state)}
        </p>
      )}
    </Show>
  )
}
