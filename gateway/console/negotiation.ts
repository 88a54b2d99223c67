import type { Document } from '../envoy/documents.ts'

/** The header by which page.lua says that a request wants a page; what a client sends of that name is dropped before. */
export const WANTS_PAGE = 'x-hotel-page'

/** The filter that decides it, and under whose name it says so in the stream's metadata. */
export const pageFilter = 'hotel.page'
export const pageKey = 'page'

/** The paths, as Lua source, that say the same to everybody, whatever they accept: documents, and health. */
export function fixedPaths(documents: readonly Document[]): string {
  const paths = [...documents.map(({ path }) => path), '/healthz'].filter((path) => path !== '/')
  const entries = paths.flatMap((path) => [path, `${path}/`]).map((path) => `[${JSON.stringify(path)}] = true`)
  return `local fixed = { ${entries.join(', ')} }\n`
}
