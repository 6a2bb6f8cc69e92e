import { onDemand } from '~/on-demand'

export interface ToastText {
  title: string
  text?: string
  tone?: 'plain' | 'bad'
  /** What can be done about it; it closes with that. */
  action?: { label: string; act(): void }
  /** Other than as long as all toasts stay. */
  durationMs?: number
}

/** What draws toasts: no part of a first view. */
export const toaster = onDemand(() => import('./toaster'))

/** Says something that needs no answer. */
export function showToast(toast: ToastText) {
  // If it doesn't come there is no page to speak of.
  void toaster.load().then(({ show }) => show(toast), () => {})
}
