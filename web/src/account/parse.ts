import type { GetPath, Name } from '~/api'
import { call, member, RequestError, type Request } from '~/http'

// What replies are made of. A reader returns null for what isn't of its kind. With the
// type of the answer it takes only names that the answer has.

export type Parse<T> = (value: unknown) => T | null

type Anything = Record<string, unknown>

export function text<A = Anything>(value: unknown, name: Name<A>): string {
  const v = member(value, name)
  return typeof v === 'string' ? v : ''
}

export function textOrNull<A = Anything>(value: unknown, name: Name<A>): string | null {
  return text<A>(value, name) || null
}

export function yes<A = Anything>(value: unknown, name: Name<A>): boolean {
  return member(value, name) === true
}

/** A time in Unix ms; null where there is none. */
export function time<A = Anything>(value: unknown, name: Name<A>): number | null {
  const ms = Date.parse(text<A>(value, name))
  return Number.isNaN(ms) ? null : ms
}

export function texts<A = Anything>(value: unknown, name: Name<A>): string[] {
  const v = member(value, name)
  return Array.isArray(v) ? v.filter((t): t is string => typeof t === 'string') : []
}

/** A list; one bad entry makes it another kind of reply. */
export function listOf<T>(parse: Parse<T>): Parse<T[]> {
  return (value) => {
    if (!Array.isArray(value)) return null
    const list: T[] = []
    for (const entry of value) {
      const parsed = parse(entry)
      if (parsed === null) return null
      list.push(parsed)
    }
    return list
  }
}

/** Any reply that isn't an error will do. */
export function done(): true {
  return true
}

/** The value of a request for those who want exceptions, which are queries. */
export async function fetched<T>(path: GetPath, request: Request, parse: Parse<T>): Promise<T> {
  const result = await call(path, request, parse)
  if (!result.ok) throw new RequestError(result.failure)
  return result.value
}

/** How all the lists of the account are kept: asked for anew each time they are looked at. */
export const listOptions = {
  staleTime: 0,
  networkMode: 'always',
  retry: false,
} as const
