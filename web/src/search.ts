// The part of an address after the question mark, as plain text: the router by
// itself reads JSON there, and to it a token of digits is a number.

/** Reads it; of a repeated name the last counts. */
export function parseSearch(text: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(text))
}

/** Writes it, with its question mark; what is undefined is left out. */
export function stringifySearch(search: Record<string, unknown>): string {
  const params = new URLSearchParams()
  for (const [name, value] of Object.entries(search)) {
    if (value !== undefined) params.set(name, String(value))
  }
  const text = params.toString()
  return text === '' ? '' : `?${text}`
}

/** Keeps these parameters of a page's address; all of them may be missing. */
export function only<const K extends string>(...names: readonly K[]): (search: Record<string, unknown>) => { [N in K]?: string } {
  return (search) => {
    const kept: { [N in K]?: string } = {}
    for (const name of names) {
      const value = search[name]
      if (typeof value === 'string') kept[name] = value
    }
    return kept
  }
}
