import { expect, it } from 'vitest'
import { decide } from './decide'

const origin = 'https://chat.example'
const files = ['/theme.js', '/favicon.svg', '/assets/index-1.js']
const way = (path: string, mode = 'no-cors', method = 'GET') => decide(new URL(path, origin), { method, mode }, origin, files)

it.each([
  ['/', 'navigate', 'page'],
  ['/rooms/global?message=x', 'navigate', 'page'],
  ['/no/such/page', 'navigate', 'page'],
  ['/apiary', 'navigate', 'page'],
  ['/rooms/global', 'cors', 'pass'],
  ['/assets/index-1.js', 'cors', 'part'],
  ['/assets/seldom-2.js', 'cors', 'part'],
  ['/theme.js', 'no-cors', 'file'],
  ['/theme.js', 'navigate', 'file'],
  ['/sw.js', 'no-cors', 'pass'],
  ['/robots.txt', 'navigate', 'pass'],
  ['/.well-known/x.y', 'navigate', 'pass'],
  ['/api', 'navigate', 'pass'],
  ['/api/auth/callback/github', 'navigate', 'pass'],
  ['/api/rooms/global/messages', 'cors', 'pass'],
  ['/api/files/1/x.png', 'no-cors', 'pass'],
  ['https://elsewhere.example/assets/index-1.js', 'cors', 'pass'],
])('%s asked for by %s: %s', (path, mode, expected) => expect(way(path, mode)).toBe(expected))

it('has nothing to do with what changes something', () => {
  for (const method of ['POST', 'PUT', 'DELETE', 'HEAD']) expect(way('/', 'navigate', method)).toBe('pass')
})
