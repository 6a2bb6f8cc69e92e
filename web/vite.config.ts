/// <reference types="vitest/config" />
import { fileURLToPath } from 'node:url'
import tailwindcss from '@tailwindcss/vite'
import { tanstackRouter } from '@tanstack/router-plugin/vite'
import { defineConfig, type Plugin } from 'vite'
import solid from 'vite-plugin-solid'

const server = process.env['SNUG_DEV_SERVER'] ?? 'http://127.0.0.1:3000'

// What every page needs is one file: it packs better than in pieces, which would be
// cut anew with each part that shares some of it.
const always = /node_modules\/(solid-js|seroval|@tanstack\/(solid-router|router-core|history|store|solid-store|query-core|solid-query)|clsx|class-variance-authority|tailwind-merge)\/|web\/src\/(http|search|query|mark|server-name|i18n\/i18n|ui\/(cn|button|skeleton)|auth\/(session|options|calls|visitors|enter))\.ts/

export default defineConfig({
  // The router's plugin has to see the routes before Solid compiles them.
  plugins: [
    tanstackRouter({ target: 'solid', autoCodeSplitting: true }),
    solid(),
    tailwindcss(),
    packedCatalogues(),
  ],
  resolve: {
    alias: { '~': fileURLToPath(new URL('./src', import.meta.url)) },
  },
  build: {
    target: 'es2022',
    manifest: true,
    sourcemap: false,
    // A data: URL would be refused by the content security policy for fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        // The first page names all chunks. 42 bits tell those of one name apart for all time.
        chunkFileNames: 'assets/[name]-[hash:7].js',
        codeSplitting: { groups: [{ name: 'base', test: always }] },
      },
    },
  },
  server: {
    host: '127.0.0.1',
    port: 5173,
    strictPort: true,
    proxy: { '/api': { target: server, ws: true } },
  },
  test: {
    environment: 'jsdom',
    // Machines that run tests are busy.
    testTimeout: 30_000,
    include: ['src/**/*.test.ts', 'src/**/*.test.tsx'],
  },
})

// Their names are hashes of the sources; what is left out of those says nothing.
function packedCatalogues(): Plugin {
  return {
    name: 'packed-catalogues',
    generateBundle(_, bundle) {
      for (const file of Object.values(bundle)) {
        if (file.type === 'asset' && file.originalFileNames.some((name) => name.includes('i18n/catalogues/'))) {
          file.source = JSON.stringify(JSON.parse(typeof file.source === 'string' ? file.source : new TextDecoder().decode(file.source)))
        }
      }
    },
  }
}
