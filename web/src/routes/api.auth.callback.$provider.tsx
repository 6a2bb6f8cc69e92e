import { createFileRoute } from '@tanstack/solid-router'
import { CallbackPage } from '~/auth/callback-page'

// The server answers this address itself, unless it is told to leave it to the page.
export const Route = createFileRoute('/api/auth/callback/$provider')({ component: CallbackPage })
