import { createSignal } from 'solid-js'

/** A part of the client that is fetched when it is first needed, and from then on is at hand at once. */
export interface OnDemand<T> {
  /** The part; undefined while it isn't here, which asks for it. Tracked. */
  (): T | undefined
  load(): Promise<T>
}

export function onDemand<T extends object>(fetch: () => Promise<T>): OnDemand<T> {
  const [part, setPart] = createSignal<T>()
  let loading: Promise<T> | undefined

  function load(): Promise<T> {
    if (!loading) {
      loading = fetch()
      loading.then(
        (loaded) => setPart(() => loaded),
        // Asked for again by whoever needs it next.
        () => (loading = undefined),
      )
    }
    return loading
  }

  return Object.assign(
    () => {
      if (!loading) load().catch(() => {})
      return part()
    },
    { load },
  )
}
