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

// A chunk doesn't come. If it is gone, as a new version was put up: load the page anew,
// once. A network that is away is no reason, for then the page would be gone as well.
addEventListener('vite:preloadError', () => {
  if (sessionStorage.getItem(RELOADED) === location.href) return
  void outdated().then((is) => {
    if (!is) return
    sessionStorage.setItem(RELOADED, location.href)
    location.reload()
  })
})

/** Whether the server's page begins with another script than this one. */
async function outdated(): Promise<boolean> {
  try {
    const reply = await fetch('/', { cache: 'no-store' })
    return reply.ok && !(await reply.text()).includes(new URL(import.meta.url).pathname)
  } catch {
    return false
  }
}

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
