import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { Problem } from '../stack/setup/problem.mjs'
import type { KindName } from './source/kind.ts'
import { kinds } from './source/kinds.ts'

/** A file to import. */
export type Input = { readonly file: string; readonly kind: KindName | 'dump' }

const USAGE = `Name the files to import: \`npm run import -- guests.csv rooms.csv reservations.csv\`, a folder of \`npm run export\`, or a .json file of \`manage.py dumpdata\`.`

/** The files that the arguments name, in the order in which they are imported; throws a Problem for one that is not there. */
export async function inputs(args: readonly string[], resolve: (file: string) => string): Promise<Input[]> {
  if (args.length === 0) throw new Problem(USAGE)
  const found = (await Promise.all(args.map((argument) => inputsOf(argument, resolve)))).flat()
  const order = ['dump', ...kinds.map(({ name }) => name)]
  return found.sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind))
}

async function inputsOf(argument: string, resolve: (file: string) => string): Promise<Input[]> {
  if (argument.startsWith('-')) throw new Problem(`"${argument}" is not an option of the import. ${USAGE}`)
  const [, named, rest] = /^(\w+)=(.+)$/.exec(argument) ?? []
  const kind = kinds.find(({ name }) => name === named)?.name
  const file = resolve(kind === undefined ? argument : (rest ?? ''))
  const stats = await stat(file).catch(() => {
    throw new Problem(`There is no file ${file}: check the name. ${USAGE}`)
  })
  if (stats.isDirectory()) return inFolder(file)
  if (kind !== undefined) return [{ file, kind }]
  if (/\.json$/i.test(file)) return [{ file, kind: 'dump' }]
  return [{ file, kind: kindByName(file) }]
}

/** The files of an export. */
async function inFolder(folder: string): Promise<Input[]> {
  const names = new Set(await readdir(folder))
  const found = kinds.filter(({ name }) => names.has(`${name}.csv`))
  if (found.length === 0)
    throw new Problem(`${folder} has none of ${kinds.map(({ name }) => `${name}.csv`).join(', ')}.`)
  return found.map(({ name }) => ({ file: path.join(folder, `${name}.csv`), kind: name }))
}

/** By how the name of the file begins: guests.csv, guests-2024.csv, Room types.csv. */
function kindByName(file: string): KindName {
  const base = path.basename(file).toLowerCase().replaceAll(/[ -]/g, '_')
  const known = kinds.map(({ name }) => name).sort((a, b) => b.length - a.length)
  const kind = known.find((name) => base.startsWith(name))
  if (kind !== undefined) return kind
  const example = `guests=${path.basename(file)}`
  throw new Problem(
    `${path.basename(file)} has a name that does not begin with a kind: name it after one of ${known.join(', ')}, or name the kind (\`${example}\`).`,
  )
}
