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

/** From one try to the next while that doesn't come, and how many there are: what is said later than that makes no sense any more. */
const AGAIN_MS = 5_000
const TRIES = 6

/** Says something that needs no answer. */
export function showToast(toast: ToastText) {
  let tries = 0
  function draw() {
    tries++
    void toaster.load().then(
      ({ show }) => show(toast),
      () => tries < TRIES && setTimeout(draw, AGAIN_MS),
    )
  }
  draw()
}
