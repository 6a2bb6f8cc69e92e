import { explain, type Failure } from '~/http'
import { m, t } from '~/i18n/i18n'

// What the server's codes mean to somebody who wants in: what happened, and what
// to do. It says the same thing by several codes, for it speaks the dialects of
// several clients: in capitals in a reply, in lower case in an address.

const usedUp = m('This link does not work any more: it was used already, or it is too old. Ask for a new one.')
const shutOut = m('This account was shut out of this server. If you think that is a mistake, ask whoever runs it.')
const closed = m('This server takes no new accounts. If you have one, sign in the way you did before.')
const uninvited = m('You need an invitation to make an account here. Ask somebody who is in for one, and open its link first.')
const foreignDomain = m('This server is for addresses of certain domains. Use one of them, or ask somebody who is in for an invitation.')
const tooSlow = m('That sign-in took too long, or was begun in another browser. Start it again.')
const unfinished = m('The server could not finish this. Try again in a moment. If it stays so, tell whoever runs this server.')
const untrustedAnswer = m('The answer did not come from where it should have, so nobody was signed in. Try again.')
const noProvider = m('This way in is not set up here. Choose another.')
const noAnswer = m('The other site has trouble, or can not be reached from here. Try again in a moment, or choose another way.')
const notSetUp = m('The other site refused this server: it is not set up there as it should be. Tell whoever runs it, or choose another way.')
const toBeAsked = m('The other site has to ask you something. Try again, and answer there.')
const noName = m('The other site did not say who you are. Try again, or choose another way.')
const noEmail = m('The other site gave no e-mail address. Share one there, or choose another way.')
const unconfirmed = m('This e-mail address is not confirmed yet. Open the link in the mail about it, then sign in.')
const otherEmail = m('That account has another e-mail address than yours here. Use one with the same address.')
const ownAddress = m('You are signed in with another address. Confirm that one, or sign out first.')
const unknownHost = m('This server does not know the address you came by as its own. Whoever runs it can set base-url or trusted-origins.')
const passwordsOff = m('Passwords are turned off here. Choose another way in.')
const wrongPassword = m('Wrong e-mail or password.')
const badEmail = m('That is not an e-mail address.')
const taken = m('There is an account with this e-mail already. Sign in, or use another address.')
const wrongCode = m('Wrong code. Each works once, for half a minute: enter the one that shows now.')
const startAnew = m('This sign-in took too long. Start it again.')
const noBackupCodes = m('There are no backup codes for this account. Use the code of your app.')
const unknownPasskey = m('This server does not know that passkey. Choose another, or another way in.')

const table: Readonly<Record<string, string>> = {
  // What providers and the way back from them say.
  access_denied: m('The other site was told not to let you in here. Try again, or choose another way.'),
  not_allowed: m('This server lets in only certain people from there. Use another account, or ask whoever runs it.'),
  state_not_found: tooSlow,
  state_mismatch: tooSlow,
  state_security_mismatch: tooSlow,
  invalid_callback_request: tooSlow,
  please_restart_the_process: tooSlow,
  no_code: m('The other site sent you back without an answer. Try again.'),
  oauth_provider_not_found: noProvider,
  provider_not_found: noProvider,
  invalid_code: m('The other site did not confirm who you are. Try again in a moment. If it stays so, tell whoever runs this server.'),
  unable_to_get_user_info: noName,
  failed_to_get_user_info: noName,
  email_not_found: noEmail,
  user_email_not_found: noEmail,
  account_not_linked: m('There is an account with this e-mail already. Sign in the way you did before, then connect the other one under Account.'),
  signup_disabled: closed,
  sign_up_closed: closed,
  new_user_signup_disabled: closed,
  email_and_password_sign_up_is_not_enabled: closed,
  email_password_sign_up_disabled: closed,
  unable_to_create_user: unfinished,
  failed_to_create_user: unfinished,
  unable_to_create_session: unfinished,
  failed_to_create_session: unfinished,
  unable_to_link_account: unfinished,
  internal_server_error: unfinished,
  failed_to_get_session: unfinished,
  storage_unavailable: m("The server can't store anything right now. Try again in a moment."),
  email_doesnt_match: otherEmail,
  email_does_not_match: otherEmail,
  account_already_linked_to_different_user: m('That account belongs to somebody else here. Sign in with it, or use another.'),
  issuer_mismatch: untrustedAnswer,
  issuer_missing: untrustedAnswer,
  nonce_binding_missing: untrustedAnswer,
  nonce_mismatch: untrustedAnswer,
  email_not_verified: unconfirmed,
  provider_unavailable: noAnswer,
  temporarily_unavailable: noAnswer,
  server_error: noAnswer,
  invalid_scope: notSetUp,
  invalid_request: notSetUp,
  unauthorized_client: notSetUp,
  unsupported_response_type: notSetUp,
  invalid_client: notSetUp,
  redirect_uri_mismatch: notSetUp,
  login_required: toBeAsked,
  consent_required: toBeAsked,
  interaction_required: toBeAsked,
  account_selection_required: toBeAsked,
  no_callback_url: m('You may be signed in: open the first page to see.'),
  invalid_issuer: untrustedAnswer,
  id_token_not_supported: noProvider,

  // Who may be here.
  banned_user: shutOut,
  banned: shutOut,
  invite_required: uninvited,
  room_shut: m('That room does not take you: you were taken out of it, or it is full.'),
  invite_not_found: m('This invitation does not work any more: it was used up, taken back, is too old, or who made it may not invite now. Ask for a new one.'),
  domain_not_allowed: foreignDomain,
  anonymous_users_cannot_sign_in_again_anonymously: m('You are a guest here already.'),

  // Links of mails.
  invalid_token: usedUp,
  expired_token: usedUp,
  token_expired: usedUp,
  attempts_exceeded: usedUp,
  user_not_found: m('The account that this link was for is gone.'),
  unauthorized: m("This link is for an account that you aren't signed in to. Sign in to it, then open the link again."),
  invalid_user: m('This link is for another account. Sign in to that one, then open the link again.'),
  email_already_verified: m('This e-mail address is confirmed already. You can sign in.'),
  email_mismatch: ownAddress,
  you_can_only_send_a_verification_email_to_your_own_email: ownAddress,
  you_can_only_send_a_verification_email_to_an_unverified_email: m('This e-mail address is confirmed already. You can sign in.'),

  // Passwords and who they belong to.
  invalid_email_or_password: wrongPassword,
  invalid_password: m('Wrong password.'),
  invalid_email: badEmail,
  password_too_short: m('Use at least 8 characters for the password.'),
  password_too_long: m('Use at most 128 characters for the password.'),
  user_already_exists: taken,
  user_already_exists_use_another_email: taken,
  email_and_password_is_not_enabled: passwordsOff,
  email_password_disabled: passwordsOff,
  reset_password_isnt_enabled: passwordsOff,
  reset_password_disabled: passwordsOff,
  invalid_name: m("That name can't be shown. Use 1 to 64 visible characters."),
  reserved_name: m('That name is reserved. Choose another.'),

  // The second factor.
  invalid_two_factor_cookie: startAnew,
  two_factor_not_enabled: startAnew,
  two_factor_isnt_enabled: startAnew,
  totp_not_enabled: startAnew,
  backup_codes_arent_enabled: noBackupCodes,
  backup_codes_not_enabled: noBackupCodes,
  invalid_backup_code: m('Wrong backup code, or one that was used already: each works once.'),
  code_used: m('This code was used already. Wait for the next one.'),
  too_many_attempts_request_new_code: m('Too many wrong codes. Start signing in again.'),
  account_temporarily_locked: m('Too many wrong codes. Wait a quarter of an hour, then sign in again.'),

  // Passkeys.
  challenge_not_found: m('That took too long. Try again.'),
  passkey_not_found: unknownPasskey,
  authentication_failed: m('The passkey was not accepted. Try again, or choose another way in.'),

  // Addresses that don't fit the server's settings.
  invalid_origin: unknownHost,
  missing_or_null_origin: unknownHost,
  cross_site_navigation_login_blocked: unknownHost,
}

/** What a code that a provider or a link came back with means. */
export function wordsFor(code: string): string {
  const known = find(table, code)
  if (known) return t(known)
  // Anybody can put text into an address: what isn't like a code isn't shown.
  return /^[\w.'-]{1,64}$/.test(code)
    ? t('Signing in did not work ({code}). Try again, or choose another way.', { code })
    : t('Signing in did not work. Try again, or choose another way.')
}

/** Whether a code has words of its own. */
export function hasWords(code: string): boolean {
  return find(table, code) !== undefined
}

/** What went wrong with a request, in words; `own` says some codes better. */
export function inWords(failure: Failure, own: Readonly<Record<string, string>> = {}): string {
  if (failure.kind !== 'refused') return explain(failure)
  const said = find(own, failure.code) ?? find(table, failure.code) ?? failure.message
  return said ? t(said) : wordsFor(failure.code)
}

/** Says a code of the second factor; for a provider invalid_code is another thing. */
export const secondFactorWords: Readonly<Record<string, string>> = { invalid_code: wrongCode }

function find(all: Readonly<Record<string, string>>, code: string): string | undefined {
  const key = code.toLowerCase().replace(/['’]/g, '').replace(/[^a-z0-9]+/g, '_')
  return Object.hasOwn(all, key) ? all[key] : undefined
}
