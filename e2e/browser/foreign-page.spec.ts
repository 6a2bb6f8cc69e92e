import { createServer, type Server as HTTPServer } from 'node:http'
import { expect, test } from './kit'

/** A page of somebody else's on another port of the server's own host, which cookies take for the same site. */
class ForeignPage {
  /** What browsers sent along. */
  readonly cookies: string[] = []
  private readonly http: HTTPServer = createServer((request, response) => {
    this.cookies.push(request.headers.cookie ?? '')
    response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>Foreign</title>')
  })

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.http.listen(0, '127.0.0.1', resolve))
    const address = this.http.address()
    if (typeof address !== 'object' || address === null) throw new Error('no address')
    return `http://127.0.0.1:${address.port}/`
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.http.close(resolve))
    // Browsers open some that they never use, which would be waited for.
    this.http.closeAllConnections()
    await closed
  }
}

// §13.1 and 21.
test("a foreign page neither reads nor writes as its visitor, and doesn't sign anybody out", async ({ enter, server }) => {
  const ada = await enter('Ada')
  await ada.post('mine')
  const foreign = new ForeignPage()
  const page = await ada.page.context().newPage()
  try {
    await page.goto(await foreign.open())
    expect(foreign.cookies.join(), 'the browser has the cookie for that page, too').toContain('better-auth.session_token=')

    const sockets = await page.evaluate(async (host) => {
      const attempt = (path: string, protocols: string[]) =>
        new Promise<string>((resolve) => {
          const socket = new WebSocket(`ws://${host}${path}`, protocols)
          socket.onopen = () => resolve('opened')
          socket.onmessage = () => resolve('told something')
          socket.onclose = (event) => resolve(`closed with ${event.code}`)
        })
      return await Promise.all([attempt('/api/chat', []), attempt('/api/socket', ['chat.v1'])])
    }, new URL(server.url).host)
    expect(sockets).toEqual(['closed with 1006', 'closed with 1006'])

    const answers = await page.evaluate(async (url) => {
      const attempt = async (path: string, init: RequestInit) => {
        try {
          const response = await fetch(url + path, { credentials: 'include', ...init })
          return `answered: ${response.type} ${await response.text()}`
        } catch {
          return 'nothing'
        }
      }
      const json = { 'Content-Type': 'application/json' }
      return [
        await attempt('/api/auth/get-session', {}),
        await attempt('/api/chat/messages', {}),
        await attempt('/api/account/export', {}),
        await attempt('/api/auth/sign-out', { method: 'POST', body: '{}', headers: json }),
        await attempt('/api/rooms/global/messages', { method: 'POST', body: '{"clientId":"x","content":"not mine"}', headers: json }),
        // What browsers send without asking first, and keep the answer of to themselves.
        await attempt('/api/auth/sign-out', { method: 'POST', body: '{}', mode: 'no-cors' }),
        await attempt('/api/auth/revoke-sessions', { method: 'POST', body: '{}', mode: 'no-cors' }),
        await attempt('/api/auth/delete-user', { method: 'POST', body: '{}', mode: 'no-cors' }),
        await attempt('/api/rooms/global/messages', { method: 'POST', body: '{"clientId":"y","content":"not mine"}', mode: 'no-cors' }),
      ]
    }, server.url)
    expect(new Set(answers)).toEqual(new Set(['nothing']))

    // A form leads there, and frames show the server's pages, as far as it lets them.
    await page.evaluate((url) => {
      const form = document.createElement('form')
      form.method = 'post'
      form.action = `${url}/api/auth/sign-out`
      form.target = 'frame'
      const frame = document.createElement('iframe')
      frame.name = 'frame'
      const room = document.createElement('iframe')
      room.src = url
      document.body.append(frame, room, form)
      form.submit()
    }, server.url)
    // What the frames show in the end: neither is on its way any more.
    const shown = () => page.frames().filter((frame) => frame !== page.mainFrame()).map((frame) => frame.url())
    await expect.poll(() => shown().filter((url) => url !== '' && url !== 'about:blank')).toHaveLength(2)
    expect(shown().filter((url) => url.startsWith('chrome-error:'))).not.toEqual([])
    for (const frame of page.frames()) {
      expect(await frame.content()).not.toContain('id="root"')
    }
  } finally {
    await page.close()
    await foreign.close()
  }

  await ada.post('still mine')
  await expect(ada.posted('still mine')).toBeVisible()
  await ada.page.reload()
  await ada.inRoom()
  await expect(ada.posted(/./)).toHaveText([/mine/, /still mine/])
})
