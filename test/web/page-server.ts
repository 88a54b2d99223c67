import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'

const modules = path.join(import.meta.dirname, '..', '..', 'node_modules')
const packages = ['@bufbuild/protobuf', '@connectrpc/connect', '@connectrpc/connect-web']
const types: Record<string, string> = { '.js': 'text/javascript', '.html': 'text/html' }

/** Serves the scripts of a folder, and the packages that they import, to pages at `/`. */
export async function servePages(folder: string): Promise<{ readonly port: number } & AsyncDisposable> {
  const page = `<!doctype html><script type="importmap">${JSON.stringify({ imports: await importMap() })}</script>`
  const server = createServer(async ({ url = '/' }, answer) => {
    const { pathname } = new URL(url, 'http://page')
    const file = pathname.startsWith('/modules/') ? path.join(modules, pathname.slice(9)) : path.join(folder, pathname)
    const content = pathname === '/' ? page : await readFile(file).catch(() => undefined)
    answer.setHeader('content-type', types[path.extname(pathname)] ?? 'text/html')
    answer.setHeader('cache-control', 'max-age=3600')
    answer.writeHead(content === undefined ? 404 : 200).end(content)
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** Where a browser finds what a bundler would find by the packages' own list. */
async function importMap(): Promise<Record<string, string>> {
  const map: Record<string, string> = {}
  for (const name of packages) {
    const { exports } = JSON.parse(await readFile(path.join(modules, name, 'package.json'), 'utf8')) as {
      exports: Record<string, { import?: string }>
    }
    for (const [entry, { import: file }] of Object.entries(exports))
      if (file !== undefined) map[path.posix.join(name, entry)] = path.posix.join('/modules', name, file)
  }
  return map
}
