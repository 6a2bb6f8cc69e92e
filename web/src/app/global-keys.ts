import { onCleanup, onMount } from 'solid-js'
import { composing } from '~/keys/composing'
import { isSingle, shortcutOf, shortcuts } from '~/keys/map'
import type { Live } from './live'
import { calls } from './switcher-sources'
import { sectionsOf } from './sections'

export interface GlobalKeysOptions {
  live: Live
  /** The room that is on the screen. */
  here(): string | undefined
  onRoom(slug: string): void
  onSearch(): void
  onInbox(): void
  onAllRead(): void
}

/** The keys that work wherever the focus is. */
export function createGlobalKeys({ live, here, onRoom, onSearch, onInbox, onAllRead }: GlobalKeysOptions) {
  // As the list shows them, from top to bottom; what is unread also where it is folded away.
  function step(by: 1 | -1, unreadOnly: boolean) {
    const { rooms, list } = live
    const sections = sectionsOf(rooms.rooms(), list.order()).filter((s) => unreadOnly || !list.folded(s.key))
    const shown = sections.flatMap((s) => s.rooms)
    const slugs = shown.map((r) => r.slug)
    const wanted = new Set((unreadOnly ? shown.filter((r) => calls(live, r) > 0) : shown).map((r) => r.slug))
    const at = slugs.indexOf(here() ?? '')
    for (let i = 1; i <= slugs.length; i++) {
      // Before the first room comes the last one.
      const slug = slugs[(((at < 0 && by < 0 ? 0 : at) + by * i) % slugs.length + slugs.length) % slugs.length]
      if (slug !== undefined && slug !== here() && wanted.has(slug)) return onRoom(slug)
    }
  }

  function onKeyDown(event: KeyboardEvent) {
    if (event.defaultPrevented || composing(event)) return
    const id = shortcutOf(event, 'about')
    if (!id) return
    const target = event.target instanceof Element ? event.target : document.body
    // A sign that is typed belongs to the field; what is open above the page has its own keys.
    const sign = shortcuts[id].chords.some((chord) => isSingle(chord) && chord === event.key.toLowerCase())
    if (sign && !event.ctrlKey && !event.metaKey && target.closest('input, textarea, select, [contenteditable=true]')) return
    if (id !== 'switcher' && target.closest('[role=dialog], [role=alertdialog], [role=menu], .float')) return
    event.preventDefault()
    switch (id) {
      case 'switcher':
        return live.open(live.opened() === 'switcher' ? undefined : 'switcher')
      case 'shortcuts':
        return live.open('shortcuts')
      case 'nextRoom':
        return step(1, false)
      case 'previousRoom':
        return step(-1, false)
      case 'nextUnread':
        return step(1, true)
      case 'previousUnread':
        return step(-1, true)
      case 'search':
        return onSearch()
      case 'inbox':
        return onInbox()
      case 'allRead':
        return onAllRead()
      default:
    }
  }

  onMount(() => {
    addEventListener('keydown', onKeyDown)
    onCleanup(() => removeEventListener('keydown', onKeyDown))
  })
}
