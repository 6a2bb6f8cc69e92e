// The service worker of this page, for those who talk to it.

/** Absent while it was never registered: on the first visit, and where a page may not have one. */
export async function registered(): Promise<ServiceWorkerRegistration | undefined> {
  if (!('serviceWorker' in navigator)) return undefined
  return await navigator.serviceWorker.getRegistration('/').catch(() => undefined)
}

/** Shows a notification by the service worker. False: there is none that can. */
export async function showByWorker(title: string, options: NotificationOptions): Promise<boolean> {
  const registration = await registered()
  if (!registration?.active) return false
  await inTurn(() => registration.showNotification(title, options))
  return true
}

/** The notifications that were shown by the service worker, by this page or another. */
export async function shownByWorker(): Promise<Notification[]> {
  const registration = await registered()
  return registration ? await inTurn(() => registration.getNotifications()) : []
}

// Chromium forgets a notification for which somebody looks while it is on its way to the
// screen: it stands there, and is found and taken back by nobody.
async function inTurn<T>(act: () => Promise<T>): Promise<T> {
  return 'locks' in navigator ? await navigator.locks.request('notifications', act) : await act()
}
