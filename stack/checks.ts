import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { readCosts } from '@hotel/runtime/access/costs'
import { readScopes } from '@hotel/runtime/access/scopes'
import { auditDependencies, type NotRun } from './audit.ts'
import { lookAtLicences } from './licences.ts'
import { filesBelow } from './setup/files-below.mjs'
import { generateInto } from './setup/generate.mjs'
import { nodeBinary } from './setup/install.mjs'
import { root, run } from './setup/run.mjs'

/** What is looked at without running it: nothing when it is as it should be, else what is wrong, or why it can not be. */
export type Check = { readonly title: string; readonly look: () => Promise<string | NotRun | undefined> }

const commands = path.dirname(nodeBinary)
const command =
  (name: string, ...args: readonly string[]) =>
  async () => {
    const { ok, output } = await run(path.join(commands, name), args)
    return ok ? undefined : output
  }

/** Errors only: its warnings are about the order of keys. That the port is bound is tested with the defaults put in. */
const compose = ['docker-compose.yml', '--quiet', '--disable-rule', 'no-unbound-port-interfaces']

/** All of them, the quick ones first. */
export const checks: readonly Check[] = [
  { title: 'The generated code is what the protos say', look: generatedIsClean },
  { title: 'Every method says the scope that it needs', look: scopesAreSaid },
  { title: 'The costs of methods can be charged', look: costsCanBeCharged },
  { title: 'The protos break no client of main', look: breaksNobody },
  { title: 'The protos follow the rules (buf lint)', look: command('buf', 'lint', 'proto') },
  { title: 'The protos are formatted (buf format)', look: command('buf', 'format', '--diff', '--exit-code', 'proto') },
  { title: 'The lock names the packages of every platform', look: lockIsComplete },
  { title: 'The licences are in order and docs/dependencies.md lists them', look: lookAtLicences },
  { title: 'Nothing grave is known against what serves (npm audit)', look: () => auditDependencies() },
  { title: 'The containers follow the compose specification (dclint)', look: command('dclint', ...compose) },
  { title: 'The code follows the rules and is formatted (biome)', look: command('biome', 'ci', '--colors=off') },
  { title: 'The types fit (tsc)', look: command('tsc', '--noEmit', '-p', '.') },
]

/** A method without one would be for nobody, and its service would not start. */
async function scopesAreSaid(): Promise<string | undefined> {
  readScopes(await readFile(path.join(root, 'proto', 'gen', 'api.binpb')))
  return undefined
}

/** Whether one is dear enough for a cost, test/costs.test.ts measures. */
async function costsCanBeCharged(): Promise<string | undefined> {
  readCosts(await readFile(path.join(root, 'proto', 'gen', 'api.binpb')))
  return undefined
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

/** Compares with the protos of main, where there is one to compare with. */
async function breaksNobody(): Promise<string | undefined> {
  return withFolder(async (folder) => {
    const image = path.join(folder, 'main.binpb')
    try {
      await buildMain(folder, image)
    } catch {
      return undefined
    }
    return command('buf', 'breaking', 'proto', '--against', image)()
  })
}

async function buildMain(folder: string, image: string): Promise<void> {
  const execute = promisify(execFile)
  const archive = path.join(folder, 'main.tar')
  const branches = ['main', 'origin/main']
  const archived = branches.map(
    (branch) => () => execute('git', ['archive', '-o', archive, branch, 'proto', 'buf.yaml'], { cwd: root }),
  )
  await archived.reduce((before, next) => before.catch(next), Promise.reject(new Error('no main')) as Promise<unknown>)
  await execute('tar', ['-xf', archive, '-C', folder])
  await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'))
  await execute(path.join(commands, 'buf'), ['build', 'proto', '-o', image], { cwd: folder })
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
