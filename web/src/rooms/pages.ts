import { createEffect, createSignal, on, onCleanup, type Accessor } from 'solid-js'
import type { Failure, Result } from '~/http'

// A list that comes in pieces, for what is looked for.

/** A key press rarely comes alone. */
const AFTER_MS = 150

export interface Piece<T> {
  items: readonly T[]
  /** Where the next piece begins; '': there is none. */
  next: string
}

export interface Pages<T> {
  /** Undefined until the first piece is there. */
  items: Accessor<readonly T[] | undefined>
  more: Accessor<boolean>
  loading: Accessor<boolean>
  failure: Accessor<Failure | null>
  loadMore(): void
  /** From the beginning; what is shown stays until that is there. */
  reload(): void
}

export function createPages<T>(query: Accessor<string>, fetch: (query: string, after: string, signal: AbortSignal) => Promise<Result<Piece<T>>>): Pages<T> {
  const [items, setItems] = createSignal<readonly T[]>()
  const [next, setNext] = createSignal('')
  const [loading, setLoading] = createSignal(false)
  const [failure, setFailure] = createSignal<Failure | null>(null)
  let request = new AbortController()
  let timer: ReturnType<typeof setTimeout> | undefined

  async function load(after: string) {
    request.abort()
    request = new AbortController()
    const { signal } = request
    setLoading(true)
    setFailure(null)
    let result: Result<Piece<T>>
    try {
      result = await fetch(query(), after, signal)
    } catch (error) {
      if (signal.aborted) return
      throw error
    }
    if (signal.aborted) return
    setLoading(false)
    if (!result.ok) {
      setFailure(result.failure)
      return
    }
    const piece = result.value
    setItems((before = []) => (after === '' ? kept(before, piece.items) : [...before, ...piece.items]))
    setNext(piece.next)
  }

  createEffect(
    on(query, (_, before) => {
      clearTimeout(timer)
      if (before === undefined) void load('')
      else timer = setTimeout(() => void load(''), AFTER_MS)
    }),
  )
  onCleanup(() => {
    clearTimeout(timer)
    request.abort()
  })

  return {
    items,
    more: () => next() !== '',
    loading,
    failure,
    loadMore: () => void load(next()),
    reload: () => void load(''),
  }
}

/** What comes, with the very items that were there where nothing about them is new: their rows then stay, and with them the focus. */
export function kept<T>(before: readonly T[], items: readonly T[]): readonly T[] {
  const known = new Map(before.map((item) => [JSON.stringify(item), item]))
  return items.map((item) => known.get(JSON.stringify(item)) ?? item)
}
