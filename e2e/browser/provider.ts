import { generateKeyPairSync } from 'node:crypto'
import { createServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from '@playwright/test'
import type Provider from 'oidc-provider'
import { expect, test as base, type Watch } from './kit'
import { freePort, noLimits } from './server'

/** What the issuer says of somebody. */
export interface Claims {
  name: string
  email: string
  email_verified: boolean
  picture?: string
  groups?: string[]
}

/** Who has an account at the issuer, by what they sign in there with. */
const people: Readonly<Record<string, Claims>> = {
  ada: { name: 'Ada Byron', email: 'ada@example.org', email_verified: true, picture: 'https://pictures.invalid/ada.png', groups: ['staff', 'poets'] },
  bob: { name: 'Bob', email: 'bob@example.org', email_verified: true, groups: ['visitors'] },
  carl: { name: 'Carl', email: 'carl@elsewhere.example', email_verified: true, groups: ['staff'] },
  mallory: { name: 'Mallory', email: 'ada@example.org', email_verified: false, groups: ['staff'] },
}

const CLIENT_ID = 'snug'
const CLIENT_SECRET = 'a secret that only the two servers know'

const signingKey = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' })

/**
 * A certified OpenID issuer, with pages of its own to sign in and to agree. It is
 * another site than the server under test: localhost, where that is 127.0.0.1.
 */
export class Issuer {
  private provider: Provider | undefined
  private tokens = true

  private constructor(private readonly http: HttpServer) {}

  static async start(): Promise<Issuer> {
    const issuer = new Issuer(createServer())
    issuer.http.on('request', (request, response) => {
      // A page without an icon is a fault of the page to the browser.
      if (request.url === '/favicon.ico') return void response.writeHead(204).end()
      const provider = issuer.provider
      if (provider && (issuer.tokens || request.url !== '/token')) return void provider.callback()(request, response)
      response.writeHead(503).end()
    })
    await issuer.listen(await freePort())
    return issuer
  }

  get url(): string {
    return `http://localhost:${this.port}`
  }

  private get port(): number {
    return (this.address ??= this.http.address() as AddressInfo).port
  }

  private address: AddressInfo | undefined

  private async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.http.once('error', reject)
      this.http.listen(port, '127.0.0.1', resolve)
    })
  }

  /** Lets a server send people here, who are sent back to these addresses alone. */
  async register(callbacks: string[]): Promise<void> {
    this.provider = await makeProvider(this.url, callbacks)
  }

  /** It can't be reached any more. */
  async stop(): Promise<void> {
    if (!this.http.listening) return
    const closed = new Promise((resolve) => this.http.close(resolve))
    this.http.closeAllConnections()
    await closed
  }

  /** It can be again, where it was. */
  async restart(): Promise<void> {
    await this.listen(this.port)
  }

  /** People can go on to sign in, but what they bring back is good for nothing. */
  failTokens(): void {
    this.tokens = false
  }

  /** Signs in on the page where the issuer has taken somebody, and agrees to tell who it is. */
  async signIn(page: Page, login: string): Promise<void> {
    await this.giveLogin(page, login)
    await page.getByRole('button', { name: 'Continue' }).click()
  }

  /** The first half of that, and all of it for those who have agreed before. */
  async giveLogin(page: Page, login: string): Promise<void> {
    await this.hasArrived(page)
    await page.getByPlaceholder('Enter any login').fill(login)
    await page.getByPlaceholder('and password').fill('any password')
    await page.getByRole('button', { name: 'Sign-in' }).click()
  }

  async cancel(page: Page): Promise<void> {
    await this.hasArrived(page)
    await page.getByRole('link', { name: 'Cancel' }).click()
  }

  private async hasArrived(page: Page): Promise<void> {
    await expect(page.getByRole('heading', { name: 'Sign-in', exact: true })).toBeVisible()
    await expect(page).toHaveURL((url) => url.origin === this.url)
  }
}

async function makeProvider(url: string, callbacks: string[]): Promise<Provider> {
  // It warns of all that is for development only.
  const { warn } = console
  console.warn = () => undefined
  try {
    const { default: Provider } = await import('oidc-provider')
    const provider = new Provider(url, {
      clients: [{
        client_id: CLIENT_ID, client_secret: CLIENT_SECRET, redirect_uris: callbacks, token_endpoint_auth_method: 'client_secret_post',
        grant_types: ['authorization_code'], response_types: ['code'],
      }],
      clientAuthMethods: ['client_secret_post'],
      pkce: { required: () => true },
      jwks: { keys: [{ ...signingKey, use: 'sig', alg: 'RS256' }] },
      cookies: { keys: ['the key of the cookies'] },
      claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'picture'], groups: ['groups'] },
      ttl: { Interaction: 600, Session: 600, Grant: 600, AccessToken: 600, AuthorizationCode: 60, IdToken: 600 },
      renderError: (ctx, { error }) => {
        ctx.body = error
      },
      conformIdTokenClaims: false, // they are in the id_token, as Google has it
      findAccount: (_, id) => {
        const claims = people[id]
        return claims && { accountId: id, claims: () => ({ sub: id, ...claims }) }
      },
    })
    provider.use(async (ctx, next) => {
      // Google's way to ask for an account anew; here that is the page to sign in.
      if (ctx.query['prompt'] === 'select_account') ctx.query = { ...ctx.query, prompt: 'login' }
      await next()
      // Its pages ask another host for a font.
      if (typeof ctx.body === 'string') ctx.body = ctx.body.replace(/@import url\([^)]*\);/, '')
    })
    return provider
  } finally {
    console.warn = warn
  }
}

interface Fixtures {
  issuer: Issuer
  /** Settings beyond those of the issuer. */
  more: Readonly<Record<string, string>>
}

/** Tests with an issuer, which the server knows as Acme. */
export const test = base.extend<Fixtures>({
  more: [{}, { option: true }],

  issuer: async ({}, use) => {
    const issuer = await Issuer.start()
    await use(issuer)
    await issuer.stop()
  },

  settings: async ({ issuer, more }, use) => {
    await use({ ...noLimits, ...acme(issuer), ...more })
  },

  server: async ({ server, issuer }, use) => {
    await issuer.register(['acme', 'google'].map((id) => `${server.url}/api/auth/callback/${id}`))
    await use(server)
  },

  watch: async ({ watch, issuer }, use) => {
    watch.allow(issuer.url)
    await use(watch as Watch)
  },
})

function acme(issuer: Issuer): Record<string, string> {
  return {
    SNUG_OIDC_ACME_ISSUER: issuer.url, SNUG_OIDC_ACME_CLIENT_ID: CLIENT_ID, SNUG_OIDC_ACME_CLIENT_SECRET: CLIENT_SECRET, SNUG_OIDC_ACME_NAME: 'Acme',
  }
}

/** The same issuer in Google's place. */
export function asGoogle(issuer: Issuer): Record<string, string> {
  return { SNUG_GOOGLE_ISSUER: issuer.url, GOOGLE_CLIENT_ID: CLIENT_ID, GOOGLE_CLIENT_SECRET: CLIENT_SECRET }
}
