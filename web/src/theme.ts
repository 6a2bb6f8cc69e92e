import { createSignal } from 'solid-js'

// public/theme.js sets the theme before the first paint; this changes it later.

export type Theme = 'light' | 'dark' | 'system'

const KEY = 'snug:theme'

/** Keeps the page in the chosen theme until disposed. */
export function makeTheme() {
  const system = matchMedia('(prefers-color-scheme: dark)')
  const [current, setCurrent] = createSignal<Theme>(stored())

  function apply() {
    const dark = current() === 'dark' || (current() === 'system' && system.matches)
    document.documentElement.classList.toggle('dark', dark)
    const paper = getComputedStyle(document.documentElement).getPropertyValue('--paper')
    document.querySelector('meta[name="theme-color"]')?.setAttribute('content', paper.trim())
  }

  function choose(next: Theme) {
    setCurrent(next)
    try {
      localStorage.setItem(KEY, next)
    } catch {
      // Storage is blocked or full: the choice lasts as long as the page.
    }
    apply()
  }

  // Another tab chose.
  function onStorage(event: StorageEvent) {
    if (event.key !== KEY) return
    setCurrent(stored())
    apply()
  }

  system.addEventListener('change', apply)
  addEventListener('storage', onStorage)
  return {
    current,
    choose,
    dispose() {
      system.removeEventListener('change', apply)
      removeEventListener('storage', onStorage)
    },
  }
}

function stored(): Theme {
  try {
    const value = localStorage.getItem(KEY)
    return value === 'light' || value === 'dark' ? value : 'system'
  } catch {
    return 'system'
  }
}
