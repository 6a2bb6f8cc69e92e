import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { SMTPServer } from 'smtp-server'
import { test as base } from './kit'
import { noLimits } from './server'

const WAIT_MS = 30_000

export interface Mail {
  to: string
  subject: string
  /** Of its two forms the plain one. */
  text: string
  /** The one address in it. */
  link: string
}

/** A mail server for all addresses, which keeps what comes. */
export class Mailbox {
  private readonly unread: Mail[] = []
  private arrived: () => void = () => undefined

  private constructor(private readonly server: SMTPServer) {}

  static async open(): Promise<Mailbox> {
    const mailbox = new Mailbox(new SMTPServer({
      disabledCommands: ['AUTH', 'STARTTLS'],
      disableReverseLookup: true, // no test waits for a name server
      onData(stream, session, taken) {
        text(stream).then((raw) => {
          for (const { address } of session.envelope.rcptTo) mailbox.unread.push(read(address, raw))
          taken()
          mailbox.arrived()
        }, taken)
      },
    }))
    // A server that is killed leaves its connections behind.
    mailbox.server.on('error', () => undefined)
    await new Promise<void>((resolve) => mailbox.server.listen(0, '127.0.0.1', resolve))
    return mailbox
  }

  get port(): number {
    return (this.server.server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => this.server.close(resolve))
  }

  /** The oldest mail to this address that nobody has asked for yet, as soon as it is there. */
  next(to: string): Promise<Mail> {
    return this.take((mail) => mail.to === to, to)
  }

  /** The link of the oldest such mail whose link has this part. */
  async link(to: string, part: string): Promise<string> {
    return (await this.take((mail) => mail.to === to && mail.link.includes(part), `${to} with ${part}`)).link
  }

  private async take(wanted: (mail: Mail) => boolean, what: string): Promise<Mail> {
    for (const deadline = Date.now() + WAIT_MS; ; ) {
      const i = this.unread.findIndex(wanted)
      const [mail] = i < 0 ? [] : this.unread.splice(i, 1)
      if (mail) return mail
      const left = deadline - Date.now()
      if (left <= 0) throw new Error(`no mail to ${what}; there are some to ${this.unread.map((m) => m.to).join(', ') || 'nobody'}`)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left)
        this.arrived = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  /** Nothing has come that wasn't asked for. */
  get empty(): boolean {
    return this.unread.length === 0
  }
}

/** Reads a mail of two forms, of which the first is plain text. */
function read(to: string, raw: string): Mail {
  const { headers, body } = split(raw)
  const boundary = /boundary="?([^";]+)/.exec(headers.get('content-type') ?? '')?.[1]
  const part = split((boundary ? body.split(`--${boundary}`)[1] ?? '' : body).replace(/^\r\n/, ''))
  if (!(part.headers.get('content-type') ?? '').startsWith('text/plain')) throw new Error(`no plain text first:\n${raw}`)
  const plain = decode(part.headers.get('content-transfer-encoding') ?? '', part.body)
  const links = plain.match(/https?:\/\/\S+/g) ?? []
  if (links.length !== 1 || !links[0]) throw new Error(`not one link in:\n${plain}`)
  return { to, subject: headers.get('subject') ?? '', text: plain, link: links[0] }
}

function split(entity: string): { headers: Map<string, string>; body: string } {
  const end = entity.indexOf('\r\n\r\n')
  const lines = entity.slice(0, end).replace(/\r\n[ \t]+/g, ' ').split('\r\n')
  return {
    headers: new Map(lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()])),
    body: entity.slice(end + 4),
  }
}

function decode(encoding: string, body: string): string {
  switch (encoding.toLowerCase()) {
    case 'base64':
      return Buffer.from(body, 'base64').toString()
    case 'quoted-printable':
      return Buffer.from(
        body.replace(/=[ \t]*\r\n/g, '').replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
        'latin1',
      ).toString()
    default:
      return body
  }
}

interface Fixtures {
  mailbox: Mailbox
  /** Settings beyond those of mail. */
  more: Readonly<Record<string, string>>
}

/** Tests with a mail server, by which the server under test sends. */
export const test = base.extend<Fixtures>({
  more: [{}, { option: true }],

  mailbox: async ({}, use) => {
    const mailbox = await Mailbox.open()
    await use(mailbox)
    await mailbox.close()
  },

  settings: async ({ mailbox, more }, use) => {
    await use({
      ...noLimits, SNUG_BASE_URL: 'http://127.0.0.1:{port}', SNUG_MAIL_FROM: 'Snug <chat@example.org>',
      SNUG_SMTP_HOST: '127.0.0.1', SNUG_SMTP_PORT: String(mailbox.port), SNUG_SMTP_TLS: 'none', ...more,
    })
  },
})
