import type { ListedRoom } from '~/app/rooms'
import { t } from '~/i18n/i18n'
import { may } from '~/permissions.gen'
import type { Call } from './mentions'

// Calling many at once while one writes.

export interface CallSuggestion {
  kind: 'call'
  call: Call
}

/** By what a call is found: it may have other names elsewhere. */
const names: Readonly<Record<Call, readonly string[]>> = {
  room: ['room', 'all', 'everyone', 'everybody', 'channel'],
  here: ['here', 'online'],
}

/** What calls many in a room, as far as this person may: in a direct and a group all hear of all anyway. */
export function callable(room: Pick<ListedRoom, 'role' | 'kind'> | undefined): readonly Call[] {
  return room && (room.kind === 'public' || room.kind === 'private') && may('mention_all', room.role, room.kind) ? ['room', 'here'] : []
}

export function findCalls(query: string, offered: readonly Call[]): CallSuggestion[] {
  const wanted = query.toLowerCase()
  return offered.filter((call) => names[call].some((name) => name.startsWith(wanted))).map((call) => ({ kind: 'call', call }))
}

export function callWords(call: Call): string {
  return call === 'room' ? t('Notify everybody in this room') : t('Notify everybody who is online')
}
