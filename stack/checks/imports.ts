import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { root } from '../setup/run.mjs'

/** The files of the project that each of its files imports, types included; paths from the top of the checkout. */
export type Imports = ReadonlyMap<string, ReadonlySet<string>>

/** Where the packages of the workspace stand, by how an import names them. */
const PACKAGES: Readonly<Record<string, string>> = {
  '@hotel/runtime': 'services/runtime',
  '@hotel/guests': 'services/guests',
  '@hotel/rooms': 'services/rooms',
  '@hotel/reservations': 'services/reservations',
  '@hotel/gateway': 'gateway',
  '@hotel/stack': 'stack',
  '@hotel/transfer': 'transfer',
  '@hotel/test': 'test',
}

/** Formatted code has an import's address in one line, after `from`, `import` or `import(`. */
const ADDRESS = /(?:^import|^\} from|^(?:im|ex)port .*? from|\bimport\()\s*'([^']+)'/gm

/** Reads what these files import of the project. */
export async function importsOf(files: readonly string[]): Promise<Imports> {
  const all = await Promise.all(
    files.map(async (file): Promise<[string, Set<string>]> => {
      const text = await readFile(path.join(root, file), 'utf8')
      const addresses = [...text.matchAll(ADDRESS)].map(([, address = '']) => placeOf(file, address))
      return [file, new Set(addresses.filter((place) => place !== undefined))]
    }),
  )
  return new Map(all)
}

function placeOf(file: string, address: string): string | undefined {
  if (address.startsWith('.')) return path.join(path.dirname(file), address)
  const [scope, name, ...rest] = address.split('/')
  const folder = PACKAGES[`${scope}/${name}`]
  if (folder === undefined) return undefined
  const place = path.join(folder, ...rest)
  return path.extname(place) === '' ? `${place}.ts` : place
}

/** The groups of files that import one another in a circle (Tarjan, 1972: strongly connected components). */
export function circles(imports: Imports): string[][] {
  const found: string[][] = []
  const number = new Map<string, number>()
  const lowest = new Map<string, number>()
  const open: string[] = []
  const visit = (file: string) => {
    const own = number.size
    number.set(file, own)
    lowest.set(file, own)
    open.push(file)
    for (const next of imports.get(file) ?? []) {
      if (!imports.has(next)) continue
      if (!number.has(next)) visit(next)
      if (open.includes(next)) lowest.set(file, Math.min(lowest.get(file) ?? own, lowest.get(next) ?? own))
    }
    if (lowest.get(file) !== own) return
    const group = open.splice(open.indexOf(file))
    if (group.length > 1) found.push(group.toSorted())
  }
  for (const file of imports.keys()) if (!number.has(file)) visit(file)
  return found
}
