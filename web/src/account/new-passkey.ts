import { attestationJSON, creationOptions } from '~/auth/webauthn'
import type { Failure, Result } from '~/http'
import { passkeyOptions, verifyPasskey } from './ways'

/** What came of making a passkey. */
export type NewPasskey = Result<true> | { ok: false; failure: Failure | 'cancelled' | 'known' | 'unable' }

/** Makes a passkey by the browser's own window, and takes it to the server. */
export async function makePasskey(name: string): Promise<NewPasskey> {
  const options = await passkeyOptions((value) => {
    try {
      return creationOptions(value)
    } catch {
      return null
    }
  })
  if (!options.ok) return options

  let credential: Credential | null
  try {
    credential = await navigator.credentials.create({ publicKey: options.value })
  } catch (cause) {
    const why = cause instanceof DOMException ? cause.name : ''
    if (why === 'InvalidStateError') return { ok: false, failure: 'known' }
    return { ok: false, failure: why === 'NotAllowedError' || why === 'AbortError' ? 'cancelled' : 'unable' }
  }
  if (!(credential instanceof PublicKeyCredential) || !(credential.response instanceof AuthenticatorAttestationResponse)) {
    return { ok: false, failure: 'unable' }
  }
  const response = attestationJSON({
    id: credential.id,
    rawId: credential.rawId,
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    getClientExtensionResults: () => ({}),
    response: credential.response,
  })
  return await verifyPasskey(response, name)
}
