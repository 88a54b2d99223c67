import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { hasBehavior, readApi } from '@hotel/gateway/api'
import { readCosts } from '@hotel/runtime/access/costs'
import { readScopes } from '@hotel/runtime/access/scopes'
import { filesBelow } from '../setup/files-below.mjs'
import { generateInto } from '../setup/generate.mjs'
import { nodeBinary } from '../setup/install.mjs'
import { root, run } from '../setup/run.mjs'
import { lookAtAlerts } from './alerts.ts'
import { auditDependencies, NotRun } from './dependencies/audit.ts'
import { lookAtLicences } from './dependencies/licences.ts'
import { lookAtDocPaths } from './doc-paths.ts'
import { lookAtKustomizations, lookAtSchemas, lookWithLinter } from './kubernetes/kubernetes.ts'
import { lookAtLayers } from './layers.ts'
import { lookAtSizes } from './sizes.ts'
import { lookAtWords } from './words.ts'

/** A check of the checkout that runs no suite: gives nothing when all is right, else the fault, or why it was not run. */
export type Check = { readonly title: string; readonly look: () => Promise<string | NotRun | undefined> }

const commands = path.dirname(nodeBinary)
const command =
  (name: string, ...args: readonly string[]) =>
  async () => {
    const { ok, output } = await run(path.join(commands, name), args)
    return ok ? undefined : output
  }

/** What others publish stays as it is. */
const published = [
  '--exclude-path',
  'proto/buf',
  '--exclude-path',
  'proto/google',
  '--exclude-path',
  'proto/grpc/reflection',
]

/** Errors only: its warnings are about the order of keys. That the port is bound is tested with the defaults put in. */
const compose = [
  'docker-compose.yml',
  'docker-compose.limits.yml',
  'deploy/citus/compose.yml',
  '--quiet',
  '--disable-rule',
  'no-unbound-port-interfaces',
]

/** All of them, the quick ones first. */
export const checks: readonly Check[] = [
  { title: 'The generated code matches the protos', look: generatedIsClean },
  { title: 'Every method has a scope', look: scopesAreSaid },
  { title: 'The costs of methods are valid', look: costsCanBeCharged },
  { title: 'Every field of a request says whether it is required', look: behaviourIsSaid },
  { title: 'The protos do not break clients of main', look: breaksNobody },
  { title: 'The protos follow the rules (buf lint)', look: command('buf', 'lint') },
  {
    title: 'The protos are formatted (buf format)',
    look: command('buf', 'format', '--diff', '--exit-code', 'proto', ...published),
  },
  { title: 'The code keeps to its layers', look: lookAtLayers },
  { title: 'Docs, protos and messages are in plain English', look: lookAtWords },
  { title: 'The paths that the docs name exist', look: lookAtDocPaths },
  { title: 'No file is too long and no folder too full', look: lookAtSizes },
  { title: 'The lock names the packages of every platform', look: lockIsComplete },
  { title: 'The licences are in order and docs/dependencies.md lists them', look: lookAtLicences },
  { title: 'No serious vulnerability is known in serving packages (npm audit)', look: () => auditDependencies() },
  { title: 'The containers follow the compose specification (dclint)', look: command('dclint', ...compose) },
  { title: 'The manifests for Kubernetes can be put together (kustomize)', look: lookAtKustomizations },
  { title: 'They fit its schemas (kubeconform)', look: lookAtSchemas },
  { title: 'They follow the rules of kube-linter', look: lookWithLinter },
  { title: 'The alerts fire for what they are for (promtool)', look: lookAtAlerts },
  { title: 'The code follows the rules and is formatted (biome)', look: command('biome', 'ci', '--colors=off') },
  { title: 'The types fit (tsc)', look: command('tsc', '--noEmit', '-p', '.') },
  { title: 'The types of the console fit (tsc)', look: command('tsc', '--noEmit', '-p', 'console') },
]

/** A method without one would be for nobody, and its service would not start. */
async function scopesAreSaid(): Promise<string | undefined> {
  readScopes(await readFile(path.join(root, 'proto', 'gen', 'api.binpb')))
  return undefined
}

/** Whether one is dear enough for a cost, test/cost/costs.long.test.ts measures. */
async function costsCanBeCharged(): Promise<string | undefined> {
  readCosts(await readFile(path.join(root, 'proto', 'gen', 'api.binpb')))
  return undefined
}

/** Generators go by it, and so does the document. */
async function behaviourIsSaid(): Promise<string | undefined> {
  const { methods, registry } = readApi(await readFile(path.join(root, 'proto', 'gen', 'api.binpb')))
  const fields = methods.flatMap(({ desc }) => desc.input.fields)
  const silent = fields.filter((field) => !['REQUIRED', 'OPTIONAL'].some((one) => hasBehavior(registry, field, one)))
  const names = new Set(silent.map(({ parent, name }) => `${parent.typeName}.${name}`))
  return names.size === 0
    ? undefined
    : `Give these a google.api.field_behavior, REQUIRED or OPTIONAL:\n${[...names].join('\n')}`
}

async function generatedIsClean(): Promise<string | undefined> {
  return withFolder(async (folder) => {
    const fresh = path.join(await generateInto(folder), 'proto', 'gen')
    const present = path.join(root, 'proto', 'gen')
    const names = new Set(
      (
        await Promise.all(
          [fresh, present].map(async (from) => (await filesBelow(from)).map((file) => path.relative(from, file))),
        )
      ).flat(),
    )
    const read = (from: string, name: string) => readFile(path.join(from, name)).catch(() => Buffer.alloc(0))
    const stale = []
    for (const name of names) if (!(await read(fresh, name)).equals(await read(present, name))) stale.push(name)
    return stale.length === 0
      ? undefined
      : `These files of proto/gen differ: run \`npm run generate\`.\n${stale.join('\n')}`
  })
}

/** `npm ci` refuses a lock that lacks what other platforms need; one made where a registry lists less is such a lock. */
async function lockIsComplete(): Promise<string | undefined> {
  type Entry = { readonly optionalDependencies?: Readonly<Record<string, string>> }
  const { packages } = JSON.parse(await readFile(path.join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Entry>
  }
  const missing = Object.entries(packages).flatMap(([from, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) =>
        packages[`${from}/node_modules/${name}`] === undefined && packages[`node_modules/${name}`] === undefined,
    ),
  )
  return missing.length === 0 ? undefined : `Run \`npm install --package-lock-only\`: it lacks ${missing.join(', ')}.`
}

/**
 * Compares with what clients know: the protos of the last release, a tag as v1.0.0, where there is one, and those from which
 * this branch left main, or on main itself those of the commit before.
 */
async function breaksNobody(): Promise<string | NotRun | undefined> {
  const read = async (...args: readonly string[]) => {
    const { ok, output } = await run('git', args)
    return ok ? output.trim() : undefined
  }
  const head = await read('rev-parse', 'HEAD')
  const left = (await read('merge-base', 'HEAD', 'main')) ?? (await read('merge-base', 'HEAD', 'origin/main'))
  const before = left === undefined || left === head ? await read('rev-parse', '--verify', 'HEAD^') : left
  const release = await read('describe', '--tags', '--abbrev=0', '--match', 'v*')
  const known = [release, before].filter((commit) => commit !== undefined)
  if (known.length === 0) return new NotRun('the comparison of the protos: git has no commit before this one.')
  for (const commit of known) {
    const wrong = await breaksNobodyOf(commit)
    if (wrong !== undefined) return wrong
  }
  return undefined
}

async function breaksNobodyOf(commit: string): Promise<string | NotRun | undefined> {
  const input = `.git#ref=${commit}`
  const built = await run(path.join(commands, 'buf'), ['build', input, '-o', '/dev/null'])
  if (!built.ok) return new NotRun(`the comparison with the protos of ${commit}: buf cannot build them.`)
  return command('buf', 'breaking', '--against', input)()
}

async function withFolder<T>(act: (folder: string) => Promise<T>): Promise<T> {
  const build = path.join(root, '.build')
  await mkdir(build, { recursive: true })
  const folder = await mkdtemp(path.join(build, 'check-'))
  try {
    return await act(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
