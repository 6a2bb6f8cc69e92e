import { createFileRoute } from '@tanstack/solid-router'

export const Route = createFileRoute('/_app/rooms/')({
  // On a phone the list of rooms, which the frame shows, is all there is to see.
  component: () => (
    <main id="main" tabindex="-1" class="min-w-0 flex-1 items-center justify-center p-6 outline-none max-sm:sr-only sm:flex">
      <h1 class="sr-only">Rooms</h1>
      <p class="text-body text-muted max-sm:hidden">Choose a room on the left.</p>
    </main>
  ),
})
