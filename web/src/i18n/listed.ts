import { locale } from './i18n'

const formats = new Map<string, Intl.ListFormat>()

/** "Ada, Bob and you": British English has no comma before the "and". */
export function listed(parts: readonly string[]): string {
  const wanted = locale()?.replace(/^en.*/, 'en-GB') ?? 'en-GB'
  let format = formats.get(wanted)
  if (!format) formats.set(wanted, (format = new Intl.ListFormat(wanted)))
  return format.format(parts)
}
