import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { wheels } from '../../setup/binaries.mjs'
import { filesBelow } from '../../setup/files-below.mjs'
import { root } from '../../setup/run.mjs'
import { scalar } from '../../setup/scalar.mjs'
import { bundledFolders, type Locked, namedByConsole } from './bundled.ts'
import { listPatches, patchProblems } from './library-patches.ts'
import { others, reasons } from './reasons.ts'

/** Something that is used here and was made by others. */
export type Dependency = {
  readonly name: string
  readonly version: string
  /** An SPDX expression. */
  readonly licence: string
  /** Whether it is installed where the services and the gateway serve. */
  readonly production: boolean
  /** Whether it is in the pages of the console, which browsers get. */
  readonly bundled: boolean
  /** The part of package.json that names it, or the console's own; none when another dependency does. */
  readonly named: 'dependencies' | 'devDependencies' | 'console' | undefined
  /** Where it is installed, from the top of the repository. */
  readonly folder: string
}

/** What a dependency that serves, or that browsers get, may be licensed under: each lets it be used and passed on, with its text kept. */
const allowed = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'ISC',
  'MIT',
  'PostgreSQL',
  'Unlicense',
])

/** Where the text is of a package that comes without a file of its own. */
const textsElsewhere: Readonly<Record<string, readonly string[]>> = {
  '@bufbuild/protobuf': ['@bufbuild/protobuf/dist/esm/wire/varint.js', '@grpc/grpc-js/LICENSE'],
  // Its package.json names the licence, whose text is the same for all.
  '@cfworker/json-schema': ['react/LICENSE'],
  'react-remove-scroll-bar': ['react-remove-scroll/LICENSE'],
}

const aboutLicence = /^(licen[cs]e|copying|unlicense)/i
const wordsOfLicences = /Permission is hereby granted|Redistribution and use in source|Apache License/

/** All packages that the lock names for this project, in the order of their names, each version once. */
export async function listDependencies(): Promise<readonly Dependency[]> {
  const { dependencies, devDependencies } = await manifest()
  const { packages } = await readJson<Lock>('package-lock.json')
  const ofConsole = namedByConsole(packages)
  const bundled = bundledFolders(packages)
  const part = (name: string): Dependency['named'] => {
    if (name in dependencies) return 'dependencies'
    if (name in devDependencies) return 'devDependencies'
    return ofConsole.includes(name) ? 'console' : undefined
  }
  const all = Object.entries(packages).flatMap(([folder, { version, license, dev, link }]) => {
    const name = folder.split('node_modules/').at(-1) ?? ''
    if (!/^(console\/)?node_modules\//.test(folder) || link || version === undefined) return []
    const isOurs = [`node_modules/${name}`, `console/node_modules/${name}`].includes(folder)
    const as = { production: dev !== true, bundled: bundled.has(folder), named: isOurs ? part(name) : undefined }
    return [{ name, version, licence: license ?? 'none', ...as, folder }]
  })
  return all.sort((a, b) => (`${a.name} ${a.version}` < `${b.name} ${b.version}` ? -1 : 1))
}

/** Other things that are used, by name and version: wheels, the generators of the tests' clients, images of docker-compose.yml. */
export async function listOthers(): Promise<readonly { readonly name: string; readonly version: string }[]> {
  const read = async (file: string, pattern: RegExp) =>
    [...(await readFile(path.join(root, file), 'utf8')).matchAll(pattern)].map(([, image = '']) => image)
  const images = await Promise.all([
    read('services/Dockerfile', /^FROM (\S+:\S+)/gm),
    read('gateway/Dockerfile', /^FROM (\S+:\S+)/gm),
    read('docker-compose.yml', /^ +image: (\S+)/gm),
    read('docker-compose.limits.yml', /^ +image: (\S+)/gm),
  ])
  const clients = await Promise.all([
    read('test/fuzz/requirements.txt', /^(schemathesis==[^;\s]+)/gm),
    read(
      'clients/python/requirements.txt',
      /^((?:build|grpcio|grpcio-tools|hatchling|httpx|mypy|mypy-protobuf)==[^;\s]+)/gm,
    ),
    read('clients/typescript/package.json', /(openapi-\w+": "[\d.]+)/g),
    read('clients/check/requirements.txt', /^(openapi-[\w-]+==[^;\s]+)/gm),
    read('stack/checks/kubernetes/requirements.txt', /^(kubernetes-validate==[^;\s]+)/gm),
    read('clients/check/package.json', /"(@?[\w/-]+": "\d[\d.]+)/g),
    read('clients/check/api-linter/go.mod', /^require github\.com\/googleapis\/(api-linter\/v2 v[\d.]+)/gm),
  ])
  const used = [
    ...wheels.map(({ wheel }) => wheel),
    ...clients.flat().map((each) => each.replace(/": "|\/v2 v/, '==')),
    ...new Set(images.flat()),
    `${scalar.name}==${scalar.version}`,
  ]
  return used.map((each) => {
    const [name = '', version = ''] = each.split(/==|:/)
    return { name, version }
  })
}

/** What is wrong with the licences of what is installed, and with what is said of it; each in a sentence. */
export async function licenceProblems(dependencies: readonly Dependency[]): Promise<readonly string[]> {
  const passedOn = dependencies.filter((each) => each.production || each.bundled)
  const refused = passedOn
    .filter(({ licence }) => !isAllowed(licence))
    .map(
      ({ name, licence }) =>
        `${name} is licensed under ${licence}, which is not in the list of stack/checks/dependencies/dependencies.ts.`,
    )
  const texts = await Promise.all(passedOn.map(async (each) => ((await hasText(each)) ? [] : [each.name])))
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
    ...unknown.map(({ name }) => `Say in stack/checks/dependencies/reasons.ts why ${name} is there, and its licence.`),
    ...unexplained.map((name) => `Say in stack/checks/dependencies/reasons.ts why ${name} is there.`),
    ...patchProblems(await listPatches(), dependencies),
    ...gone.map(
      (name) => `stack/checks/dependencies/reasons.ts gives a reason for ${name}, which is not a dependency.`,
    ),
  ]
}

type Manifest = { dependencies: Record<string, string>; devDependencies: Record<string, string> }
type Lock = { packages: Record<string, Locked> }

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
  const files = (await Promise.all(folders))
    .flat()
    .filter((file) => !/dependencies\/reasons\.ts$|\.test\.ts$/.test(file))
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
