import { locale, plural } from '~/i18n/i18n'

const UNITS = ['kilobyte', 'megabyte', 'gigabyte', 'terabyte']

/** Bytes as people say them. */
export function sizeOf(bytes: number): string {
  if (bytes < 1_000) return plural(bytes, '1 byte', '{count} bytes')
  let value = bytes / 1_000
  let unit = 0
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1_000
    unit++
  }
  return new Intl.NumberFormat(locale(), { style: 'unit', unit: UNITS[unit] }).format(Number(value.toFixed(value < 9.95 ? 1 : 0)))
}
