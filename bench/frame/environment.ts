import { availableParallelism, cpus, release, totalmem } from 'node:os'
import { run } from '../../stack/setup/run.mjs'
import { versionOf } from '../load/programs.ts'

/** On what the figures were measured. */
export type Environment = {
  readonly cores: number
  readonly processor: string
  readonly memoryGiB: number
  readonly system: string
  /** Of the commit that was measured, with `+` where files had been changed since. */
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
    versions: { node: process.versions.node, ghz, pgbench, h2load },
  }
}
