import { post } from '~/api'
import { explain, member, type Failure } from '~/http'
import { t } from '~/i18n/i18n'
import { inWords } from './words'
import { assertionJSON, requestOptions } from './webauthn'

/** What came of asking for a passkey. */
export type PasskeyOutcome =
  | { kind: 'in' }
  | { kind: 'secondFactor' }
  /** The person closed the browser's window, or it closed itself. */
  | { kind: 'cancelled' }
  | { kind: 'failed'; message: string }

/** Asks for a passkey by the browser's own window. */
export async function signInByPasskey(signal: AbortSignal): Promise<PasskeyOutcome> {
  return await ask(signal, 'optional')
}

// The server forgets what it asked after five minutes.
const ASK_ANEW_MS = 4 * 60_000

/**
 * Lets the browser offer passkeys where it offers e-mail addresses and passwords,
 * until one is chosen or `signal` aborts. `outcome` is told what came of each that
 * was chosen; whether any was offered nobody learns.
 */
export async function offerPasskeys(signal: AbortSignal, outcome: (outcome: PasskeyOutcome) => void): Promise<void> {
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return
  while (!signal.aborted) {
    await shown(signal)
    const late = AbortSignal.timeout(ASK_ANEW_MS)
    const result = await ask(AbortSignal.any([signal, late]), 'conditional')
    if (signal.aborted) return
    if (result.kind !== 'cancelled') outcome(result)
    // One that failed may be followed by another. Once the browser or the server
    // itself said no, nothing is offered any more.
    if (result.kind !== 'failed' && !late.aborted) return
  }
}

async function ask(signal: AbortSignal, mediation: CredentialMediationRequirement): Promise<PasskeyOutcome> {
  const quiet = mediation === 'conditional'
  const asked = await post('/api/auth/passkey/generate-authenticate-options', {}, parseRequest, signal).catch(aborted)
  if (!asked) return { kind: 'cancelled' }
  // Nobody has asked for anything yet that could fail.
  if (!asked.ok) return quiet ? { kind: 'cancelled' } : failed(asked.failure)

  let credential: Credential | null
  try {
    credential = await navigator.credentials.get({ publicKey: asked.value, mediation, signal })
  } catch (cause) {
    // Closed, too slow, or there is none: browsers don't tell which, for good reasons.
    if (quiet || (cause instanceof DOMException && (cause.name === 'NotAllowedError' || cause.name === 'AbortError'))) return { kind: 'cancelled' }
    return { kind: 'failed', message: t('This browser could not use a passkey here. Choose another way in.') }
  }
  if (!(credential instanceof PublicKeyCredential) || !(credential.response instanceof AuthenticatorAssertionResponse)) return { kind: 'cancelled' }

  const response = assertionJSON({
    id: credential.id,
    rawId: credential.rawId,
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    getClientExtensionResults: () => ({}),
    response: credential.response,
  })
  const verified = await post('/api/auth/passkey/verify-authentication', { response }, parseVerified)
  return verified.ok ? verified.value : failed(verified.failure)
}

function parseRequest(value: unknown): PublicKeyCredentialRequestOptions | null {
  try {
    return requestOptions(value)
  } catch {
    return null
  }
}

function parseVerified(value: unknown): PasskeyOutcome | null {
  if (member(value, 'twoFactorRedirect') === true) return { kind: 'secondFactor' }
  return typeof member(value, 'session') === 'object' && member(value, 'session') !== null ? { kind: 'in' } : null
}

function failed(failure: Failure): PasskeyOutcome {
  return { kind: 'failed', message: failure.kind === 'refused' ? inWords(failure) : explain(failure) }
}

function aborted(): null {
  return null
}

/** Resolves when the page can be seen. */
async function shown(signal: AbortSignal): Promise<void> {
  while (document.hidden && !signal.aborted) {
    await new Promise<void>((resolve) => {
      document.addEventListener('visibilitychange', () => resolve(), { once: true, signal })
      signal.addEventListener('abort', () => resolve(), { once: true })
    })
  }
}
