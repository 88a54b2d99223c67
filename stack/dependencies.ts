import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { others, reasons } from './dependency-reasons.ts'
import { wheels } from './setup/binaries.mjs'
import { filesBelow } from './setup/files-below.mjs'
import { root } from './setup/run.mjs'

/** Something that is used here and was made by others. */
export type Dependency = {
  readonly name: string
  readonly version: string
  /** An SPDX expression. */
  readonly licence: string
  /** Whether it is installed where the services and the gateway serve. */
  readonly production: boolean
  /** The part of package.json that names it; none when another dependency does. */
  readonly named: 'dependencies' | 'devDependencies' | undefined
  /** Where it is installed, from the top of the repository. */
  readonly folder: string
}

/** What a production dependency may be licensed under: each lets it be used and passed on, with its text kept. */
const allowed = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
  'PostgreSQL',
])

/** Where the text is of a package that comes without a file of its own. */
const textsElsewhere: Readonly<Record<string, readonly string[]>> = {
  '@bufbuild/protobuf': ['@bufbuild/protobuf/dist/esm/wire/varint.js', '@grpc/grpc-js/LICENSE'],
}

const aboutLicence = /^(licen[cs]e|copying|unlicense)/i
const wordsOfLicences = /Permission is hereby granted|Redistribution and use in source|Apache License/

/** All packages that the lock names for this project, in the order of their names, each version once. */
export async function listDependencies(): Promise<readonly Dependency[]> {
  const { dependencies, devDependencies } = await manifest()
  const packages = Object.entries((await readJson<Lock>('package-lock.json')).packages)
  const all = packages.flatMap(([folder, { version, license, dev, link }]) => {
    const name = folder.split('node_modules/').at(-1) ?? ''
    if (!folder.startsWith('node_modules/') || link || version === undefined) return []
    const isOurs = folder === `node_modules/${name}`
    const part = name in dependencies ? 'dependencies' : name in devDependencies ? 'devDependencies' : undefined
    const named: Dependency['named'] = isOurs ? part : undefined
    return [{ name, version, licence: license ?? 'none', production: dev !== true, named, folder }]
  })
  return all.sort((a, b) => (`${a.name} ${a.version}` < `${b.name} ${b.version}` ? -1 : 1))
}

/** What is used besides, by name and version: wheels, what makes the clients of the tests, images of docker-compose.yml. */
export async function listOthers(): Promise<readonly { readonly name: string; readonly version: string }[]> {
  const read = async (file: string, pattern: RegExp) =>
    [...(await readFile(path.join(root, file), 'utf8')).matchAll(pattern)].map(([, image = '']) => image)
  const images = await Promise.all([
    read('services/Dockerfile', /^FROM (\S+:\S+)/gm),
    read('gateway/Dockerfile', /^FROM (\S+:\S+)/gm),
    read('docker-compose.yml', /^ +image: (\S+)/gm),
  ])
  const clients = await Promise.all([
    read('test/openapi/requirements.txt', /^(schemathesis==[^;\s]+)/gm),
    read('clients/python/requirements.txt', /^(betterproto2_compiler==[^;\s]+)/gm),
    read('clients/typescript/package.json', /(openapi-\w+": "[\d.]+)/g),
  ])
  const used = [
    ...wheels.map(({ wheel }) => wheel),
    ...clients.flat().map((each) => each.replace('": "', '==')),
    ...new Set(images.flat()),
  ]
  return used.map((each) => {
    const [name = '', version = ''] = each.split(/==|:/)
    return { name, version }
  })
}

/** What is wrong with the licences of what is installed, and with what is said of it; each in a sentence. */
export async function licenceProblems(dependencies: readonly Dependency[]): Promise<readonly string[]> {
  const production = dependencies.filter((each) => each.production)
  const refused = production
    .filter(({ licence }) => !isAllowed(licence))
    .map(
      ({ name, licence }) => `${name} is licensed under ${licence}, which is not in the list of stack/dependencies.ts.`,
    )
  const texts = await Promise.all(production.map(async (each) => ((await hasText(each)) ? [] : [each.name])))
  const without = texts
    .flat()
    .map((name) => `${name} comes without the text of its licence: name one in textsElsewhere.`)
  const direct = dependencies.flatMap(({ name, named }) => (named === undefined ? [] : [name]))
  const unexplained = direct.filter((name) => reasons[name] === undefined)
  const gone = Object.keys(reasons).filter((name) => !direct.includes(name))
  const idle = await unused(dependencies)
  const unknown = (await listOthers()).filter(({ name }) => others[name] === undefined)
  return [
    ...refused,
    ...without,
    ...idle.map((name) => `Nothing imports ${name}: take it out of package.json, or name it among devDependencies.`),
    ...unknown.map(({ name }) => `Say in stack/dependency-reasons.ts why ${name} is there, and its licence.`),
    ...unexplained.map((name) => `Say in stack/dependency-reasons.ts why ${name} is there.`),
    ...gone.map((name) => `stack/dependency-reasons.ts gives a reason for ${name}, which is no dependency.`),
  ]
}

type Manifest = { dependencies: Record<string, string>; devDependencies: Record<string, string> }
type Lock = { packages: Record<string, { version?: string; license?: string; dev?: boolean; link?: boolean }> }

/** All that is named by package.json, and by that of the protos, which has what generates. */
async function manifest(): Promise<Manifest> {
  const [top, proto] = await Promise.all(['package.json', 'proto/package.json'].map((file) => readJson<Manifest>(file)))
  return {
    dependencies: { ...top?.dependencies },
    devDependencies: { ...top?.devDependencies, ...proto?.devDependencies },
  }
}

/** Understands alternatives, or what is demanded together; a mixture of both is nobody's to guess. */
function isAllowed(expression: string): boolean {
  const words = expression.replaceAll(/[()]/g, '')
  if (words.includes(' OR ')) return words.split(' OR ').some((word) => allowed.has(word))
  return words.split(' AND ').every((word) => allowed.has(word))
}

/** What serves, by package.json, though no file names it and no other package that serves demands it as a peer. */
async function unused(dependencies: readonly Dependency[]): Promise<readonly string[]> {
  const ours = dependencies.filter(({ named }) => named === 'dependencies')
  const peers = ours.map(({ folder }) => readJson<{ peerDependencies?: object }>(path.join(folder, 'package.json')))
  const demanded = (await Promise.all(peers)).flatMap(({ peerDependencies = {} }) => Object.keys(peerDependencies))
  const folders = ['gateway', 'services', 'stack'].map((folder) => filesBelow(path.join(root, folder), '.ts'))
  const files = (await Promise.all(folders)).flat().filter((file) => !/dependency-reasons\.ts$|\.test\.ts$/.test(file))
  const source = (await Promise.all(files.map((file) => readFile(file, 'utf8')))).join()
  const imported = (name: string) => source.includes(`'${name}'`) || source.includes(`'${name}/`)
  return ours.flatMap(({ name }) => (imported(name) || demanded.includes(name) ? [] : [name]))
}

async function hasText({ name, folder }: Dependency): Promise<boolean> {
  const files = await readdir(path.join(root, folder)).catch(() => undefined)
  // Of another platform, and so not installed: its text is that of its sibling, which is.
  if (files === undefined) return true
  if (files.some((file) => aboutLicence.test(file))) return true
  const readmes = files.filter((file) => /^readme/i.test(file)).map((file) => path.join(folder, file))
  const elsewhere = textsElsewhere[name]?.map((file) => path.join('node_modules', file))
  const texts = await Promise.all((elsewhere ?? readmes).map((file) => readFile(path.join(root, file), 'utf8')))
  return texts.length > 0 && texts.every((text) => wordsOfLicences.test(text))
}

async function readJson<T>(file: string): Promise<T> {
  return JSON.parse(await readFile(path.join(root, file), 'utf8')) as T
}
