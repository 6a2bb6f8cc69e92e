import { queryOptions } from '@tanstack/solid-query'
import { isNotify, number } from '~/app/parse-room'
import { call, RequestError, type Result } from '~/http'
import { isFields, isRole, isText, list, type Fields } from '~/realtime/frames'
import type { BrowsePage, ListedRoom, Member, MemberPage, Role, RoomInfo, RoomKind, RoomSettings } from '~/realtime/wire.gen'
import { parseInfo, roomPath } from './info'

// What is asked of the server about rooms and their people.

const BROWSE_LIMIT = 50
const MEMBERS_LIMIT = 50

const nothing = () => true as const

function userPath(slug: string, user: string): string {
  return `${roomPath(slug)}/members/${encodeURIComponent(user)}`
}

export interface NewRoom {
  name: string
  slug?: string
  kind: RoomKind
  topic?: string
  people?: string[]
}

export function makeRoom(room: NewRoom): Promise<Result<RoomInfo>> {
  return call('/api/rooms', { method: 'POST', body: room }, parseInfo)
}

export function changeRoom(slug: string, to: { name?: string; topic?: string; slowModeSeconds?: number; kind?: RoomKind }): Promise<Result<RoomInfo>> {
  return call(roomPath(slug), { method: 'PATCH', body: to }, parseInfo)
}

export function archiveRoom(slug: string, on: boolean): Promise<Result<true>> {
  return call(`${roomPath(slug)}/archive`, { method: on ? 'PUT' : 'DELETE' }, nothing)
}

/** `name` repeats the name of the room. */
export function deleteRoom(slug: string, name: string): Promise<Result<true>> {
  return call(roomPath(slug), { method: 'DELETE', body: { name } }, nothing)
}

export function exportAddress(slug: string): string {
  return `${roomPath(slug)}/export`
}

export function joinRoom(slug: string): Promise<Result<true>> {
  return call(`${roomPath(slug)}/membership`, { method: 'PUT' }, nothing)
}

export function leaveRoom(slug: string): Promise<Result<true>> {
  return call(`${roomPath(slug)}/membership`, { method: 'DELETE' }, nothing)
}

/** Adds somebody, or gives them a role. */
export function putMember(slug: string, user: string, role?: Role): Promise<Result<true>> {
  return call(userPath(slug, user), { method: 'PUT', body: role ? { role } : {} }, nothing)
}

export function removeMember(slug: string, user: string): Promise<Result<true>> {
  return call(userPath(slug, user), { method: 'DELETE' }, nothing)
}

/** 0 seconds: they may post again. */
export function muteMember(slug: string, user: string, seconds: number): Promise<Result<true>> {
  return call(`${userPath(slug, user)}/mute`, seconds > 0 ? { method: 'PUT', body: { seconds } } : { method: 'DELETE' }, nothing)
}

export function putSettings(slug: string, to: Partial<RoomSettings>): Promise<Result<RoomSettings>> {
  return call(`${roomPath(slug)}/settings`, { method: 'PUT', body: to }, parseSettings)
}

export function readAll(): Promise<Result<true>> {
  return call('/api/rooms/read', { method: 'PUT', body: {} }, nothing)
}

export async function getBrowse(query: string, after: string, signal?: AbortSignal): Promise<Result<BrowsePage>> {
  const search = new URLSearchParams({ ...(query !== '' && { query }), ...(after !== '' && { after }), limit: String(BROWSE_LIMIT) })
  return await call(`/api/rooms/browse?${search}`, signal ? { signal } : {}, parseBrowse)
}

export async function getMembers(slug: string, query: string, after: string, signal?: AbortSignal): Promise<Result<MemberPage>> {
  const search = new URLSearchParams({ ...(query !== '' && { query }), ...(after !== '' && { after }), limit: String(MEMBERS_LIMIT) })
  return await call(`${roomPath(slug)}/members?${search}`, signal ? { signal } : {}, parseMembers)
}

/** Somebody's name, for where only their id is known. */
export const personQuery = (user: string) =>
  queryOptions({
    queryKey: ['people', user],
    queryFn: async ({ signal }) => {
      const result = await call(`/api/people/${encodeURIComponent(user)}`, { signal }, (value) => (isFields(value) && isText(value['userName']) ? value['userName'] : null))
      if (!result.ok) throw new RequestError(result.failure)
      return result.value
    },
    staleTime: 300_000,
    retry: false,
  })

function parseSettings(value: unknown): RoomSettings | null {
  if (!isFields(value)) return null
  const { notify, section } = value
  return {
    notify: isNotify(notify) ? notify : '',
    snoozedUntil: number(value['snoozedUntil']),
    favourite: value['favourite'] === true,
    section: isText(section) ? section : '',
    hidden: value['hidden'] === true,
  }
}

function parseBrowse(value: unknown): BrowsePage | null {
  if (!isFields(value)) return null
  const rooms = list(value['rooms'], (room) => (isFields(room) ? parseListed(room) : null))
  return rooms && { rooms, next: isText(value['next']) ? value['next'] : '' }
}

function parseListed(f: Fields): ListedRoom | null {
  const { slug, name, topic } = f
  if (!isText(slug)) return null
  return {
    slug,
    name: isText(name) && name !== '' ? name : slug,
    topic: isText(topic) ? topic : '',
    members: number(f['members']),
    lastAt: number(f['lastAt']),
    joined: f['joined'] === true,
    archivedAt: number(f['archivedAt']),
  }
}

function parseMembers(value: unknown): MemberPage | null {
  if (!isFields(value)) return null
  const members = list(value['members'], (member) => (isFields(member) ? parseMember(member) : null))
  return members && { members, count: number(value['count']), next: isText(value['next']) ? value['next'] : '' }
}

function parseMember(f: Fields): Member | null {
  const { userId, userName, userImage, role } = f
  if (!isText(userId) || !isText(userName)) return null
  return {
    userId, userName,
    ...(isText(userImage) && userImage !== '' && { userImage }),
    role: isRole(role) ? role : 'member',
    joinedAt: number(f['joinedAt']),
    mutedUntil: number(f['mutedUntil']),
  }
}
