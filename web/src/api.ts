import type { Answers, Bodies } from './api.gen'
import { call, type Result } from './http'

// Requests as the server's document has them: api.gen.ts is made of it. Answers are
// still parsed; what a parser reads is checked against its type.

/** The names of an answer's properties; of several kinds, those of any. */
export type Name<T> = T extends unknown ? keyof T & string : never

type PathOf<M extends string, K> = K extends `${M} ${infer P}` ? P : never

export type GetPath = PathOf<'GET', keyof Answers>
export type PostPath = PathOf<'POST', keyof Bodies>

export function post<P extends PostPath, T>(
  path: P,
  body: Bodies[`POST ${P}`],
  parse: (value: unknown) => T | null,
  signal?: AbortSignal,
): Promise<Result<T>> {
  return call(path, { method: 'POST', body, ...(signal ? { signal } : {}) }, parse)
}
