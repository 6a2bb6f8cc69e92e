import { describe, expect, it } from 'vitest'
import { assertionJSON, attestationJSON, creationOptions, fromBase64url, requestOptions, toBase64url } from './webauthn'

const bytes = (...list: number[]) => Uint8Array.from(list).buffer
const list = (source: BufferSource | undefined) => [...(source instanceof Uint8Array ? source : [])]

describe('base64url', () => {
  it.each([
    [[], ''], [[0], 'AA'], [[251, 255], '-_8'], [[255, 254, 253], '__79'], [[1, 2, 3, 4], 'AQIDBA'],
  ])('%o is %s', (binary, text) => {
    expect(toBase64url(bytes(...binary))).toBe(text)
    expect([...fromBase64url(text)]).toEqual(binary)
  })

  it('goes there and back for any bytes', () => {
    for (let length = 0; length < 70; length++) {
      const all = Uint8Array.from({ length }, (_, i) => (i * 37 + length) & 255)
      expect([...fromBase64url(toBase64url(all.buffer))]).toEqual([...all])
    }
  })

  it('takes padding and the other alphabet', () => {
    expect([...fromBase64url('+/8=')]).toEqual([251, 255])
    expect(() => fromBase64url('a b!')).toThrow()
  })
})

describe('a request', () => {
  it('becomes what the browser wants', () => {
    const options = requestOptions({
      challenge: 'AQID', timeout: 60_000, rpId: 'chat.example', userVerification: 'preferred',
      allowCredentials: [{ id: 'BAU', type: 'public-key', transports: ['internal', 'telepathy'] }, { id: 'Bg', type: 'public-key' }],
      extensions: { unknown: true },
    })
    expect(options).toMatchObject({ timeout: 60_000, rpId: 'chat.example', userVerification: 'preferred' })
    expect(list(options.challenge)).toEqual([1, 2, 3])
    expect(options.allowCredentials?.map((c) => [list(c.id), c.transports])).toEqual([[[4, 5], ['internal']], [[6], undefined]])
  })

  it('with little in it is one too', () => {
    expect(Object.keys(requestOptions({ challenge: 'AQID' }))).toEqual(['challenge'])
  })

  it.each([[null], ['x'], [{}], [{ challenge: '' }], [{ challenge: 5 }], [{ challenge: '!' }], [{ challenge: 'AQID', allowCredentials: 5 }]])('%o is none', (value) => {
    expect(() => requestOptions(value)).toThrow()
  })
})

describe('a new passkey', () => {
  it('is asked for as the server says', () => {
    const options = creationOptions({
      challenge: 'AQID', rp: { id: 'chat.example', name: 'Snug' }, user: { id: 'BAU', name: 'ada@example.org', displayName: 'Ada' },
      pubKeyCredParams: [{ type: 'public-key', alg: -8 }, { type: 'public-key', alg: -257 }], timeout: 60_000, attestation: 'none',
      excludeCredentials: [{ id: 'Bg', type: 'public-key' }],
      authenticatorSelection: { residentKey: 'preferred', userVerification: 'required', authenticatorAttachment: 'platform', requireResidentKey: false },
    })
    expect(options).toMatchObject({
      rp: { id: 'chat.example', name: 'Snug' }, attestation: 'none', pubKeyCredParams: [{ alg: -8 }, { alg: -257 }],
      authenticatorSelection: { residentKey: 'preferred', userVerification: 'required', authenticatorAttachment: 'platform' },
    })
    expect(list(options.user.id)).toEqual([4, 5])
    expect(options.excludeCredentials?.map((c) => list(c.id))).toEqual([[6]])
  })

  it('is not asked for by half', () => {
    expect(() => creationOptions({ challenge: 'AQID', rp: { name: 'Snug' } })).toThrow()
  })
})

describe('an answer', () => {
  const credential = { id: 'AQI', rawId: bytes(1, 2), type: 'public-key', authenticatorAttachment: 'platform', getClientExtensionResults: () => ({}) }

  it('to a sign-in is JSON', () => {
    const response = { clientDataJSON: bytes(1), authenticatorData: bytes(2), signature: bytes(3), userHandle: bytes(4) }
    expect(assertionJSON({ ...credential, response })).toEqual({
      id: 'AQI', rawId: 'AQI', type: 'public-key', authenticatorAttachment: 'platform', clientExtensionResults: {},
      response: { clientDataJSON: 'AQ', authenticatorData: 'Ag', signature: 'Aw', userHandle: 'BA' },
    })
    expect(assertionJSON({ ...credential, authenticatorAttachment: null, response: { ...response, userHandle: null } })).toEqual({
      id: 'AQI', rawId: 'AQI', type: 'public-key', clientExtensionResults: {}, response: { clientDataJSON: 'AQ', authenticatorData: 'Ag', signature: 'Aw' },
    })
  })

  it('with a new passkey is JSON', () => {
    const response = { clientDataJSON: bytes(1), attestationObject: bytes(2), getTransports: () => ['internal'] }
    expect(attestationJSON({ ...credential, response })).toMatchObject({
      response: { clientDataJSON: 'AQ', attestationObject: 'Ag', transports: ['internal'] },
    })
  })
})
