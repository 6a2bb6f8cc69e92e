import { createSignal } from 'solid-js'

// public/theme.js sets the theme before the first paint; this changes it later.

export type Theme = 'light' | 'dark' | 'system'
/** How close things stand. */
export type Density = 'roomy' | 'compact'

const KEY = 'snug:theme'
const DENSITY = 'snug:density'

/** Keeps the page in the chosen theme and density until disposed. */
export function makeTheme() {
  const system = matchMedia('(prefers-color-scheme: dark)')
  const [current, setCurrent] = createSignal<Theme>(stored())
  const [density, setDensity] = createSignal<Density>(storedDensity())

  function apply() {
    const dark = current() === 'dark' || (current() === 'system' && system.matches)
    document.documentElement.classList.toggle('dark', dark)
    document.documentElement.classList.toggle('compact', density() === 'compact')
    const paper = getComputedStyle(document.documentElement).getPropertyValue('--paper')
    document.querySelector('meta[name="theme-color"]')?.setAttribute('content', paper.trim())
  }

  function choose(next: Theme) {
    setCurrent(next)
    keep(KEY, next)
    apply()
  }

  function chooseDensity(next: Density) {
    setDensity(next)
    keep(DENSITY, next)
    apply()
  }

  // Another tab chose.
  function onStorage(event: StorageEvent) {
    if (event.key !== KEY && event.key !== DENSITY) return
    setCurrent(stored())
    setDensity(storedDensity())
    apply()
  }

  system.addEventListener('change', apply)
  addEventListener('storage', onStorage)
  return {
    current,
    choose,
    density,
    chooseDensity,
    dispose() {
      system.removeEventListener('change', apply)
      removeEventListener('storage', onStorage)
    },
  }
}

function stored(): Theme {
  const value = kept(KEY)
  return value === 'light' || value === 'dark' ? value : 'system'
}

function storedDensity(): Density {
  return kept(DENSITY) === 'compact' ? 'compact' : 'roomy'
}

function kept(key: string): string | null {
  try {
    return localStorage.getItem(key)
  } catch {
    return null
  }
}

function keep(key: string, value: string) {
  try {
    localStorage.setItem(key, value)
  } catch {
    // Storage is blocked or full: the choice lasts as long as the page.
  }
}
