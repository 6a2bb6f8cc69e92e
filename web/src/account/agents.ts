import { m, t } from '~/i18n/i18n'

// Which browser on which device, from the header that browsers send. It is for
// people who look for what isn't theirs; nothing is decided by it.

/** In what a device is carried, for the picture beside its name. */
export type Shape = 'computer' | 'phone' | 'tablet' | 'program'

export interface Device {
  /** "Chrome on Windows". */
  name: string
  shape: Shape
}

interface Kind {
  pattern: RegExp
  name: string
}

// Most pretend to be another one too: the first that fits is what it is.
const browsers: readonly Kind[] = [
  { pattern: /\bEdgA?(iOS)?\//, name: 'Edge' },
  { pattern: /\b(OPR|OPT|OPiOS|Opera)\b/, name: 'Opera' },
  { pattern: /\bSamsungBrowser\//, name: 'Samsung Internet' },
  { pattern: /\bVivaldi\//, name: 'Vivaldi' },
  { pattern: /\bYaBrowser\//, name: 'Yandex Browser' },
  { pattern: /\bDuckDuckGo\//, name: 'DuckDuckGo' },
  { pattern: /\bBrave\//, name: 'Brave' },
  { pattern: /\b(Firefox|FxiOS)\//, name: 'Firefox' },
  { pattern: /\bElectron\//, name: m('An app') },
  { pattern: /\b(CriOS|Chrome|Chromium|HeadlessChrome)\//, name: 'Chrome' },
  { pattern: /\bVersion\/[\d.]+.*\bSafari\//, name: 'Safari' },
  { pattern: /\biPhone\b|\biPad\b/, name: m('An app') },
  { pattern: /\b(Trident|MSIE)\b/, name: 'Internet Explorer' },
]

interface System extends Kind {
  shape: Shape
  /** Says that a browser is on it; absent: as of a system that has a name. */
  on?: string
}

const systems: readonly System[] = [
  { pattern: /\biPhone\b|\biPod\b/, name: 'iPhone', shape: 'phone' },
  { pattern: /\biPad\b/, name: 'iPad', shape: 'tablet' },
  { pattern: /\bAndroid\b.*\bMobile\b/, name: 'Android', shape: 'phone' },
  { pattern: /\bAndroid\b/, name: 'Android', shape: 'tablet', on: m('{browser} on an Android tablet') },
  { pattern: /\bCrOS\b/, name: 'ChromeOS', shape: 'computer', on: m('{browser} on a Chromebook') },
  { pattern: /\bWindows\b/, name: 'Windows', shape: 'computer' },
  { pattern: /\bMacintosh\b|\bMac OS X\b/, name: 'Mac', shape: 'computer' },
  { pattern: /\bFreeBSD\b|\bOpenBSD\b|\bNetBSD\b/, name: 'BSD', shape: 'computer' },
  { pattern: /\bLinux\b|\bX11\b/, name: 'Linux', shape: 'computer' },
]

const programs: readonly Kind[] = [
  { pattern: /^curl\//, name: 'curl' },
  { pattern: /^Wget\//, name: 'Wget' },
  { pattern: /^python-requests\/|^Python\b|^aiohttp\b/, name: m('A Python program') },
  { pattern: /^Go-http-client\//, name: m('A Go program') },
  { pattern: /^node\b|^undici\b/i, name: m('A Node program') },
  { pattern: /^okhttp\//, name: m('An Android app') },
]

/** What a browser calls itself, in words. */
export function deviceOf(userAgent: string): Device {
  const fits = ({ pattern }: Kind) => pattern.test(userAgent)
  const program = programs.find(fits)
  if (program) return { name: t(program.name), shape: 'program' }
  const system = systems.find(fits)
  const known = browsers.find(fits)?.name
  if (!system) return { name: t(known ?? m('An unknown browser')), shape: 'computer' }
  const browser = t(known ?? m('A browser'))
  return { name: t(system.on ?? m('{browser} on {system}'), { browser, system: system.name }), shape: system.shape }
}
