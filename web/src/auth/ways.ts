import type { Provider, SignInOptions } from '~/api.gen'
import { t } from '~/i18n/i18n'

/** A way in that is one press of a button. */
export type Way = { kind: 'provider'; provider: Provider; last: boolean } | { kind: 'passkey'; last: boolean }

export interface Ways {
  buttons: readonly Way[]
  /** The form comes before the buttons. */
  formFirst: boolean
  /** Which of its own ways the form marks as the last used. */
  formLast: 'password' | 'link' | null
}

/** The ways in, in the order to show them: the one used last in this browser is the first. */
export function orderWays(options: SignInOptions, last: string | null, canPasskey: boolean): Ways {
  const buttons: Way[] = options.providers.map((provider) => ({ kind: 'provider', provider, last: provider.id === last }))
  if (options.passkeys && canPasskey) buttons.push({ kind: 'passkey', last: last === 'passkey' })
  const formLast = last === 'email' && options.passwords ? 'password' : last === 'magic-link' && options.magicLinks ? 'link' : null
  return {
    buttons: [...buttons.filter((b) => b.last), ...buttons.filter((b) => !b.last)],
    formFirst: formLast !== null || (buttons.length === 1 && buttons[0]?.kind === 'passkey' && !buttons[0].last),
    formLast,
  }
}

/** What stands on a button that has half the room. */
export function shortName(way: Way): string {
  return way.kind === 'provider' ? way.provider.name : t('Passkey')
}

/** So many letters fit half of a phone. */
export const SHORT = 10

/**
 * Which buttons take the whole width: all if there are few. Of more, two short ones
 * share a row; the last used one and those that are left over don't.
 */
export function wholeRows(ways: readonly Way[]): boolean[] {
  const whole = ways.map((way) => ways.length < 3 || way.last || shortName(way).length > SHORT)
  for (let i = 0; i < whole.length; i++) {
    if (whole[i]) continue
    if (whole[i + 1] === false) i++
    else whole[i] = true
  }
  return whole
}

const LAST_USED = 'better-auth.last_used_login_method'

/** How somebody signed in last in this browser, by the cookie that the server leaves. */
export function lastUsedWay(cookies: string): string | null {
  for (const part of cookies.split(';')) {
    const [name, value] = part.trim().split('=')
    if (name !== LAST_USED || !value) continue
    try {
      return decodeURIComponent(value)
    } catch {
      return null
    }
  }
  return null
}

/**
 * Whether this page can use passkeys. They belong to a domain name: a server that
 * is reached by its IP address has none.
 */
export function passkeysWork(): boolean {
  return isSecureContext && 'PublicKeyCredential' in globalThis && !/^\[|^[\d.]+$/.test(location.hostname)
}
