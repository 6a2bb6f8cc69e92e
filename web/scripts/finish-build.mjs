// Runs after `vite build`: writes a .br and a .gz beside each file that gets
// smaller by it, and fails if the client has outgrown its budget.
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'

const dist = fileURLToPath(new URL('../dist/', import.meta.url))
const KiB = 1024

// Gzip bytes, since that is what the slowest proxies leave of it.
const budget = {
  'sign-in, first view, JS': 73 * KiB,
  'room, first view, JS': 130 * KiB,
  'CSS': 17 * KiB,
  'font, preloaded': 60_000,
  'largest lazy chunk': 60 * KiB,
  'largest catalogue': 60 * KiB,
  'all JS': 520 * KiB,
  'index.html': 3 * KiB,
}

const gzipSize = new Map()
for (const name of await files(dist)) {
  const body = await readFile(path.join(dist, name))
  const gz = gzipSync(body, { level: 9 })
  gzipSize.set(name, gz.length)
  // Fonts and pictures are compressed already; tiny files don't gain a packet.
  if (!/\.(js|css|html|svg|json|webmanifest|txt)$/.test(name) || body.length < 512) continue
  const br = brotliCompressSync(body, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: body.length },
  })
  if (gz.length < body.length) await writeFile(path.join(dist, `${name}.gz`), gz)
  if (br.length < body.length) await writeFile(path.join(dist, `${name}.br`), br)
}

const manifest = JSON.parse(await readFile(path.join(dist, '.vite/manifest.json'), 'utf8'))
const entry = Object.keys(manifest).find((key) => manifest[key].isEntry)
const used = {
  'sign-in, first view, JS': total(chunks([entry, route('sign-in')])),
  'room, first view, JS': total(chunks([entry, route('_app'), route('_app/rooms.$slug')])),
  'CSS': total([...gzipSize.keys()].filter((name) => name.endsWith('.css'))),
  'font, preloaded': (await stat(path.join(dist, await preloadedFont()))).size,
  'largest lazy chunk': Math.max(0, ...Object.values(manifest).filter((c) => c.isDynamicEntry).map((c) => gzipSize.get(c.file))),
  'largest catalogue': Math.max(...Object.values(manifest).filter((c) => c.src?.includes('/i18n/catalogues/')).map((c) => gzipSize.get(c.file))),
  'all JS': total([...gzipSize.keys()].filter((name) => name.endsWith('.js'))),
  'index.html': gzipSize.get('index.html'),
}

let over = 0
for (const [what, limit] of Object.entries(budget)) {
  const ok = used[what] <= limit
  if (!ok) over++
  console.log(`${ok ? 'ok  ' : 'OVER'} ${what}: ${(used[what] / KiB).toFixed(1)} of ${(limit / KiB).toFixed(1)} KiB`)
}
if (over > 0) process.exit(1)

async function files(dir) {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true })
  return entries
    .filter((e) => e.isFile() && !/\.(br|gz)$/.test(e.name))
    .map((e) => path.relative(dir, path.join(e.parentPath, e.name)).split(path.sep).join('/'))
    .filter((name) => !name.split('/').some((part) => part.startsWith('.')))
}

// The code-split part of a route, by the route's file.
function route(name) {
  const key = Object.keys(manifest).find((k) => k.startsWith(`src/routes/${name}.tsx?tsr-split=component`))
  if (!key) throw new Error(`no chunk for the route ${name} in Vite's manifest`)
  return key
}

// All that these chunks load before they run.
function chunks(keys, seen = new Set()) {
  for (const key of keys) {
    if (seen.has(key)) continue
    seen.add(key)
    chunks(manifest[key].imports ?? [], seen)
  }
  return new Set([...seen].map((key) => manifest[key].file))
}

function total(names) {
  let sum = 0
  for (const name of names) sum += gzipSize.get(name)
  return sum
}

async function preloadedFont() {
  const html = await readFile(path.join(dist, 'index.html'), 'utf8')
  const link = html.match(/<link rel="preload"[^>]*href="\/([^"]+\.woff2)"/)
  if (!link) throw new Error('index.html preloads no font')
  return link[1]
}
