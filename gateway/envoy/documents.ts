import { createHash } from 'node:crypto'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import type { Api } from '../api.ts'
import { openApi } from '../openapi/openapi.ts'
import { LEAST_COMPRESSED } from './compression.ts'

/** A document that the gateway itself answers with, in each form that it is sent in; the last one is for everybody. */
export type Document = {
  readonly path: string
  readonly forms: readonly DocumentForm[]
  /** Its media type; JSON where nothing is said. */
  readonly type?: string
  /** Its further headers. */
  readonly headers?: Readonly<Record<string, string>>
  /** Whether it needs no token, whatever the settings say of documents: it holds nothing of the API. */
  readonly isOpen?: boolean
}

export type DocumentForm = {
  readonly file: string
  readonly content: string | Uint8Array
  /** Of the content, as RFC 9110 has it: another one for each form. */
  readonly etag: string
  /** The `content-encoding`, if there is one. */
  readonly coding?: Coding
}
export type Coding = 'br' | 'gzip'

/** The documents of an API: `/`, with the resources' addresses, and `/openapi.json`. */
export function documentsOf(api: Api): readonly Document[] {
  return [
    { path: '/', forms: formsOf('index.json', JSON.stringify(collections(api))) },
    { path: '/openapi.json', forms: formsOf('openapi.json', JSON.stringify(openApi(api))) },
  ]
}

/** The resources' paths: relative, so that they hold whatever name and scheme the caller knows this host by. */
function collections(api: Api): Record<string, string> {
  const lists = api.methods.flatMap(({ http }) => /^\/\w+$/.exec(http?.verb === 'GET' ? http.template : '') ?? [])
  return Object.fromEntries([...new Set(lists)].sort().map((path) => [path.slice(1), path]))
}

/** Compressed here, once: everybody may ask for them as often as they like. */
export function formsOf(file: string, content: string): readonly DocumentForm[] {
  const plain = { file, content, etag: etagOf(content) }
  if (Buffer.byteLength(content) < LEAST_COMPRESSED) return [plain]
  const br = brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } })
  const gzip = gzipSync(content)
  return [
    { file: `${file}.br`, content: br, etag: etagOf(br), coding: 'br' },
    { file: `${file}.gz`, content: gzip, etag: etagOf(gzip), coding: 'gzip' },
    plain,
  ]
}

/** The version of a content, as a strong etag. */
export function etagOf(content: string | Uint8Array): string {
  return `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`
}
