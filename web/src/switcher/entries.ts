import { t } from '~/i18n/i18n'
import type { RoomKind, User } from '~/realtime/wire.gen'
import { makeMatcher, type Found } from './match'

// What the switcher offers, and in which order.

interface Common {
  /** Names it among what was chosen before. */
  key: string
  label: string
  /** What it is found by beside its label. */
  also?: readonly string[]
}

export interface RoomEntry extends Common {
  kind: 'room'
  slug: string
  room: RoomKind
  /** The other one of a direct; some of a group. */
  people: readonly User[]
  unread: number
  mentioned: boolean
  archived: boolean
}

export interface PersonEntry extends Common {
  kind: 'person'
  userId: string
  image: string | undefined
}

export interface CommandEntry extends Common {
  kind: 'command'
  /** A chord of the map that does the same. */
  chord?: string | undefined
  act(): void
}

export interface SearchEntry extends Common {
  kind: 'search'
  text: string
}

export type Entry = RoomEntry | PersonEntry | CommandEntry | SearchEntry

export interface Offer {
  entry: Entry
  /** What of the label was typed. */
  marks: Found['marks']
}

export interface Section {
  title: string
  offers: readonly Offer[]
}

/** Nobody reads on after so many. */
const SHOWN = 40
const SHOWN_RECENT = 8
const COMMANDS_AT_FIRST = 6

export interface Sources {
  rooms: readonly RoomEntry[]
  people: readonly PersonEntry[]
  commands: readonly CommandEntry[]
  /** Keys of what was chosen before, the latest first. */
  chosen: readonly string[]
  /** The room that is on the screen: nobody wants to go there. */
  here: string | undefined
}

export function sectionsOf(typed: string, sources: Sources): Section[] {
  const text = typed.trim()
  const sections = text === '' ? atFirst(sources) : [{ title: t('Found'), offers: [...found(text, sources), search(text)] }]
  return sections.filter((s) => s.offers.length > 0)
}

function atFirst({ rooms, commands, chosen, here }: Sources): Section[] {
  const others = rooms.filter((r) => r.slug !== here && !r.archived)
  const unread = others.filter((r) => r.unread > 0).sort((a, b) => Number(b.mentioned) - Number(a.mentioned)).slice(0, SHOWN)
  const place = placesOf(chosen)
  const rest = others.filter((r) => r.unread === 0).sort((a, b) => place(a) - place(b))
  return [
    { title: t('Unread'), offers: unread.map(bare) },
    { title: unread.length > 0 ? t('Other rooms') : t('Rooms'), offers: rest.slice(0, SHOWN_RECENT).map(bare) },
    { title: t('Commands'), offers: [...commands].sort((a, b) => place(a) - place(b)).slice(0, COMMANDS_AT_FIRST).map(bare) },
  ]
}

function found(text: string, { rooms, people, commands, chosen }: Sources): Offer[] {
  const match = makeMatcher(text)
  const place = placesOf(chosen)
  // Who has a room with one is found by it.
  const known = new Set(rooms.flatMap((r) => (r.room === 'direct' ? r.people.map((p) => p.userId) : [])))
  const offers: (Offer & { score: number })[] = []
  for (const entry of [...rooms, ...people.filter((p) => !known.has(p.userId)), ...commands]) {
    const own = match(entry.label)
    const other = (entry.also ?? []).map((words) => match(words)?.score ?? 0)
    const score = Math.max(own?.score ?? 0, 0.9 * Math.max(0, ...other))
    if (score > 0) offers.push({ entry, marks: own?.marks ?? [], score: score + liking(entry, place(entry)) })
  }
  return offers.sort((a, b) => b.score - a.score).slice(0, SHOWN)
}

// Among what fits about as well, what one goes to comes first.
function liking(entry: Entry, place: number): number {
  const chosenBefore = place === Infinity ? 0 : 0.15 / (1 + place / 4)
  const kind = entry.kind === 'command' ? -0.1 : 0
  const unread = entry.kind === 'room' && entry.unread > 0 ? 0.05 : 0
  const archived = entry.kind === 'room' && entry.archived ? -0.4 : 0
  return chosenBefore + kind + unread + archived
}

function placesOf(chosen: readonly string[]): (entry: Entry) => number {
  const places = new Map(chosen.map((key, i) => [key, i]))
  return ({ key }) => places.get(key) ?? Infinity
}

function search(text: string): Offer {
  return { entry: { kind: 'search', key: 'search', label: t('Search messages for “{text}”', { text }), text }, marks: [] }
}

function bare(entry: Entry): Offer {
  return { entry, marks: [] }
}
