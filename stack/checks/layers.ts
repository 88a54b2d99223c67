import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { filesBelow } from '../setup/files-below.mjs'
import { root } from '../setup/run.mjs'
import { circles, type Imports, importsOf } from './imports.ts'

/** The folders of services/runtime, the lowest first: each imports from those before it only. */
export const layers = {
  'library-patches': 'what libraries lack or do wrong, worked around, each in a file with the version and the issue',
  protos: 'the descriptors of the API, and what its options say of fields',
  errors: 'refusals, their reasons and details, what an error of the database means, ids',
  process: 'settings, log lines, clock, jobs that run again and again',
  call: 'the call under way, its caller and trace, how its request is read and checked',
  telemetry: 'metrics, traces and the log line of each call',
  database: 'connections, transactions, prepared statements, turns at the heads, migrations',
  access: 'tokens, scopes, which hotels a caller sees, what a method costs',
  peers: 'calls to the other services of the suite',
  read: 'one resource or a page of a list, from rows to messages; etags',
  changes: 'the feed of changes: for followers, watchers and histories',
  resource: 'writes of resources under the head of their hotel, repeats, deletion across services',
  transfer: 'import and export of resources in bulk',
  server: 'what serves: start, health, reflection, drain',
} as const

/** The imports that are allowed: a folder, and the other folders that its files may import from. */
const packages: Readonly<Record<string, readonly string[]>> = {
  'services/runtime': [],
  'services/guests': ['services/runtime'],
  'services/rooms': ['services/runtime'],
  'services/reservations': ['services/runtime'],
  gateway: ['services/runtime'],
  transfer: ['services/runtime', 'stack'],
  stack: ['services/runtime', 'gateway'],
}

const FOLDERS = ['bench', 'clients', 'demo', 'gateway', 'services', 'stack', 'test', 'transfer']
const PAGE = path.join(root, 'docs', 'architecture.md')
const BEGIN = '<!-- layers: made by `node stack/checks/layers.ts --write` -->'
const END = '<!-- /layers -->'

/** What is against the layers, a line each; undefined when nothing is, and docs/architecture.md shows them as they are. */
export async function lookAtLayers(): Promise<string | undefined> {
  const imports = await readImports()
  const wrong = [
    ...circles(imports).map((files) => `These files import one another in a circle: ${files.join(', ')}.`),
    ...againstLayers(imports),
    ...againstPackages(imports),
  ]
  if (wrong.length === 0 && (await readFile(PAGE, 'utf8')) !== (await pageWith(imports)))
    wrong.push('docs/architecture.md shows other layers: run `node stack/checks/layers.ts --write`.')
  return wrong.length === 0 ? undefined : wrong.join('\n')
}

async function readImports(): Promise<Imports> {
  const files = (await Promise.all(FOLDERS.map((folder) => filesBelow(path.join(root, folder))))).flat()
  return importsOf(files.map((file) => path.relative(root, file)).filter((file) => /\.m?ts$/.test(file)))
}

/** Imports of a lower layer from a higher one. */
export function againstLayers(imports: Imports): string[] {
  return pairsOf(imports).flatMap(([file, imported]) => {
    const [from, to] = [layerOf(file), layerOf(imported)]
    if (from === undefined || to === undefined || !isBelow(from, to)) return []
    return [`${file} imports ${imported}: the layer \`${from}\` is below \`${to}\`.`]
  })
}

/** Imports from a package that the importing one is not to know. */
export function againstPackages(imports: Imports): string[] {
  return pairsOf(imports).flatMap(([file, imported]) => {
    const [from, to] = [packageOf(file), packageOf(imported)]
    // A test may use what starts suites.
    if (from === undefined || from === to || (file.endsWith('.test.ts') && to === undefined)) return []
    if (to !== undefined && packages[from]?.includes(to)) return []
    return [`${file} imports ${imported}, which ${from} is not to know.`]
  })
}

function isBelow(one: string, other: string): boolean {
  const order = Object.keys(layers)
  return order.indexOf(one) < order.indexOf(other)
}

const packageOf = (file: string) => Object.keys(packages).find((folder) => file.startsWith(`${folder}/`))

function layerOf(file: string): string | undefined {
  const [services, runtime, layer = ''] = file.split('/')
  if (services !== 'services' || runtime !== 'runtime' || file.endsWith('.test.ts')) return undefined
  return layer in layers ? layer : undefined
}

function pairsOf(imports: Imports): [string, string][] {
  return [...imports].flatMap(([file, all]) => [...all].map((imported): [string, string] => [file, imported]))
}

async function pageWith(imports: Imports): Promise<string> {
  const page = await readFile(PAGE, 'utf8')
  const [before, rest = ''] = page.split(BEGIN)
  const [, after = ''] = rest.split(END)
  return `${before}${BEGIN}\n\n${pictureOf(imports)}\n\n${END}${after}`
}

/** The layers as Mermaid draws them, each with an arrow to those that it uses and none of these uses for it. */
function pictureOf(imports: Imports): string {
  const uses = new Map(Object.keys(layers).map((layer) => [layer, new Set<string>()]))
  for (const [file, imported] of pairsOf(imports)) {
    const [from, to] = [layerOf(file), layerOf(imported)]
    if (from !== undefined && to !== undefined && isBelow(to, from)) uses.get(from)?.add(to)
  }
  const reaches = (from: string, to: string): boolean =>
    [...(uses.get(from) ?? [])].some((next) => next === to || reaches(next, to))
  const arrows = [...uses].flatMap(([from, all]) =>
    [...all]
      .filter((to) => ![...all].some((other) => other !== to && reaches(other, to)))
      .sort()
      .map((to) => `  ${from} --> ${to}`),
  )
  const boxes = Object.entries(layers).map(([layer, has]) => `  ${layer}["${layer}: ${has}"]`)
  return ['```mermaid', 'flowchart TD', ...boxes.toReversed(), ...arrows.toReversed(), '```'].join('\n')
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } })
  if (values.write) await writeFile(PAGE, await pageWith(await readImports()))
  else console.log((await lookAtLayers()) ?? 'The layers are as they should be.')
}
