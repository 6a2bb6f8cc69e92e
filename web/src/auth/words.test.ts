import { describe, expect, it } from 'vitest'
import { PASSWORD_MAX, PASSWORD_MIN } from './fields'
import { hasWords, inWords, secondFactorWords, wordsFor } from './words'

/** All that a way back from a provider may say, in the spellings of both lines of better-auth. */
const ofProviders = [
  'access_denied', 'not_allowed', 'state_not_found', 'please_restart_the_process', 'state_mismatch', 'no_code', 'oauth_provider_not_found',
  'invalid_code', 'unable_to_get_user_info', 'email_not_found', 'account_not_linked', 'signup_disabled', 'unable_to_create_user',
  'unable_to_link_account', 'unable_to_create_session', 'internal_server_error', "email_doesn't_match", 'email_does_not_match',
  'account_already_linked_to_different_user', 'issuer_mismatch', 'nonce_binding_missing', 'email_not_verified',
  'provider_unavailable', 'state_security_mismatch', 'invalid_callback_request', 'issuer_missing', 'no_callback_url', 'temporarily_unavailable', 'server_error',
  'invalid_scope', 'invalid_request', 'unauthorized_client', 'unsupported_response_type', 'invalid_client', 'redirect_uri_mismatch',
  'login_required', 'consent_required', 'interaction_required', 'account_selection_required',
  'banned', 'invite_required', 'domain_not_allowed', 'sign_up_closed',
]

/** And what replies and links say. */
const ofReplies = [
  'PROVIDER_NOT_FOUND', 'BANNED_USER', 'INVITE_REQUIRED', 'INVITE_NOT_FOUND', 'SIGN_UP_CLOSED', 'DOMAIN_NOT_ALLOWED', 'EMAIL_NOT_VERIFIED',
  'INVALID_TOKEN', 'EXPIRED_TOKEN', 'TOKEN_EXPIRED', 'ATTEMPTS_EXCEEDED', 'USER_NOT_FOUND', 'UNAUTHORIZED', 'INVALID_USER',
  'invalid_token', 'token_expired', 'user_not_found', 'unauthorized', 'new_user_signup_disabled', 'failed_to_create_user', 'failed_to_create_session',
  'INVALID_EMAIL_OR_PASSWORD', 'INVALID_PASSWORD', 'INVALID_EMAIL', 'PASSWORD_TOO_SHORT', 'PASSWORD_TOO_LONG',
  'USER_ALREADY_EXISTS', 'USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL', 'INVALID_NAME', 'RESERVED_NAME',
  'EMAIL_AND_PASSWORD_IS_NOT_ENABLED', 'EMAIL_PASSWORD_DISABLED', 'EMAIL_AND_PASSWORD_SIGN_UP_IS_NOT_ENABLED', 'EMAIL_PASSWORD_SIGN_UP_DISABLED',
  'RESET_PASSWORD_ISNT_ENABLED', 'RESET_PASSWORD_DISABLED', 'EMAIL_ALREADY_VERIFIED', 'YOU_CAN_ONLY_SEND_A_VERIFICATION_EMAIL_TO_AN_UNVERIFIED_EMAIL',
  'INVALID_CODE', 'INVALID_BACKUP_CODE', 'INVALID_TWO_FACTOR_COOKIE', 'TOTP_NOT_ENABLED', 'TWO_FACTOR_NOT_ENABLED', 'BACKUP_CODES_NOT_ENABLED',
  'TOO_MANY_ATTEMPTS_REQUEST_NEW_CODE', 'ACCOUNT_TEMPORARILY_LOCKED', 'CHALLENGE_NOT_FOUND', 'PASSKEY_NOT_FOUND', 'AUTHENTICATION_FAILED',
  'ANONYMOUS_USERS_CANNOT_SIGN_IN_AGAIN_ANONYMOUSLY', 'INVALID_ORIGIN', 'MISSING_OR_NULL_ORIGIN', 'CROSS_SITE_NAVIGATION_LOGIN_BLOCKED',
  'BACKUP_CODES_ARENT_ENABLED', 'TWO_FACTOR_ISNT_ENABLED', 'INVALID_ISSUER', 'ID_TOKEN_NOT_SUPPORTED', 'EMAIL_MISMATCH',
  'YOU_CAN_ONLY_SEND_A_VERIFICATION_EMAIL_TO_YOUR_OWN_EMAIL', 'FAILED_TO_GET_SESSION', 'STORAGE_UNAVAILABLE',
]

const refused = (code: string, message = '') => ({ kind: 'refused', status: 400, code, message }) as const

describe('codes', () => {
  it.each([...ofProviders, ...ofReplies])('%s has words of its own', (code) => {
    expect(hasWords(code)).toBe(true)
    const text = wordsFor(code)
    expect(text).toMatch(/^[A-Z].*\.$/)
    expect(text).not.toMatch(/[!_]|Oops|Invalid/)
    expect(text.length).toBeLessThan(160)
  })

  it('are the same in capitals, in words, and with any apostrophe', () => {
    expect(wordsFor('ACCOUNT_NOT_LINKED')).toBe(wordsFor('account not linked'))
    expect(wordsFor('email_doesn’t_match')).toBe(wordsFor('EMAIL_DOES_NOT_MATCH'))
  })

  it('of passwords name the bounds that the form has', () => {
    expect(wordsFor('PASSWORD_TOO_SHORT')).toContain(` ${PASSWORD_MIN} `)
    expect(wordsFor('PASSWORD_TOO_LONG')).toContain(` ${PASSWORD_MAX} `)
  })

  it('that nobody knows are shown, if they are codes', () => {
    expect(wordsFor('quota_exceeded')).toContain('(quota_exceeded)')
    for (const text of ['Your account is broken, call 555 0100', '<b>x</b>', 'x'.repeat(65), '', 'a\u202eb']) {
      expect(wordsFor(text)).toBe('Signing in did not work. Try again, or choose another way.')
    }
  })

  it('take nothing from what objects have by birth', () => {
    for (const code of ['constructor', '__proto__', 'toString', 'hasOwnProperty']) expect(hasWords(code)).toBe(false)
  })
})

describe('a refusal', () => {
  it('is said by its code, else in the words of the server, else with its code', () => {
    expect(inWords(refused('BANNED_USER', 'You have been banned from this server'))).toContain('shut out')
    expect(inWords(refused('SOMETHING_NEW', 'Come back on Monday.'))).toBe('Come back on Monday.')
    expect(inWords(refused('SOMETHING_NEW'))).toContain('(SOMETHING_NEW)')
  })

  it('of a wrong code is another one than of a provider', () => {
    expect(inWords(refused('INVALID_CODE'), secondFactorWords)).toContain('Wrong code')
    expect(inWords(refused('INVALID_CODE'))).not.toContain('Wrong code')
  })

  it('that is none is told as what it is', () => {
    expect(inWords({ kind: 'unreachable' })).toContain("Can't reach the server")
    expect(inWords({ kind: 'limited', retryAfterSeconds: 7 })).toContain('7 seconds')
  })
})
