import { createEffect, createRoot, createSignal } from 'solid-js'

// What the people here call the server. The page says it where it was served; what is
// chosen later comes with the settings.

/** As long as nobody has named it, and in what the pages call themselves. */
const PRODUCT = 'Snug'
/** What the page says that is kept for offline is as old as that. */
const KEPT = 'snug:server-name'

interface ServerName {
  name: string
  /** A line that says what it is; '' is none. */
  description: string
}

const [named, setNamed] = createSignal<ServerName>({ name: kept() ?? (meta('application-name') || PRODUCT), description: meta('server-description') })

export function serverName(): string {
  return named().name
}

export function serverDescription(): string {
  return named().description
}

/** Tells the page what the server is called now. */
export function setServerName({ name, description }: ServerName) {
  setNamed({ name: name || PRODUCT, description })
  try {
    if (name === '') localStorage.removeItem(KEPT)
    else localStorage.setItem(KEPT, name)
  } catch {
    // Storage is blocked or full: without a network the page says what it did when it was kept.
  }
}

/**
 * Pages call themselves "Inbox · Snug"; where the server has a name of its own, that
 * stands in the title instead, whoever sets it.
 */
export function nameTitles(): () => void {
  const title = document.querySelector('title')
  let shown = PRODUCT
  function rename() {
    const now = title?.textContent ?? ''
    const wanted = titled(titled(now, PRODUCT, serverName()), shown, serverName())
    if (title && now !== wanted) document.title = wanted
  }
  const watcher = new MutationObserver(rename)
  if (title) watcher.observe(title, { childList: true })
  const end = createRoot((dispose) => {
    createEffect(() => {
      serverName()
      rename()
      shown = serverName()
    })
    return dispose
  })
  return () => {
    end()
    watcher.disconnect()
  }
}

/** A title of a server that is called something else; one that has the name already stays. */
export function titled(title: string, from: string, to: string): string {
  if (title === from) return to
  return title.endsWith(` · ${from}`) && !title.endsWith(` · ${to}`) ? `${title.slice(0, -from.length)}${to}` : title
}

function meta(name: string): string {
  return document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? ''
}

function kept(): string | null {
  if (navigator.onLine) return null
  try {
    return localStorage.getItem(KEPT)
  } catch {
    return null
  }
}
