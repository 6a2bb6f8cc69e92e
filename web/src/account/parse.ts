import { call, member, RequestError, type Request, type Result } from '~/http'

// What replies are made of. A reader returns null for what isn't of its kind.

export type Parse<T> = (value: unknown) => T | null

export function text(value: unknown, name: string): string {
  const v = member(value, name)
  return typeof v === 'string' ? v : ''
}

export function textOrNull(value: unknown, name: string): string | null {
  return text(value, name) || null
}

export function yes(value: unknown, name: string): boolean {
  return member(value, name) === true
}

/** A time in Unix ms; null where there is none. */
export function time(value: unknown, name: string): number | null {
  const ms = Date.parse(text(value, name))
  return Number.isNaN(ms) ? null : ms
}

export function texts(value: unknown, name: string): string[] {
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

export function post<T>(path: string, body: object, parse: Parse<T>): Promise<Result<T>> {
  return call(path, { method: 'POST', body }, parse)
}

/** The value of a request for those who want exceptions, which are queries. */
export async function fetched<T>(path: string, request: Request, parse: Parse<T>): Promise<T> {
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
