import { queryOptions } from '@tanstack/solid-query'
import { number } from '~/app/parse-room'
import { call, RequestError, type Result } from '~/http'
import { isFields, isRole, isText, list, parseMessage, parseUser } from '~/realtime/frames'
import type { AuditEntry, BannedPerson, Message, Report, ReportState, Role } from '~/realtime/wire.gen'
import { roomPath } from '~/rooms/info'
import type { Piece } from '~/rooms/pages'

// What is asked of the server by those who keep order.

const LIMIT = 50
const nothing = () => true as const

/** Somebody as everybody may see them. */
export interface Person {
  userId: string
  userName: string
  userImage?: string
  /** On the server. */
  role: Role
  createdAt: number
}

export type AuditLine = Omit<AuditEntry, 'action'> & { action: string }

export function reportMessage(slug: string, id: string, reason: string): Promise<Result<true>> {
  return call(`${roomPath(slug)}/messages/${encodeURIComponent(id)}/report`, { method: 'POST', body: { reason } }, nothing)
}

export function deleteMessage(slug: string, id: string): Promise<Result<true>> {
  return call(`${roomPath(slug)}/messages/${encodeURIComponent(id)}`, { method: 'DELETE' }, nothing)
}

/** All that somebody wrote in a room. It happens in the background. */
export function deleteAllOf(slug: string, user: string): Promise<Result<true>> {
  return call(`${roomPath(slug)}/members/${encodeURIComponent(user)}/messages`, { method: 'DELETE' }, nothing)
}

function personPath(user: string): string {
  return `/api/people/${encodeURIComponent(user)}`
}

export function ban(user: string, reason: string, deleteMessages: boolean): Promise<Result<true>> {
  return call(`${personPath(user)}/ban`, { method: 'PUT', body: { reason, deleteMessages } }, nothing)
}

export function unban(user: string): Promise<Result<true>> {
  return call(`${personPath(user)}/ban`, { method: 'DELETE' }, nothing)
}

export function setServerRole(user: string, role: Role): Promise<Result<true>> {
  return call(`${personPath(user)}/role`, { method: 'PUT', body: { role } }, nothing)
}

export function endSessions(user: string): Promise<Result<true>> {
  return call(`${personPath(user)}/sessions`, { method: 'DELETE' }, nothing)
}

/** Null: there is no such person, or they are shut out. */
export const personCardQuery = (user: string) =>
  queryOptions({
    queryKey: ['people', user, 'card'],
    queryFn: async ({ signal }): Promise<Person | null> => {
      const result = await call(personPath(user), { signal }, parsePerson)
      if (result.ok) return result.value
      if (result.failure.kind === 'refused' && result.failure.status === 404) return null
      throw new RequestError(result.failure)
    },
    staleTime: 0,
    retry: false,
  })

/** Both lists begin with the latest; `after` is the id of the last one that is there. */
export async function getReports(open: boolean, after: string, signal?: AbortSignal): Promise<Result<Piece<Report>>> {
  const search = new URLSearchParams({ open: String(open), limit: String(LIMIT), ...(after !== '' && { before: after }) })
  return await call(`/api/reports?${search}`, signal ? { signal } : {}, (value) => piece(value, 'reports', parseReport))
}

export function closeReport(id: number, state: Exclude<ReportState, 'open'>, note: string): Promise<Result<true>> {
  return call(`/api/reports/${id}`, { method: 'PUT', body: { state, note } }, nothing)
}

export async function getAudit(of: { room: string; user: string }, after: string, signal?: AbortSignal): Promise<Result<Piece<AuditLine>>> {
  const search = new URLSearchParams({
    limit: String(LIMIT),
    ...(of.room !== '' && { room: of.room }),
    ...(of.user !== '' && { user: of.user }),
    ...(after !== '' && { before: after }),
  })
  return await call(`/api/audit?${search}`, signal ? { signal } : {}, (value) => piece(value, 'entries', parseLine))
}

/** Those who are banned, the latest first. */
export async function getBanned(query: string, after: string, signal?: AbortSignal): Promise<Result<Piece<BannedPerson>>> {
  const search = new URLSearchParams({ limit: String(LIMIT), ...(query !== '' && { query }), ...(after !== '' && { after }) })
  return await call(`/api/bans?${search}`, signal ? { signal } : {}, (value) => {
    if (!isFields(value)) return null
    const items = list(value['people'], parseBanned)
    return items && { items, next: text(value['next']) }
  })
}

function piece<T extends { id: number }>(value: unknown, name: string, parse: (value: unknown) => T | null): Piece<T> | null {
  if (!isFields(value)) return null
  const items = list(value[name], parse)
  return items && { items, next: value['hasOlder'] === true ? String(items.at(-1)?.id ?? '') : '' }
}

function parsePerson(f: unknown): Person | null {
  const user = parseUser(f)
  if (!user || !isFields(f)) return null
  const { role } = f
  return { ...user, role: isRole(role) ? role : 'member', createdAt: number(f['createdAt']) }
}

const text = (value: unknown) => (isText(value) ? value : '')

function parseBanned(f: unknown): BannedPerson | null {
  const user = parseUser(f)
  if (!user || !isFields(f)) return null
  const { userId, userName, userImage } = user
  const { role } = f
  return { userId, userName, ...(userImage !== undefined && { userImage }), role: isRole(role) ? role : 'member', bannedAt: number(f['bannedAt']), reason: text(f['reason']) }
}

function parseReport(f: unknown): Report | null {
  if (!isFields(f)) return null
  const message: Message | null = parseMessage(f['message'])
  const reportedBy = parseUser(f['reportedBy'])
  const closedBy = parseUser(f['closedBy'])
  const { state } = f
  if (!message || !reportedBy || (state !== 'open' && state !== 'handled' && state !== 'dismissed')) return null
  return {
    id: number(f['id']), at: number(f['at']), room: text(f['room']), roomName: text(f['roomName']),
    message, reportedBy, reason: text(f['reason']), state, note: text(f['note']), closedAt: number(f['closedAt']),
    ...(closedBy && { closedBy }),
  }
}

function parseLine(f: unknown): AuditLine | null {
  if (!isFields(f) || !isFields(f['by'])) return null
  const user = parseUser(f['user'])
  return {
    id: number(f['id']), at: number(f['at']), action: text(f['action']), room: text(f['room']), roomName: text(f['roomName']),
    by: { userId: text(f['by']['userId']), userName: text(f['by']['userName']) },
    messageId: text(f['messageId']), detail: text(f['detail']),
    ...(user && { user }),
  }
}
