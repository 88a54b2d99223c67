import { existsSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import path from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'
import { bundleLimit } from './bundle-limit.ts'
import { ownPagesFile } from './own-pages-file.ts'

/** While one develops: the gateway to which the calls go on. */
const gateway = process.env.CONSOLE_GATEWAY ?? 'http://127.0.0.1:8000'
const here = import.meta.dirname
/** The API page is a page of its own: its entry is `docs.html`. */
const pages = ['index.html', 'docs.html'].filter((page) => existsSync(path.join(here, page)))

export default defineConfig(({ command }) => {
  // For every build, also in a test: with another value React's development build would be bundled.
  if (command === 'build') process.env.NODE_ENV = 'production'
  return {
    root: here,
    base: command === 'build' ? '/console/' : '/',
    server: { proxy: { '^/': { target: gateway, bypass: ofTheConsole } } },
    plugins: [react(), bundleLimit(), ownPagesFile()],
    build: {
      outDir: 'dist',
      // Fonts and pictures as files too: the Content-Security-Policy allows no data: but for pictures.
      assetsInlineLimit: 0,
      // Its warning is of 500 kB before compression; what counts is looked at in bundle-limit.ts.
      chunkSizeWarningLimit: 1_000,
      modulePreload: { polyfill: false },
      rolldownOptions: { input: pages.map((page) => path.join(here, page)) },
    },
  }
})

/** As the gateway distinguishes them: pages are asked for as HTML; the rest is the development server's own. */
function ofTheConsole({ url = '/', headers }: IncomingMessage): string | undefined {
  if (headers.accept?.startsWith('text/html')) return '/index.html'
  return /^\/(@|src\/|node_modules\/|\.\.|bundle)/.test(url) ? url : undefined
}
