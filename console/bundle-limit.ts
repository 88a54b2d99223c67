import { brotliCompressSync, gzipSync } from 'node:zlib'
import type { Plugin } from 'vite'

/** What a list page may load at first, compressed by gzip: the whole of its scripts and styles. */
const LIMIT = 300_000
const PAGE = 'src/browse/list-page.tsx'

type Chunk = {
  readonly type: 'chunk'
  readonly code: string
  readonly imports: readonly string[]
  readonly isEntry: boolean
  readonly facadeModuleId: string | null
  readonly viteMetadata?: { readonly importedCss: ReadonlySet<string> }
}
type Asset = { readonly type: 'asset'; readonly source: string | Uint8Array }

/** Fails the build when the first load of the list pages is over the limit, and says how much it is. */
export function bundleLimit(): Plugin {
  return {
    name: 'bundle-limit',
    apply: 'build',
    writeBundle(_options, output) {
      const bundle = output as unknown as Readonly<Record<string, Chunk | Asset>>
      const files = new Set<string>()
      const take = (name: string) => {
        const file = bundle[name]
        if (files.has(name) || file === undefined) return
        files.add(name)
        if (file.type !== 'chunk') return
        for (const style of file.viteMetadata?.importedCss ?? []) files.add(style)
        for (const other of file.imports) take(other)
      }
      const chunks = Object.entries(bundle).filter((entry): entry is [string, Chunk] => entry[1].type === 'chunk')
      const entry = chunks.find(([, { isEntry, facadeModuleId }]) => isEntry && facadeModuleId?.endsWith('/index.html'))
      const page = chunks.find(([, { facadeModuleId }]) => facadeModuleId?.endsWith(PAGE))
      if (entry === undefined || page === undefined)
        throw new Error(`The build has no chunk of ${PAGE}: is it still loaded by itself?`)
      for (const [name] of [entry, page]) take(name)
      const bodies = [...files].map((name) => Buffer.from(contentOf(bundle[name])))
      const size = (compress: (body: Buffer) => Buffer) => bodies.reduce((sum, body) => sum + compress(body).length, 0)
      const [gzip, brotli] = [size(gzipSync), size(brotliCompressSync)]
      const sentence = `First load of a list page: ${kb(gzip)} by gzip, ${kb(brotli)} by brotli, of ${kb(LIMIT)} at most.`
      if (gzip > LIMIT) throw new Error(`${sentence} Load what it does not need at once by a dynamic import.`)
      console.log(sentence)
    },
  }
}

function contentOf(file: Chunk | Asset | undefined): string | Uint8Array {
  if (file === undefined) return ''
  return file.type === 'chunk' ? file.code : file.source
}

function kb(bytes: number): string {
  return `${(bytes / 1_000).toFixed(1)} kB`
}
