import { plural, t } from '~/i18n/i18n'

// What the server will refuse anyway, told before it is sent.

export const PASSWORD_MIN = 8
export const PASSWORD_MAX = 128
export const NAME_MAX = 64

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

/** What is wrong with an e-mail address, or ''. */
export function emailFault(value: string): string {
  const email = value.trim()
  if (email === '') return t('Enter your e-mail address.')
  if (!/^[^\s@]+@[^\s@]+\.[^\s@.]+$/.test(email)) return t('That is not an e-mail address, such as ada@example.org.')
  return ''
}

/** What is wrong with a password to sign in with, or ''. */
export function passwordFault(value: string): string {
  return value === '' ? t('Enter your password.') : ''
}

/** What is wrong with a password to be, or ''. */
export function newPasswordFault(value: string): string {
  if (value === '') return t('Choose a password.')
  if (value.length < PASSWORD_MIN) return plural(PASSWORD_MIN, 'Use at least 1 character.', 'Use at least {count} characters.')
  if (value.length > PASSWORD_MAX) return plural(PASSWORD_MAX, 'Use at most 1 character.', 'Use at most {count} characters.')
  return ''
}

/** What is wrong with a name, or ''. */
export function nameFault(value: string): string {
  const name = value.trim()
  if (name === '') return t('Enter the name that others will see.')
  if ([...graphemes.segment(name)].length > NAME_MAX) return plural(NAME_MAX, 'Use at most 1 character.', 'Use at most {count} characters.')
  return ''
}
