import { createFileRoute } from '@tanstack/solid-router'
import { t } from '~/i18n/i18n'

export const Route = createFileRoute('/_app/rooms/')({
  // On a phone the list of rooms, which the frame shows, is all there is to see.
  component: () => (
    <main id="main" tabindex="-1" class="min-w-0 flex-1 items-center justify-center p-6 outline-none max-sm:sr-only sm:flex">
      <h1 tabindex="-1" class="sr-only">{t('Rooms')}</h1>
      <p class="text-body text-muted max-sm:hidden">{t('Choose a room on the left.@@the list stands where lines begin: right to left, that is on the right')}</p>
    </main>
  ),
})
