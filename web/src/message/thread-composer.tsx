import { useLive } from '~/app/live'
import { Composer } from '~/composer/composer'
import { mentionable } from '~/composer/mentionable'
import { t } from '~/i18n/i18n'
import type { RoomSession } from '~/room/session'
import type { Thread } from './thread'

/** Where one answers in a thread. */
export function ThreadComposer(props: { session: RoomSession; root: string; thread: Thread; me: string; onEditLast(): void }) {
  const live = useLive()
  return (
    <Composer
      drafts={live.drafts}
      draft={live.drafts.of(props.session.slug, props.root)}
      id="thread-composer"
      label={t('Reply in thread')}
      dropLabel={t('Add to this thread')}
      slowedUntil={props.session.slowedUntil()}
      typing=""
      people={() => mentionable(props.thread.replies(), props.session.room().people, props.me)}
      onEditLast={props.onEditLast}
    />
  )
}
