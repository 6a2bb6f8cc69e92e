import { Show, type JSX } from 'solid-js'
import { t } from '~/i18n/i18n'
import { Button } from '~/ui/button'

/** The ways on from a step, the chief one last; the one back stands apart. */
export function Ways(props: { onBack?: () => void; children: JSX.Element }) {
  return (
    <div class="mt-1 flex flex-wrap items-center justify-end gap-2">
      <Show when={props.onBack}>
        {(back) => <Button variant="quiet" class="me-auto -ms-2" onClick={() => back()()}>{t('Back')}</Button>}
      </Show>
      {props.children}
    </div>
  )
}
