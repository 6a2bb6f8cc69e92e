/**
 * What was kept under `path` by the version whose cache is called `own`, or by one before
 * it. Older caches go with the versions to come: what is found there is kept anew.
 */
export async function recall(path: string, own: string): Promise<Response | undefined> {
  const cache = await caches.open(own)
  const here = await cache.match(path, { ignoreVary: true })
  if (here) return here
  const before = await caches.match(path, { ignoreVary: true })
  // Where there is no space for it, it is there this time all the same.
  if (before) await cache.put(path, before.clone()).catch(() => {})
  return before
}
