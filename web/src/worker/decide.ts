// What the service worker does with a request.

/** The page itself: every address of the client is it. */
export const HTML = '/'

export type Way =
  /** The page at some address of the client. */
  | 'page'
  /** A part of it whose name never means other bytes. */
  | 'part'
  /** A file of the page that keeps its name. */
  | 'file'
  /** None of its business. */
  | 'pass'

export function decide(url: URL, request: { method: string; mode: string }, origin: string, files: readonly string[]): Way {
  if (request.method !== 'GET' || url.origin !== origin) return 'pass'
  const path = url.pathname
  // What people say never gets here, nor does anything else that the server makes.
  if (path === '/api' || path.startsWith('/api/')) return 'pass'
  if (path.startsWith('/assets/')) return 'part'
  if (files.includes(path)) return 'file'
  // The server, too, gives the page for what doesn't look like a file.
  return request.mode === 'navigate' && !/\.[^/]*$/.test(path) ? 'page' : 'pass'
}
