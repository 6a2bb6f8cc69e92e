import { locale, t } from '~/i18n/i18n'
import type { Order } from './list-settings'
import { nameOf } from './naming'
import type { ListedRoom } from './rooms'

// Under which headings the rooms stand, and in which order.

export interface Section {
  key: string
  title: string
  rooms: readonly ListedRoom[]
}

export const FAVOURITES = 'favourites'
export const ROOMS = 'rooms'
export const DIRECTS = 'directs'

const collator = () => new Intl.Collator(locale(), { numeric: true, sensitivity: 'base' })

/** Favourites and own sections are there where something is in them; rooms and directs always. */
export function sectionsOf(rooms: readonly ListedRoom[], order: Order): Section[] {
  const names = collator()
  const favourites: ListedRoom[] = []
  const own = new Map<string, ListedRoom[]>()
  const others: ListedRoom[] = []
  const directs: ListedRoom[] = []
  for (const room of rooms) {
    if (room.archivedAt > 0) continue
    if (room.favourite) favourites.push(room)
    else if (room.section !== '') {
      const list = own.get(room.section)
      if (list) list.push(room)
      else own.set(room.section, [room])
    } else if (room.kind === 'direct' || room.kind === 'group') directs.push(room)
    else others.push(room)
  }
  const sorted = (list: ListedRoom[]) => {
    const called = new Map(list.map((r) => [r, nameOf(r)]))
    const byName = (a: ListedRoom, b: ListedRoom) => names.compare(called.get(a) ?? '', called.get(b) ?? '') || (a.slug < b.slug ? -1 : 1)
    return list.sort(order === 'name' ? byName : (a, b) => b.lastAt - a.lastAt || byName(a, b))
  }
  return [
    ...(favourites.length > 0 ? [{ key: FAVOURITES, title: t('Favourites'), rooms: sorted(favourites) }] : []),
    ...ownSections(own.keys()).map((title) => ({ key: `own:${title}`, title, rooms: sorted(own.get(title) ?? []) })),
    { key: ROOMS, title: t('Rooms'), rooms: sorted(others) },
    { key: DIRECTS, title: t('Direct messages'), rooms: sorted(directs) },
  ]
}

/** The names of one's own sections, in their order. */
export function ownSections(sections: Iterable<string>): string[] {
  return [...new Set(sections)].filter((s) => s !== '').sort(collator().compare)
}
