// The service worker of this page, for those who talk to it.

/** Absent while it was never registered: on the first visit, and where a page may not have one. */
export async function registered(): Promise<ServiceWorkerRegistration | undefined> {
  if (!('serviceWorker' in navigator)) return undefined
  return await navigator.serviceWorker.getRegistration('/').catch(() => undefined)
}
