import { retitle } from '~/app/titles'
import { PRODUCT, putServerDescription, putServerName, serverName } from '~/server-name'

/** What the page says that is kept for offline is as old as that. */
const KEPT = 'snug:server-name'

/** Tells the page what the server is called now. */
export function setServerName({ name, description }: { name: string; description: string }) {
  call(name || PRODUCT)
  putServerDescription(description)
  try {
    if (name === '') localStorage.removeItem(KEPT)
    else localStorage.setItem(KEPT, name)
  } catch {
    // Storage is blocked or full: without a network the page says what it did when it was kept.
  }
}

/** Without a network the page may be one from before the server had its name. */
export function recallServerName() {
  if (navigator.onLine) return
  try {
    call(localStorage.getItem(KEPT) ?? serverName())
  } catch {
    // Storage is blocked.
  }
}

function call(name: string) {
  const before = serverName()
  putServerName(name)
  retitle(before)
}
