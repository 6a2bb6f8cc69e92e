import { plural, t } from './i18n/i18n'
import { language } from './i18n/language'

// The one way to the server's HTTP interface. Nothing is thrown away: a reply
// is a value or a failure that says what happened.

export type Failure =
  /** No reply: the network, or the server is down. */
  | { kind: 'unreachable' }
  /** Too many tries. */
  | { kind: 'limited'; retryAfterSeconds: number }
  /** The server said no, in its own code and words. */
  | { kind: 'refused'; status: number; code: string; message: string }
  /** A reply that isn't what was asked for: a proxy's page, or a fault of the server. */
  | { kind: 'broken'; status: number }

export type Result<T> = { ok: true; value: T } | { ok: false; failure: Failure }

/** A Failure for those who want exceptions, such as queries. */
export class RequestError extends Error {
  override readonly name = 'RequestError'
  constructor(readonly failure: Failure) {
    super(explain(failure))
  }
}

/** Says a failure in words for people. */
export function explain(failure: Failure): string {
  switch (failure.kind) {
    case 'unreachable':
      return t("Can't reach the server. Check your connection and try again.")
    case 'limited':
      return t('Too many tries. Wait {time} and try again.', { time: seconds(failure.retryAfterSeconds) })
    case 'refused':
      return failure.message ? t(failure.message) : t('The server refused this ({status}).', { status: String(failure.status) })
    case 'broken':
      return t('The server gave an answer that makes no sense ({status}). Try again in a moment.', { status: String(failure.status) })
  }
}

/** A time that one waits, in words. */
export function seconds(n: number): string {
  return n > 120 ? plural(Math.ceil(n / 60), '1 minute', '{count} minutes') : plural(n, '1 second', '{count} seconds')
}

export interface Request {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  body?: unknown
  signal?: AbortSignal
}

/** Calls `path` and hands the JSON of a 2xx reply to `parse`; null from it is a broken reply. */
export async function call<T>(path: string, request: Request, parse: (value: unknown) => T | null): Promise<Result<T>> {
  let response: Response
  let text: string
  try {
    response = await fetch(path, {
      method: request.method ?? 'GET',
      credentials: 'same-origin',
      headers: {
        Accept: 'application/json',
        // Mails that come of a request are written in it.
        'Accept-Language': language(),
        ...(request.body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
      ...(request.signal ? { signal: request.signal } : {}),
    })
    text = await response.text()
  } catch (cause) {
    if (request.signal?.aborted) throw cause
    return fail({ kind: 'unreachable' })
  }

  // Some parts of the sign-in protocol say no by a redirect to a page that would show it.
  const code = response.redirected ? new URL(response.url).searchParams.get('error') : null
  if (code) return fail({ kind: 'refused', status: response.status, code, message: '' })
  return interpret(response.status, (name) => response.headers.get(name), text, parse)
}

/** Makes a result of a reply that came whole, however it was asked for. */
export function interpret<T>(
  status: number,
  header: (name: string) => string | null,
  text: string,
  parse: (value: unknown) => T | null,
): Result<T> {
  if (status === 429) return fail({ kind: 'limited', retryAfterSeconds: retryAfter(header) })

  let value: unknown
  try {
    // No Content has nothing to say but that it is done.
    value = status === 204 ? null : JSON.parse(text)
  } catch {
    // Vite's and other proxies answer so when the server behind them is down.
    return fail(status >= 502 && status <= 504 ? { kind: 'unreachable' } : { kind: 'broken', status })
  }
  if (status < 200 || status > 299) {
    return fail({ kind: 'refused', status, code: field(value, 'code'), message: field(value, 'message') || field(value, 'error') })
  }
  const parsed = parse(value)
  return parsed === null ? fail({ kind: 'broken', status }) : { ok: true, value: parsed }
}

function fail(failure: Failure): { ok: false; failure: Failure } {
  return { ok: false, failure }
}

function retryAfter(header: (name: string) => string | null): number {
  const n = Number(header('X-Retry-After') ?? header('Retry-After'))
  return Number.isFinite(n) && n > 0 ? Math.ceil(n) : 10
}

function field(value: unknown, name: string): string {
  const v = member(value, name)
  return typeof v === 'string' ? v : ''
}

/** A property of something that came from outside; undefined if it has none. */
export function member(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined
}
