import { createMemo, Match, Show, Switch } from 'solid-js'
import { RequestError } from '~/http'
import { t } from '~/i18n/i18n'
import { useQuery } from '~/query'
import type { Message } from '~/realtime/wire.gen'
import { Avatar } from '~/ui/avatar'
import { hueOf, personName } from '~/ui/person'
import { messageQueries } from './calls'
import { useMessageRoom } from './message-room'
import { oneLine } from './one-line'

/** One line of what a message answers; pressed, it leads there. Always as high, whatever is known of it. */
export function Quote(props: { id: string }) {
  const room = useMessageRoom()
  const near = createMemo(() => room.find(props.id))
  const query = useQuery(() => ({ ...messageQueries.message(room.session.slug, props.id), enabled: near() === undefined }))
  const original = (): Message | undefined => near() ?? query.data
  const lost = () => original()?.deletedAt !== undefined || (query.error instanceof RequestError && query.error.failure.kind === 'refused')
  return (
    <div class="quote">
      <Switch fallback={<span class="text-muted">{query.isError ? t("The original couldn't be loaded") : ''}</span>}>
        <Match when={lost()}>
          <span class="text-muted italic">{t('Original was deleted')}</span>
        </Match>
        <Match when={original()}>
          {(message) => (
            <button type="button" class="flex min-w-0 items-center gap-1.5 rounded-control hover:text-ink" onClick={() => room.jump(message().id)}>
              <Avatar userId={message().userId} name={message().userName} image={message().userImage} letters={1} class="size-4 text-[0.5625rem]" />
              <span class="person-name max-w-40 shrink-0 truncate font-medium" style={{ '--hue': hueOf(message().userId) }} dir="auto">
                {personName(message().userName)}
              </span>
              <span class="min-w-0 truncate" dir="auto">
                <Show when={oneLine(message())} fallback={t('A file')}>{(line) => line()}</Show>
              </span>
            </button>
          )}
        </Match>
      </Switch>
    </div>
  )
}
