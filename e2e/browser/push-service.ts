import { createDecipheriv, createECDH, createPublicKey, hkdfSync, randomBytes, verify } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { CDPSession, Page } from '@playwright/test'

/** A push that arrived, as the browser of its device would read it. */
export interface Pushed {
  text: string
  topic: string | undefined
  urgency: string | undefined
  ttl: number
}

/**
 * A push service with one device: it takes what RFC 8030 says, checks who signed it
 * (RFC 8292) and decrypts it with the keys of the device (RFC 8291, RFC 8188).
 */
export class PushService {
  private readonly keys = createECDH('prime256v1')
  private readonly auth = randomBytes(16)
  private readonly arrived: Pushed[] = []
  private readonly waiting: ((pushed: Pushed) => void)[] = []
  /** What was wrong with what came. */
  readonly faults: string[] = []
  /** The server's key, as the browser was given it. */
  expectedKey = ''

  private constructor(private readonly web: Server) {
    this.keys.generateKeys()
  }

  static async start(): Promise<PushService> {
    const web = createServer()
    const service = new PushService(web)
    web.on('request', (request, response) => {
      service.take(request).then(
        () => response.writeHead(201).end(),
        (cause: unknown) => {
          service.faults.push(String(cause))
          response.writeHead(400).end()
        },
      )
    })
    web.listen(0, '127.0.0.1')
    await once(web, 'listening')
    return service
  }

  get origin(): string {
    const address = this.web.address() as AddressInfo
    return `http://127.0.0.1:${address.port}`
  }

  /** What a browser would have made of it. */
  get subscription(): { endpoint: string; keys: { p256dh: string; auth: string } } {
    return { endpoint: `${this.origin}/device`, keys: { p256dh: this.keys.getPublicKey('base64url'), auth: this.auth.toString('base64url') } }
  }

  get count(): number {
    return this.arrived.length
  }

  /** The next push that wasn't asked for yet. */
  async next(): Promise<Pushed> {
    const first = this.arrived.shift()
    return first ?? (await new Promise((resolve) => this.waiting.push(resolve)))
  }

  async stop(): Promise<void> {
    this.web.close()
    this.web.closeAllConnections()
    await once(this.web, 'close')
  }

  private async take(request: IncomingMessage): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    if (request.method !== 'POST' || request.url !== '/device') throw new Error(`${request.method} ${request.url}`)
    if (request.headers['content-encoding'] !== 'aes128gcm') throw new Error('not encrypted')
    this.checkSender(request.headers.authorization ?? '')
    const pushed: Pushed = {
      text: this.decrypt(Buffer.concat(chunks)),
      topic: request.headers['topic'] as string | undefined,
      urgency: request.headers['urgency'] as string | undefined,
      ttl: Number(request.headers['ttl']),
    }
    if (!Number.isInteger(pushed.ttl)) throw new Error('no TTL')
    const taker = this.waiting.shift()
    if (taker) taker(pushed)
    else this.arrived.push(pushed)
  }

  // A token signed with the key that the browser subscribed with, for this service, and soon over.
  private checkSender(authorization: string): void {
    const found = /^vapid t=([^,\s]+), ?k=([\w-]+)$/.exec(authorization)
    const [token = '', key = ''] = found?.slice(1) ?? []
    const [head = '', body = '', signature = ''] = token.split('.')
    if (this.expectedKey !== '' && key !== this.expectedKey) throw new Error('another key than the browser was given')
    const point = Buffer.from(key, 'base64url')
    const publicKey = createPublicKey({ format: 'jwk', key: { kty: 'EC', crv: 'P-256', x: point.subarray(1, 33).toString('base64url'), y: point.subarray(33).toString('base64url') } })
    const signed = verify('sha256', Buffer.from(`${head}.${body}`), { key: publicKey, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64url'))
    if (!signed) throw new Error(`not signed: ${authorization}`)
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as { aud?: unknown; exp?: unknown; sub?: unknown }
    const now = Date.now() / 1000
    if (claims.aud !== this.origin) throw new Error(`for ${String(claims.aud)}`)
    if (typeof claims.exp !== 'number' || claims.exp < now || claims.exp > now + 24 * 3600) throw new Error(`good until ${String(claims.exp)}`)
    if (typeof claims.sub !== 'string' || !/^(mailto|https):/.test(claims.sub)) throw new Error(`from ${String(claims.sub)}`)
  }

  private decrypt(body: Buffer): string {
    const salt = body.subarray(0, 16)
    const recordSize = body.readUInt32BE(16)
    const idLength = body.readUInt8(20)
    const sender = body.subarray(21, 21 + idLength)
    const record = body.subarray(21 + idLength)
    if (record.length > recordSize) throw new Error('more than one record')
    const secret = this.keys.computeSecret(sender)
    const info = Buffer.concat([Buffer.from('WebPush: info\0'), this.keys.getPublicKey(), sender])
    const input = Buffer.from(hkdfSync('sha256', secret, this.auth, info, 32))
    const key = Buffer.from(hkdfSync('sha256', input, salt, 'Content-Encoding: aes128gcm\0', 16))
    const nonce = Buffer.from(hkdfSync('sha256', input, salt, 'Content-Encoding: nonce\0', 12))
    const open = createDecipheriv('aes-128-gcm', key, nonce)
    open.setAuthTag(record.subarray(-16))
    const padded = Buffer.concat([open.update(record.subarray(0, -16)), open.final()])
    const end = padded.lastIndexOf(2)
    if (end < 0 || padded.subarray(end + 1).some((byte) => byte !== 0)) throw new Error('no end of the only record')
    return padded.subarray(0, end).toString()
  }
}

/** Hands a push to the page's worker, as the browser does when its service has sent one. */
export async function delivering(page: Page): Promise<(data: string) => Promise<void>> {
  const client: CDPSession = await page.context().newCDPSession(page)
  const registration = new Promise<string>((resolve) => {
    client.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
      const live = registrations.find((r) => !r.isDeleted)
      if (live) resolve(live.registrationId)
    })
  })
  await client.send('ServiceWorker.enable')
  const registrationId = await registration
  const origin = new URL(page.url()).origin
  return async (data) => void (await client.send('ServiceWorker.deliverPushMessage', { origin, registrationId, data }))
}
