/* @refresh reload */
import { QueryClient, QueryClientProvider } from '@tanstack/solid-query'
import { createRouter, RouterProvider } from '@tanstack/solid-router'
import { render } from 'solid-js/web'
import './app.css'
import { Broken } from './broken'
import { beginSpeaking } from './i18n/language'
import { Pending } from './pending'
import { routeTree } from './routeTree.gen'
import { parseSearch, stringifySearch } from './search'

const RELOADED = 'snug:reloaded'

// A new version was put up and this page's chunks are gone: load it anew, once.
// Without a network they are gone, too, and so would be the page.
addEventListener('vite:preloadError', () => {
  if (sessionStorage.getItem(RELOADED) === location.href) return
  fetch(location.href, { cache: 'no-store' }).then(
    (reply) => {
      if (!reply.ok) return
      sessionStorage.setItem(RELOADED, location.href)
      location.reload()
    },
    () => {},
  )
})

const client = new QueryClient({
  defaultOptions: { queries: { refetchOnWindowFocus: false, refetchOnReconnect: false } },
})

const router = createRouter({
  routeTree,
  context: { client },
  parseSearch,
  stringifySearch,
  defaultPreload: 'intent',
  defaultErrorComponent: Broken,
  defaultPendingComponent: Pending,
  defaultPendingMs: 400,
  defaultPendingMinMs: 0,
})

declare module '@tanstack/solid-router' {
  interface Register {
    router: typeof router
  }
}

function draw() {
  const root = document.getElementById('root')
  if (!root) return
  render(
    () => (
      <QueryClientProvider client={client}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    ),
    root,
  )
}

const coming = beginSpeaking()
if (coming) void coming.then(draw)
else draw()
