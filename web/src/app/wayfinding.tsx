import { Link } from '@tanstack/solid-router'
import Inbox from 'lucide-solid/icons/inbox'
import Search from 'lucide-solid/icons/search'
import { t } from '~/i18n/i18n'
import { isApple } from '~/keys/map'
import { useLive } from './live'
import { Count } from './side-list'

/** What stands above the rooms: the way to anything by its name, and the inbox. */
export function Wayfinding() {
  const live = useLive()
  return (
    <div class="flex flex-col px-2 pt-2 pb-1">
      <button
        type="button"
        class="mb-1 flex min-h-9 items-center gap-2 rounded-control border border-line bg-surface px-2 text-start text-body text-muted hover:border-line-strong/60 pointer-coarse:min-h-11"
        aria-keyshortcuts={isApple() ? 'Meta+k' : 'Control+k'}
        onClick={() => live.open('switcher')}
      >
        <Search class="size-4 shrink-0" aria-hidden="true" />
        <span class="min-w-0 flex-1 truncate">{t('Go to…')}</span>
        <kbd class="shrink-0 font-sans text-day pointer-coarse:hidden" aria-hidden="true">{isApple() ? '⌘K' : `${t('Ctrl@@the key')} K`}</kbd>
      </button>
      <Link
        to="/inbox"
        class="flex min-h-8 items-center gap-2 rounded-control px-2 text-body pointer-coarse:min-h-11"
        activeProps={{ class: 'forced-border bg-ink/7 text-ink' }}
        inactiveProps={{ class: 'text-muted hover:bg-ink/5' }}
      >
        <Inbox class="size-4 shrink-0 text-muted" aria-hidden="true" />
        <span class="min-w-0 flex-1 truncate" classList={{ 'font-semibold text-ink': live.inboxUnread() > 0 }}>{t('Inbox')}</span>
        <Count unread={live.inboxUnread()} called />
      </Link>
    </div>
  )
}
