// Passkeys between the browser, which speaks in bytes, and the server, which
// speaks in JSON with base64url for them.

export function toBase64url(buffer: ArrayBuffer): string {
  let binary = ''
  for (const byte of new Uint8Array(buffer)) binary += String.fromCharCode(byte)
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}

/** Takes padding and the other alphabet too; throws on anything else. */
export function fromBase64url(encoded: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(encoded.replaceAll('-', '+').replaceAll('_', '/').replace(/=+$/, '')), (c) => c.charCodeAt(0))
}

/** What `navigator.credentials.get` wants, from what the server sent; throws if that is something else. */
export function requestOptions(json: unknown): PublicKeyCredentialRequestOptions {
  const o = record(json)
  return {
    challenge: bytes(o['challenge']),
    ...optional(number(o['timeout']), (timeout) => ({ timeout })),
    ...optional(text(o['rpId']), (rpId) => ({ rpId })),
    ...optional(o['allowCredentials'], (all) => ({ allowCredentials: descriptors(all) })),
    ...optional(verification(o['userVerification']), (userVerification) => ({ userVerification })),
  }
}

/** What `navigator.credentials.create` wants, from what the server sent; throws if that is something else. */
export function creationOptions(json: unknown): PublicKeyCredentialCreationOptions {
  const o = record(json)
  const rp = record(o['rp'])
  const user = record(o['user'])
  const selection = record(o['authenticatorSelection'] ?? {})
  return {
    challenge: bytes(o['challenge']),
    rp: { name: text(rp['name']) ?? '', ...optional(text(rp['id']), (id) => ({ id })) },
    user: { id: bytes(user['id']), name: text(user['name']) ?? '', displayName: text(user['displayName']) ?? '' },
    pubKeyCredParams: list(o['pubKeyCredParams']).map((p) => ({ type: 'public-key', alg: number(record(p)['alg']) ?? -7 })),
    ...optional(number(o['timeout']), (timeout) => ({ timeout })),
    ...optional(o['excludeCredentials'], (all) => ({ excludeCredentials: descriptors(all) })),
    ...optional(oneOf(o['attestation'], ['none', 'indirect', 'direct', 'enterprise']), (attestation) => ({ attestation })),
    authenticatorSelection: {
      ...optional(oneOf(selection['authenticatorAttachment'], ['platform', 'cross-platform']), (authenticatorAttachment) => ({ authenticatorAttachment })),
      ...optional(oneOf(selection['residentKey'], ['discouraged', 'preferred', 'required']), (residentKey) => ({ residentKey })),
      ...(selection['requireResidentKey'] === true ? { requireResidentKey: true } : {}),
      ...optional(verification(selection['userVerification']), (userVerification) => ({ userVerification })),
    },
  }
}

/** What both answers have; as a PublicKeyCredential does. */
interface Answer<R> {
  id: string
  rawId: ArrayBuffer
  type: string
  authenticatorAttachment: string | null
  getClientExtensionResults(): object
  response: R
}

interface Assertion {
  clientDataJSON: ArrayBuffer
  authenticatorData: ArrayBuffer
  signature: ArrayBuffer
  userHandle: ArrayBuffer | null
}

interface Attestation {
  clientDataJSON: ArrayBuffer
  attestationObject: ArrayBuffer
  getTransports(): string[]
}

/** The answer to a sign-in, for the server. */
export function assertionJSON(credential: Answer<Assertion>): object {
  const { response } = credential
  return {
    ...frame(credential),
    response: {
      clientDataJSON: toBase64url(response.clientDataJSON),
      authenticatorData: toBase64url(response.authenticatorData),
      signature: toBase64url(response.signature),
      ...(response.userHandle ? { userHandle: toBase64url(response.userHandle) } : {}),
    },
  }
}

/** A new passkey, for the server. */
export function attestationJSON(credential: Answer<Attestation>): object {
  const { response } = credential
  return {
    ...frame(credential),
    response: {
      clientDataJSON: toBase64url(response.clientDataJSON),
      attestationObject: toBase64url(response.attestationObject),
      transports: response.getTransports(),
    },
  }
}

function frame(credential: Answer<unknown>): object {
  return {
    id: credential.id,
    rawId: toBase64url(credential.rawId),
    type: credential.type,
    clientExtensionResults: credential.getClientExtensionResults(),
    ...(credential.authenticatorAttachment ? { authenticatorAttachment: credential.authenticatorAttachment } : {}),
  }
}

function descriptors(value: unknown): PublicKeyCredentialDescriptor[] {
  return list(value).map((entry) => {
    const d = record(entry)
    const transports = list(d['transports'] ?? []).flatMap((t) => oneOf(t, ['usb', 'nfc', 'ble', 'hybrid', 'internal']) ?? [])
    return { type: 'public-key', id: bytes(d['id']), ...(transports.length > 0 ? { transports } : {}) }
  })
}

function record(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw new TypeError('passkey options: an object is missing')
  return { ...value }
}

function list(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new TypeError('passkey options: a list is missing')
  return value
}

function bytes(value: unknown): Uint8Array<ArrayBuffer> {
  if (typeof value !== 'string' || value === '') throw new TypeError('passkey options: bytes are missing')
  return fromBase64url(value)
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}

function verification(value: unknown) {
  return oneOf(value, ['discouraged', 'preferred', 'required'])
}

function oneOf<const T extends string>(value: unknown, all: readonly T[]): T | undefined {
  return all.find((one) => one === value)
}

function optional<T, R extends object>(value: T | undefined, make: (value: T) => R): R | Record<never, never> {
  return value === undefined || value === null ? {} : make(value)
}
