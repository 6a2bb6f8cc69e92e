// Runs after `vite build`: makes of public/favicon.svg the pictures that an installed
// app, its notifications and a tab with something unread have.
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { initWasm, Resvg } from '@resvg/resvg-wasm'

const dist = fileURLToPath(new URL('../dist/', import.meta.url))
const mark = await readFile(new URL('../public/favicon.svg', import.meta.url), 'utf8')
const inner = mark.replace(/^[^>]*>/, '').replace(/<\/svg>\s*$/, '')
const colour = part(/<rect[^>]* fill="(#[0-9a-f]{6})"/)
const bubble = part(/<path d="([^"]+)"/)
const eyes = [...inner.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)" r="([\d.]+)"/g)]

await initWasm(await readFile(createRequire(import.meta.url).resolve('@resvg/resvg-wasm/index_bg.wasm')))
await mkdir(path.join(dist, 'icons'), { recursive: true })

await picture('icon-192', mark, 192)
await picture('icon-512', mark, 512)
// Systems cut these to shapes of their own: what matters stays in the middle.
await picture('icon-maskable-512', filled(0.8), 512)
await picture('apple-touch-icon', filled(0.95), 180)
// Only its shape counts: systems paint it.
await picture('badge-96', svg('6 6 20 20', `<mask id="m"><path d="${bubble}" fill="#fff"/>${eyes.map(([, x, y, r]) => `<circle cx="${x}" cy="${y}" r="${r}" fill="#000"/>`).join('')}</mask><rect width="32" height="32" fill="#fff" mask="url(#m)"/>`), 96)
await writeFile(path.join(dist, 'favicon-unread.svg'), svg('0 0 32 32', `${inner}<circle cx="25" cy="7" r="6" fill="#d92d20" stroke="#fff" stroke-width="2"/>`))

function part(pattern) {
  const found = pattern.exec(inner)?.[1]
  if (!found) throw new Error(`public/favicon.svg has nothing like ${pattern}`)
  return found
}

function svg(viewBox, content) {
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${viewBox}">${content}</svg>`
}

function filled(scale) {
  const edge = (32 * (1 - scale)) / 2
  return svg('0 0 32 32', `<rect width="32" height="32" fill="${colour}"/><g transform="translate(${edge} ${edge}) scale(${scale})">${inner}</g>`)
}

async function picture(name, source, size) {
  const drawn = new Resvg(source, { fitTo: { mode: 'width', value: size } }).render()
  await writeFile(path.join(dist, 'icons', `${name}.png`), drawn.asPng())
}
