/// <reference types="vitest/config" />
import { fileURLToPath } from 'node:url'
import tailwindcss from '@tailwindcss/vite'
import { tanstackRouter } from '@tanstack/router-plugin/vite'
import { defineConfig } from 'vite'
import solid from 'vite-plugin-solid'

const server = process.env['SNUG_DEV_SERVER'] ?? 'http://127.0.0.1:3000'

export default defineConfig({
  // The router's plugin has to see the routes before Solid compiles them.
  plugins: [
    tanstackRouter({ target: 'solid', autoCodeSplitting: true }),
    solid(),
    tailwindcss(),
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
    // What every page needs stays in one piece. By itself it is cut along the lines of
    // which lazy chunk shares what, and each cut costs bytes in the first view.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'base', test: /node_modules\/(solid-js|@tanstack\/(query-core|solid-query|router-core|solid-router|history|store|solid-store)|clsx|tailwind-merge|class-variance-authority)\/|\/src\/ui\/(cn|button)\./ },
          ],
        },
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
    include: ['src/**/*.test.ts', 'src/**/*.test.tsx'],
  },
})
