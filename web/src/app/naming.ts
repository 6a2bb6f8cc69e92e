import { t } from '~/i18n/i18n'
import { personName } from '~/ui/person'
import type { RoomSummary } from '~/realtime/wire.gen'

// What rooms are called.

type Named = Pick<RoomSummary, 'slug' | 'name' | 'kind' | 'people'>

/** The name: of a direct the other's, of a group without one those of its people. */
export function nameOf({ slug, name, kind, people }: Named): string {
  if (name !== '' && kind !== 'direct') return name
  if (kind === 'direct' || kind === 'group') return people.map((p) => p.userName).join(t(', ')) || (kind === 'direct' ? personName(name) || t('Nobody any more') : name || t('A group of your own'))
  return slug
}

/** How it is spoken of: "#tea", or its name where that isn't what its address says. */
export function labelOf(room: Named): string {
  if (room.kind === 'direct' || room.kind === 'group') return nameOf(room)
  return room.name === '' || slugOf(room.name) === room.slug ? `#${room.slug}` : room.name
}

/** As many characters an address has at most. */
const SLUG_CHARS = 80
/** These are other addresses. */
const TAKEN: ReadonlySet<string> = new Set(['browse', 'read'])

/** The address that a name gives: letters and digits that every keyboard has; '' where it has none of them. */
export function slugOf(name: string): string {
  const slug = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, SLUG_CHARS)
    .replace(/^-+|-+$/g, '')
  return TAKEN.has(slug) ? '' : slug
}
