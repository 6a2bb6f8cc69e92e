import { t } from './i18n/i18n'
import { Mark } from './mark'

/** Stands in for a page that takes its time. */
export function Pending() {
  return (
    <main class="grid min-h-full animate-fade-in place-items-center" aria-busy="true">
      <div role="status">
        <Mark class="size-10 animate-breathe" />
        <span class="sr-only">{t('Loading')}</span>
      </div>
    </main>
  )
}
