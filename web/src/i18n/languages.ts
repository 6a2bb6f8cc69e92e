/** The languages that there is a catalogue for, each by its own name. */
export const languages = {
  en: { name: 'English', dir: 'ltr' },
  es: { name: 'Español', dir: 'ltr' },
  de: { name: 'Deutsch', dir: 'ltr' },
  zh: { name: '中文', dir: 'ltr' },
  ar: { name: 'العربية', dir: 'rtl' },
} as const

export type Language = keyof typeof languages

export function isLanguage(value: string | null): value is Language {
  return value !== null && Object.hasOwn(languages, value)
}

export function isRtl(language: string): boolean {
  return isLanguage(language) && languages[language].dir === 'rtl'
}
