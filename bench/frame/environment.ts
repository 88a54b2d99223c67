import { readFile } from 'node:fs/promises'
import { availableParallelism, cpus, release, totalmem } from 'node:os'
import path from 'node:path'
import { wheels } from '../../stack/setup/binaries.mjs'
import { root, run } from '../../stack/setup/run.mjs'
import { versionOf } from '../load/programs.ts'

/** On what the figures were measured. */
export type Environment = {
  readonly cores: number
  readonly processor: string
  readonly memoryGiB: number
  readonly system: string
  readonly commit: string
  readonly versions: Readonly<Record<string, string>>
}

/** Looks at the machine, the checkout and the programs. */
export async function environmentNow(): Promise<Environment> {
  const git = async (...args: string[]) => (await run('git', args)).output.trim()
  const [commit, changed] = [await git('rev-parse', '--short', 'HEAD'), await git('status', '--porcelain')]
  const [ghz, pgbench, h2load] = await Promise.all([versionOf('ghz'), versionOf('pgbench'), versionOf('h2load')])
  return {
    cores: availableParallelism(),
    processor: cpus()[0]?.model ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()}`,
    commit: `${commit}${changed === '' ? '' : '+'}`,
    versions: { node: process.versions.node, ...(await dependencyVersions()), ghz, pgbench, h2load },
  }
}

/** What the services are made of, and the servers that they run with. */
async function dependencyVersions(): Promise<Record<string, string>> {
  const { dependencies, devDependencies } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>
    devDependencies: Record<string, string>
  }
  const ours = ['nice-grpc', '@grpc/grpc-js', 'pg'].map((name) => [name, dependencies[name] ?? ''] as const)
  const servers = wheels.map(({ name, wheel }) => [name, wheel.split('==')[1] ?? ''] as const)
  return Object.fromEntries([['Postgres', devDependencies['embedded-postgres'] ?? ''], ...ours, ...servers])
}
