// Some requests give the browser another session in place of its own: a new
// password does, and a second factor. The old one's sockets are closed before the
// reply has brought the new cookie. Whoever asks just then learns that nobody is
// signed in, and the reply would take the new cookie away as well. So they wait,
// in all tabs.

const LOCK = 'snug:session'

/** Makes a request that may renew the session. */
export function renewing<T>(request: () => Promise<T>): Promise<T> {
  return hold('exclusive', request)
}

/** Asks about the session, but not while it is renewed. */
export function settled<T>(request: () => Promise<T>): Promise<T> {
  return hold('shared', request)
}

async function hold<T>(mode: LockMode, request: () => Promise<T>): Promise<T> {
  // Absent where the page came over plain http from another machine.
  if (!('locks' in navigator)) return await request()
  return await navigator.locks.request(LOCK, { mode }, () => request())
}
