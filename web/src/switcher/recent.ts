// What was chosen in the switcher, the latest first: of this browser alone.

const KEY = 'snug:chosen'
const LIMIT = 40

export function chosen(): string[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]')
    return Array.isArray(value) ? value.filter((v) => typeof v === 'string' && v.length < 200).slice(0, LIMIT) : []
  } catch {
    return []
  }
}

export function noteChosen(key: string) {
  try {
    localStorage.setItem(KEY, JSON.stringify([key, ...chosen().filter((k) => k !== key)].slice(0, LIMIT)))
  } catch {
    // Storage is blocked or full: nothing is remembered.
  }
}
