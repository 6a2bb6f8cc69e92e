import { queryOptions } from '@tanstack/solid-query'
import { post } from '~/api'
import type { BackupCodesReply, DepartureReply, EnrolReply, Passkey as ListedPasskey, LinkedAccount as Listed } from '~/api.gen'
import { isWebAddress } from '~/auth/calls'
import { call, type Result } from '~/http'
import { t } from '~/i18n/i18n'
import { done, fetched, listOf, listOptions, text, texts, time } from './parse'

// The ways to sign in beside the password: accounts elsewhere, passkeys, and the
// second factor that may stand behind them.

export interface LinkedAccount {
  id: string
  /** "credential" is the password. */
  providerId: string
  accountId: string
  createdAt: number | null
}

function parseLinked(value: unknown): LinkedAccount | null {
  const id = text<Listed>(value, 'id')
  const providerId = text<Listed>(value, 'providerId')
  if (!id || !providerId) return null
  return { id, providerId, accountId: text<Listed>(value, 'accountId'), createdAt: time<Listed>(value, 'createdAt') }
}

export const linkedQuery = queryOptions({
  queryKey: ['account', 'linked'],
  queryFn: async ({ signal }) =>
    (await fetched('/api/auth/list-accounts', { signal }, listOf(parseLinked))).filter((a) => a.providerId !== 'credential'),
  ...listOptions,
})

/** Begins connecting; the value is the address to go to. */
export function link(provider: string, callbackURL: string, errorCallbackURL: string): Promise<Result<string>> {
  return post('/api/auth/link-social', { provider, callbackURL, errorCallbackURL }, (value) => {
    const url = text<DepartureReply>(value, 'url')
    return isWebAddress(url) ? url : null
  })
}

export function unlink(account: LinkedAccount): Promise<Result<true>> {
  return post('/api/auth/unlink-account', { providerId: account.providerId, accountId: account.accountId }, done)
}

export interface Passkey {
  id: string
  name: string
  createdAt: number | null
  /** Kept by the maker of the device too, so that it outlives it. */
  synced: boolean
}

function parsePasskey(value: unknown): Passkey | null {
  const id = text<ListedPasskey>(value, 'id')
  if (!id) return null
  return { id, name: text<ListedPasskey>(value, 'name') || t('Passkey'), createdAt: time<ListedPasskey>(value, 'createdAt'), synced: text<ListedPasskey>(value, 'deviceType') === 'multiDevice' }
}

export const passkeysQuery = queryOptions({
  queryKey: ['account', 'passkeys'],
  queryFn: ({ signal }) => fetched('/api/auth/passkey/list-user-passkeys', { signal }, listOf(parsePasskey)),
  ...listOptions,
})

export function passkeyOptions<T>(parse: (value: unknown) => T | null): Promise<Result<T>> {
  return call('/api/auth/passkey/generate-register-options', {}, parse)
}

export function verifyPasskey(response: object, name: string): Promise<Result<true>> {
  return post('/api/auth/passkey/verify-registration', { response, name }, done)
}

export function renamePasskey(id: string, name: string): Promise<Result<true>> {
  return post('/api/auth/passkey/update-passkey', { id, name }, done)
}

export function deletePasskey(id: string): Promise<Result<true>> {
  return post('/api/auth/passkey/delete-passkey', { id }, done)
}

export interface Enrolment {
  /** For an authenticator app, as an address with the secret in it. */
  uri: string
  backupCodes: string[]
}

/** Without a password where there is none: a session that is fresh enough does. */
const proof = (password: string) => (password === '' ? {} : { password })

export function enrol(password: string): Promise<Result<Enrolment>> {
  return post('/api/auth/two-factor/enable', proof(password), (value) => {
    const uri = text<EnrolReply>(value, 'totpURI')
    const backupCodes = texts<EnrolReply>(value, 'backupCodes')
    return uri.startsWith('otpauth://') && backupCodes.length > 0 ? { uri, backupCodes } : null
  })
}

/** The secret of such an address, in groups of four to type. */
export function secretOf(uri: string): string {
  const secret = new URL(uri).searchParams.get('secret') ?? ''
  return secret.match(/.{1,4}/g)?.join(' ') ?? ''
}

export function confirmEnrolment(code: string): Promise<Result<true>> {
  return post('/api/auth/two-factor/verify-totp', { code }, done)
}

export function newBackupCodes(password: string): Promise<Result<string[]>> {
  return post('/api/auth/two-factor/generate-backup-codes', proof(password), (value) => {
    const codes = texts<BackupCodesReply>(value, 'backupCodes')
    return codes.length > 0 ? codes : null
  })
}

export function endTwoFactor(password: string): Promise<Result<true>> {
  return post('/api/auth/two-factor/disable', proof(password), done)
}
