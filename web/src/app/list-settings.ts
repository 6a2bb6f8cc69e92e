import { createSignal } from 'solid-js'

// How one likes the list of rooms, kept in this browser.

export type Order = 'name' | 'recent'

export interface ListSettings {
  order(): Order
  setOrder(order: Order): void
  folded(section: string): boolean
  fold(section: string, folded: boolean): void
}

interface Kept {
  order: Order
  folded: readonly string[]
}

const plain: Kept = { order: 'name', folded: [] }

export function makeListSettings(userId: string): ListSettings {
  const key = `snug:list:${userId}`
  const [kept, setKept] = createSignal(read(key))

  function keep(next: Kept) {
    setKept(next)
    try {
      localStorage.setItem(key, JSON.stringify(next))
    } catch {
      // Storage is full or blocked: it holds for this page.
    }
  }

  return {
    order: () => kept().order,
    setOrder: (order) => keep({ ...kept(), order }),
    folded: (section) => kept().folded.includes(section),
    fold(section, folded) {
      const others = kept().folded.filter((s) => s !== section)
      keep({ ...kept(), folded: folded ? [...others, section] : others })
    },
  }
}

function read(key: string): Kept {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(key) ?? 'null')
    if (typeof value !== 'object' || value === null) return plain
    const folded: unknown = Reflect.get(value, 'folded')
    return {
      order: Reflect.get(value, 'order') === 'recent' ? 'recent' : 'name',
      folded: Array.isArray(folded) ? folded.filter((s) => typeof s === 'string') : [],
    }
  } catch {
    return plain
  }
}
