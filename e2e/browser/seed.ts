import { expect, type Browser } from '@playwright/test'
import { PASSWORD } from './kit'
import type { Server } from './server'
import { Socket } from './socket'

/** So many posts may wait for their acks. */
const AHEAD = 500

/**
 * Posts to the room as someone new, over a socket of their own and as fast as the
 * server takes it. Resolves when all is acked.
 */
export async function seed(browser: Browser, server: Server, name: string, contents: readonly string[]): Promise<void> {
  const context = await browser.newContext({ baseURL: server.url })
  const email = `${name.toLowerCase().replace(/[^a-z0-9]+/g, '.')}@seed.example.org`
  const reply = await context.request.post('/api/auth/sign-up/email', { data: { name, email, password: PASSWORD } })
  expect(reply.ok(), await reply.text()).toBe(true)
  const cookies = (await context.cookies()).map((c) => `${c.name}=${c.value}`)
  const socket = await Socket.open(server.url, cookies.join('; '))
  let sent = 0
  let acked = 0
  const more = () => {
    const texts = contents.slice(sent, acked + AHEAD)
    if (texts.length === 0) return
    socket.send(texts.map((content, i) => JSON.stringify({ type: 'message', room: 'global', clientId: `seed-${sent + i}`, content })))
    sent += texts.length
  }
  await new Promise<void>((resolve, reject) => {
    socket.onEnd = (why) => reject(new Error(`after ${acked} acks`, { cause: why }))
    socket.onText = (text) => {
      const frame: unknown = JSON.parse(text)
      const type: unknown = typeof frame === 'object' && frame !== null ? Reflect.get(frame, 'type') : undefined
      if (type === 'error' || type === 'rateLimit') reject(new Error(text))
      if (type !== 'ack') return
      acked++
      if (acked === contents.length) resolve()
      else if (sent - acked <= AHEAD / 2) more()
    }
    more()
  })
  await socket.close()
  await context.close()
}

/** Texts of many lengths, each with its number, the same for the same seed. */
export function chatter(count: number, from = 1): string[] {
  const words = 'snug room pub table window rain tea slow river copper lamp paper quiet tomorrow perhaps because seven'.split(' ')
  let state = 7
  const next = (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * below)
  }
  return Array.from({ length: count }, (_, i) => {
    const length = next(20) === 0 ? 60 + next(120) : 1 + next(18)
    const text = Array.from({ length }, () => words[next(words.length)] ?? '').join(' ')
    return `№${from + i} ${text}`
  })
}
