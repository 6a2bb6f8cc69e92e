/**
 * Runs `act` at most once a frame: a resume may bring a thousand messages at
 * once. Hidden pages have no frames, hence the timer.
 */
export function onceAFrame(act: () => void) {
  let frame: number | undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  function cancel() {
    if (frame !== undefined) cancelAnimationFrame(frame)
    clearTimeout(timer)
    frame = timer = undefined
  }
  function now() {
    cancel()
    act()
  }
  return {
    cancel,
    now,
    soon() {
      if (timer !== undefined) return
      frame = requestAnimationFrame(now)
      timer = setTimeout(now, 100)
    },
  }
}
