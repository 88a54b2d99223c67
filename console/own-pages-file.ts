import type { Plugin } from 'vite'
import { ownPages } from './src/own-pages.ts'

/** Puts `own-pages.json` beside the pages: the gateway reads there which addresses are the console's. */
export function ownPagesFile(): Plugin {
  return {
    name: 'own-pages-file',
    apply: 'build',
    generateBundle() {
      this.emitFile({ type: 'asset', fileName: 'own-pages.json', source: JSON.stringify(ownPages) })
    },
  }
}
