import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { ConsoleSettings } from '@hotel/runtime/access/console-settings'
import { type Coding, type Document, type DocumentForm, etagOf } from '../envoy/documents.ts'
import { pageHeaders } from './page-headers.ts'

/** The files that the console is served from. */
export type ConsoleFiles = {
  /** The page of every address of the API. */
  readonly index: Document
  /** The names below `/console/` that have the page, too. */
  readonly ownPages: readonly string[]
  /** All the rest: the page of the API at `/docs`, and what the pages load. */
  readonly others: readonly Document[]
}

/** Where the files are, in the address; the pages name them so. */
const BASE = '/console/'

/** Where the build says which pages are the console's own (console/own-pages-file.ts). */
const OWN_PAGES = 'own-pages.json'

/** How a compressed form of a file is called, which `npm run console` has made; the better one first. */
const codings: readonly (readonly [suffix: string, coding: Coding])[] = [
  ['.br', 'br'],
  ['.gz', 'gzip'],
]

const types: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  // As it is: a browser would save what it does not know.
  '.md': 'text/plain; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
}

/**
 * Reads the built console; undefined when there is none in the folder. Throws for a file of a kind that has no media type
 * here, and for a build that does not say which pages are the console's own.
 */
export async function readConsole(folder: string, settings: ConsoleSettings): Promise<ConsoleFiles | undefined> {
  const names = await listFiles(folder)
  if (!names.includes('index.html')) return undefined
  const isForm = (name: string) => codings.some(([suffix]) => name.endsWith(suffix))
  const plain = names.filter((name) => !isForm(name) && name !== OWN_PAGES)
  const documents = await Promise.all(plain.map((name) => readDocument(folder, name, names, settings)))
  const index = documents[plain.indexOf('index.html')] as Document
  const others = documents.filter((document) => document !== index)
  return { index, ownPages: await readOwnPages(path.join(folder, OWN_PAGES)), others }
}

async function readOwnPages(file: string): Promise<readonly string[]> {
  const names: unknown = JSON.parse(await readFile(file, 'utf8'))
  if (!Array.isArray(names) || !names.every((name) => typeof name === 'string' && /^[a-z-]+$/.test(name)))
    throw new Error(`${file} is not a list of names: build the console by \`npm run console\``)
  return names
}

async function readDocument(
  folder: string,
  name: string,
  names: readonly string[],
  settings: ConsoleSettings,
): Promise<Document> {
  const type = types[path.extname(name)]
  if (type === undefined) throw new Error(`${path.join(folder, name)}: gateway/console/files.ts has no type for it`)
  const form = async (suffix: string, coding?: Coding): Promise<DocumentForm> => {
    const content = await readFile(path.join(folder, name + suffix))
    const file = `console-${name.replaceAll('/', '-')}${suffix}`
    return { file, content, etag: etagOf(content), ...(coding && { coding }) }
  }
  const compressed = codings.filter(([suffix]) => names.includes(name + suffix))
  const forms = await Promise.all([...compressed.map(([suffix, coding]) => form(suffix, coding)), form('')])
  const isPage = name.endsWith('.html')
  // The build puts a hash of the content into the names of assets, so that such a file never changes.
  const age = name.startsWith('assets/') ? 'public, max-age=31536000, immutable' : 'no-cache'
  const headers = isPage ? pageHeaders(settings) : { 'x-content-type-options': 'nosniff' }
  return {
    path: name === 'docs.html' ? '/docs' : `${BASE}${name}`,
    forms,
    type,
    headers: { ...headers, 'cache-control': age },
    isOpen: true,
  }
}

/** The files below a folder, with `/` between names; none when it is not there. */
async function listFiles(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return []
      throw error
    },
  )
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .sort()
}
