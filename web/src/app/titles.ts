import { onCleanup } from 'solid-js'
import { PRODUCT, serverName } from '~/server-name'

/**
 * Pages call themselves "Inbox · Snug"; where the server has a name of its own, that
 * stands in the title instead, whoever sets it.
 */
export function nameTitles() {
  const title = document.querySelector('title')
  if (!title) return
  const watcher = new MutationObserver(() => retitle(PRODUCT))
  watcher.observe(title, { childList: true })
  onCleanup(() => watcher.disconnect())
}

/** Puts the name in the place of another one in the title. */
export function retitle(from: string) {
  const { title } = document
  const end = ` · ${serverName()}`
  if (title.endsWith(` · ${from}`) && !title.endsWith(end)) document.title = title.slice(0, -from.length - 3) + end
}
