import path from 'node:path'
import { build } from '../../web/node_modules/vite/dist/node/index.js'
import { expect } from './kit'
import { test } from './provider'

// A front end that was written for better-auth is served in the place of ours.

// Where the official client is, the first version that is supported and the newest.
const clients = path.join(import.meta.dirname, '../../auth/clienttest/client.test.mjs')

for (const version of ['1-3', '1-7']) {
  test.describe(`with better-auth ${version.replace('-', '.')}`, () => {
    test.use({
      settings: async ({ settings }, use, info) => {
        const folder = info.outputPath('front-end')
        await build({
          root: path.join(import.meta.dirname, 'front-end'), configFile: false, logLevel: 'warn',
          build: { outDir: folder, emptyOutDir: true, target: 'es2022', modulePreload: false },
          plugins: [{
            name: 'this version of better-auth',
            resolveId(id) {
              return id === 'better-auth/client' ? this.resolve(`better-auth-${version}/client`, clients) : null
            },
          }],
        })
        await use({ ...settings, SNUG_OAUTH_CALLBACK: 'page', SNUG_WEB_DIR: folder })
      },
    })

    test('an unmodified front end signs in at a provider, changes the name and signs out', async ({ visit, server, issuer }) => {
      const page = await visit()
      await page.goto('/dashboard')
      await expect(page).toHaveURL(`${server.url}/auth`)
      await page.getByRole('button', { name: 'Sign in with Acme' }).click()
      await issuer.signIn(page, 'ada')
      await expect(page.getByRole('heading', { name: 'Hello, Ada Byron <ada@example.org>' })).toBeVisible()
      await expect(page).toHaveURL(`${server.url}/dashboard`)
      await expect(page.getByText(`Here since ${new Date().getUTCFullYear()}-`)).toBeVisible()

      await page.getByLabel('Name').fill('Countess')
      await page.getByRole('button', { name: 'Save' }).click()
      await expect(page.getByRole('status')).toHaveText('Saved.')
      await expect(page.getByRole('heading', { name: 'Hello, Countess <ada@example.org>' })).toBeVisible()
      await page.reload()
      await expect(page.getByRole('heading', { name: 'Hello, Countess <ada@example.org>' })).toBeVisible()

      await page.getByRole('button', { name: 'Sign out' }).click()
      await expect(page).toHaveURL(`${server.url}/auth`)
      await page.goto('/dashboard')
      await expect(page).toHaveURL(`${server.url}/auth`)

      // Who says no is as well served: it leads back to the beginning.
      await page.context().clearCookies({ domain: 'localhost' })
      await page.getByRole('button', { name: 'Sign in with Acme' }).click()
      await issuer.cancel(page)
      await expect(page).toHaveURL(`${server.url}/auth`)
    })
  })
}
