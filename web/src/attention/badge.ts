import { createEffect, onCleanup } from 'solid-js'

// How much waits, outside of the page: in its title, its icon, and on the icon of the
// installed app. Whoever names the page needn't know of it: the count is put before
// whatever the title becomes.

export interface BadgeOptions {
  /** Unread messages in all rooms. */
  unread(): number
  /** What one is called by: unread entries of the inbox. */
  calls(): number
}

const COUNTED = /^\(\d+\+?\) /

export function createBadge({ unread, calls }: BadgeOptions) {
  const title = document.querySelector('title')
  const icon = document.querySelector<HTMLLinkElement>('link[rel=icon]')
  const plain = icon?.getAttribute('href') ?? ''

  function name() {
    const n = unread()
    const wanted = `${n > 0 ? `(${n > 99 ? '99+' : n}) ` : ''}${document.title.replace(COUNTED, '')}`
    if (document.title !== wanted) document.title = wanted
  }
  createEffect(name)
  if (title) {
    const renamed = new MutationObserver(name)
    renamed.observe(title, { childList: true })
    onCleanup(() => renamed.disconnect())
  }

  createEffect(() => {
    const some = unread() > 0 || calls() > 0
    icon?.setAttribute('href', some ? '/favicon-unread.svg' : plain)
    mark(calls(), some)
  })
  onCleanup(() => {
    document.title = document.title.replace(COUNTED, '')
    icon?.setAttribute('href', plain)
    mark(0, false)
  })
}

// A number for what one is called by, a dot for the rest.
function mark(calls: number, some: boolean) {
  if (!('setAppBadge' in navigator)) return
  const done = calls > 0 ? navigator.setAppBadge(calls) : some ? navigator.setAppBadge() : navigator.clearAppBadge()
  // Not installed, or not allowed: then there is no icon to mark.
  done.catch(() => {})
}
