// Which browser on which device, from the header that browsers send. It is for
// people who look for what isn't theirs; nothing is decided by it.

/** In what a device is carried, for the picture beside its name. */
export type Shape = 'computer' | 'phone' | 'tablet' | 'program'

export interface Device {
  /** "Chrome on Windows". */
  name: string
  shape: Shape
}

type Table = readonly (readonly [pattern: RegExp, name: string])[]

// Most pretend to be another one too: the first that fits is what it is.
const browsers: Table = [
  [/\bEdgA?(iOS)?\//, 'Edge'],
  [/\b(OPR|OPT|OPiOS|Opera)\b/, 'Opera'],
  [/\bSamsungBrowser\//, 'Samsung Internet'],
  [/\bVivaldi\//, 'Vivaldi'],
  [/\bYaBrowser\//, 'Yandex Browser'],
  [/\bDuckDuckGo\//, 'DuckDuckGo'],
  [/\bBrave\//, 'Brave'],
  [/\b(Firefox|FxiOS)\//, 'Firefox'],
  [/\bElectron\//, 'An app'],
  [/\b(CriOS|Chrome|Chromium|HeadlessChrome)\//, 'Chrome'],
  [/\bVersion\/[\d.]+.*\bSafari\//, 'Safari'],
  [/\biPhone\b|\biPad\b/, 'An app'],
  [/\b(Trident|MSIE)\b/, 'Internet Explorer'],
]

const systems: readonly (readonly [pattern: RegExp, name: string, shape: Shape])[] = [
  [/\biPhone\b|\biPod\b/, 'iPhone', 'phone'],
  [/\biPad\b/, 'iPad', 'tablet'],
  [/\bAndroid\b.*\bMobile\b/, 'Android', 'phone'],
  [/\bAndroid\b/, 'an Android tablet', 'tablet'],
  [/\bCrOS\b/, 'a Chromebook', 'computer'],
  [/\bWindows\b/, 'Windows', 'computer'],
  [/\bMacintosh\b|\bMac OS X\b/, 'Mac', 'computer'],
  [/\bFreeBSD\b|\bOpenBSD\b|\bNetBSD\b/, 'BSD', 'computer'],
  [/\bLinux\b|\bX11\b/, 'Linux', 'computer'],
]

const programs: Table = [
  [/^curl\//, 'curl'],
  [/^Wget\//, 'Wget'],
  [/^python-requests\/|^Python\b|^aiohttp\b/, 'A Python program'],
  [/^Go-http-client\//, 'A Go program'],
  [/^node\b|^undici\b/i, 'A Node program'],
  [/^okhttp\//, 'An Android app'],
]

/** What a browser calls itself, in words. */
export function deviceOf(userAgent: string): Device {
  const program = programs.find(([pattern]) => pattern.test(userAgent))
  if (program) return { name: program[1], shape: 'program' }
  const browser = browsers.find(([pattern]) => pattern.test(userAgent))
  const system = systems.find(([pattern]) => pattern.test(userAgent))
  const shape = system?.[2] ?? 'computer'
  if (browser && system) return { name: `${browser[1]} on ${system[1]}`, shape }
  if (browser) return { name: browser[1], shape }
  if (system) return { name: `A browser on ${system[1]}`, shape }
  return { name: 'An unknown browser', shape }
}
