import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

// The service worker, built after the page: it has the names of the page's files in it,
// and so is another one when any of them is.

const dist = fileURLToPath(new URL('./dist/', import.meta.url))

/** What isn't kept before it is wanted: fonts of other scripts, colours of programming languages, catalogues, pictures of the installed app. */
const seldom = /\.woff2$|^icons\/|^robots\.txt$|^sw\.js$/

interface Chunk {
  file: string
  src?: string
  isEntry?: boolean
}

const chunks: Record<string, Chunk> = JSON.parse(readFileSync(`${dist}.vite/manifest.json`, 'utf8'))
const entry = Object.values(chunks).find((chunk) => chunk.isEntry)
if (!entry) throw new Error('no entry in the manifest of the page: build that first')
const languages = new Set(Object.values(chunks).filter((chunk) => chunk.src?.includes('/highlight.js/')).map((chunk) => chunk.file))
const catalogues = Object.fromEntries(
  Object.values(chunks).flatMap((chunk) => {
    const language = /\/i18n\/catalogues\/(\w+)\.json$/.exec(chunk.src ?? '')?.[1]
    return language === undefined ? [] : [[language, `/${chunk.file}`]]
  }),
)
if (Object.keys(catalogues).length === 0) throw new Error('no catalogues in the manifest of the page')
const html = readFileSync(`${dist}index.html`, 'utf8')

const files = readdirSync(dist, { recursive: true, withFileTypes: true })
  .filter((f) => f.isFile())
  .map((f) => `${f.parentPath}/${f.name}`.slice(dist.length).replace(/^\//, ''))
  .filter((name) => !name.startsWith('.') && !/\.(br|gz)$/.test(name) && name !== 'index.html' && !languages.has(name) && !Object.values(catalogues).includes(`/${name}`))
  // The font that the page preloads is part of its first view.
  .filter((name) => !seldom.test(name) || html.includes(`"/${name}" crossorigin`))
  .map((name) => `/${name}`)
  .sort()

const version = createHash('sha256')
for (const name of ['/index.html', ...files]) version.update(name).update(readFileSync(`${dist}${name.slice(1)}`))

export default defineConfig({
  publicDir: false,
  define: {
    __FILES__: JSON.stringify(files),
    __CATALOGUES__: JSON.stringify(catalogues),
    __ENTRY__: JSON.stringify(`/${entry.file}`),
    __VERSION__: JSON.stringify(version.digest('hex').slice(0, 16)),
  },
  build: {
    target: 'es2022',
    outDir: dist,
    emptyOutDir: false,
    modulePreload: false,
    rolldownOptions: {
      input: fileURLToPath(new URL('./src/worker/worker.ts', import.meta.url)),
      output: { format: 'iife', entryFileNames: 'sw.js' },
    },
  },
})
