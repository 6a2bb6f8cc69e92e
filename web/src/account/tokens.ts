import { queryOptions } from '@tanstack/solid-query'
import { post } from '~/api'
import type { ApiToken, MadeToken, NewTokenBody, Scope } from '~/api.gen'
import type { Result } from '~/http'
import { locale, m, t } from '~/i18n/i18n'
import { done, fetched, listOf, listOptions, text, texts, time } from './parse'

/** What a script may do with a token. */
export const scopes: readonly { scope: Scope; label: string; short: string; hint: string }[] = [
  { scope: 'messages:read', label: m('Read messages'), short: m('reads'), hint: m('In the rooms that you can read.') },
  { scope: 'messages:write', label: m('Post messages'), short: m('posts'), hint: m('In your name.') },
  { scope: 'rooms:write', label: m('Manage rooms'), short: m('manages rooms'), hint: m('Make, change and delete rooms, say who is in them, and moderate, as far as you may.') },
]

export interface Token {
  id: string
  name: string
  /** How it begins. */
  hint: string
  scopes: string[]
  createdAt: number | null
  expiresAt: number | null
  usedAt: number | null
}

function parseToken(value: unknown): Token | null {
  const id = text<ApiToken>(value, 'id')
  if (!id) return null
  return {
    id,
    name: text<ApiToken>(value, 'name'),
    hint: text<ApiToken>(value, 'hint'),
    scopes: texts<ApiToken>(value, 'scopes'),
    createdAt: time<ApiToken>(value, 'createdAt'),
    expiresAt: time<ApiToken>(value, 'expiresAt'),
    usedAt: time<ApiToken>(value, 'usedAt'),
  }
}

/** "reads and posts", of what it may do. */
export function scopeWords(granted: readonly string[]): string {
  return new Intl.ListFormat(locale()).format(granted.map((g) => t(scopes.find((s) => s.scope === g)?.short ?? g)))
}

export const tokensQuery = queryOptions({
  queryKey: ['account', 'tokens'],
  queryFn: ({ signal }) => fetched('/api/account/tokens', { signal }, listOf(parseToken)),
  ...listOptions,
})

/** The value is the token itself, told this once. */
export function createToken(request: NewTokenBody): Promise<Result<string>> {
  return post('/api/account/tokens', request, (value) => {
    return text<MadeToken>(value, 'token') || null
  })
}

export function revokeToken(id: string): Promise<Result<true>> {
  return post('/api/account/tokens/revoke', { id }, done)
}

/** A command that shows the token at work, for the room of everybody. */
export function example(token: string, granted: readonly string[], origin: string): string {
  const address = `${origin}/api/rooms/global/messages`
  const header = `-H "Authorization: Bearer ${token}"`
  if (granted.includes('messages:read')) return `curl \\\n  ${header} \\\n  "${address}?limit=10"`
  return `curl \\\n  ${header} \\\n  -H "Content-Type: application/json" \\\n  -d '{"content":"Hello from a script"}' \\\n  ${address}`
}
