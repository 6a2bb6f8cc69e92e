import { createFileRoute } from '@tanstack/solid-router'

export const Route = createFileRoute('/_app/rooms/')({
  // On a phone the list of rooms, which the frame shows, is all there is to see.
  component: () => (
    <main id="main" tabindex="-1" class="hidden min-w-0 flex-1 place-items-center p-6 outline-none sm:grid">
      <p class="text-body text-muted">Choose a room on the left.</p>
    </main>
  ),
})
