import { existsSync } from 'node:fs'
import { cp, mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { assertServing } from '@hotel/runtime/server/health'
import { nodeProgram } from '@hotel/stack/run/node-program'
import { claim } from '@hotel/stack/run/run-file'
import { supervise } from '@hotel/stack/run/supervision/processes'
import { databaseUrl, roleOf } from '@hotel/stack/servers/provision'
import type { Env } from '@hotel/stack/servers/services'
import type { ServiceName } from '@hotel/stack/service-names'
import { generateInto } from '../../stack/setup/generate.mjs'
import { root, run } from '../../stack/setup/run.mjs'
import { linkModules } from './linked-modules.ts'

/** The services as they were at a commit, with the libraries of today. */
export type OlderBuild = AsyncDisposable & {
  /** Makes and migrates the database of a service on an administrator's server, as its jobs did. */
  prepare(name: ServiceName, adminUrl: string): Promise<void>
  /** Starts an instance of a service in these settings; resolves once it takes calls. It is stopped with the build. */
  start(name: ServiceName, env: Env): Promise<void>
  /** What the instances have written. */
  readonly lines: readonly string[]
}

/** What is taken of it. */
const ITS_OWN = ['gateway', 'package.json', 'proto/hotel', 'proto/package.json', 'services', 'stack']

/** How code is made of protos, and the protos of others, are today's: an older build may have had them from packages. */
const OF_TODAY = ['buf.yaml', 'buf.gen.yaml', 'proto/buf', 'proto/google', 'proto/grpc']

/** Where the program of the jobs is, or was. */
const PREPARE = ['stack/servers/prepare-database.ts', 'stack/prepare-database.ts']

/** The newest release that has a tag, as v1.0.0; undefined while none has. */
export async function taggedRelease(): Promise<string | undefined> {
  const { ok, output } = await run('git', ['describe', '--tags', '--abbrev=0', '--match', 'v*'])
  return ok ? output.trim() : undefined
}

/** Whether git has this commit: a shallow clone lacks most. */
export async function hasCommit(commit: string): Promise<boolean> {
  return (await run('git', ['cat-file', '-e', `${commit}^{commit}`])).ok
}

/** Makes the services of a commit, in a folder that goes with its end. */
export async function olderBuild(commit: string): Promise<OlderBuild> {
  await using started = new AsyncDisposableStack()
  const folder = await sourcesOf(commit)
  started.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))
  await generateInto(folder, folder)
  const runFile = await claim(folder)
  started.defer(() => runFile.close())
  const lines: string[] = []
  const say = (line: string) => void lines.push(line)
  const around = { runFile, log: (_: string, line: string) => say(line), say, restart: false }
  const all = started.move()
  return {
    lines,
    async prepare(name, adminUrl) {
      const program = PREPARE.find((place) => existsSync(path.join(folder, place)))
      if (program === undefined) throw new Error(`the older build has none of ${PREPARE.join(', ')}`)
      const { file, args, env } = nodeProgram(program, name)
      // Whoever uses it gives the role a password of its own.
      const url = databaseUrl(adminUrl, name, roleOf(name), 'for-a-moment')
      const urls = { DATABASE_URL: adminUrl, SERVICE_DATABASE_URL: url }
      await demand(file, args, { cwd: folder, env: { ...env, ...urls } })
    },
    async start(name, env) {
      const plan = {
        ...nodeProgram(path.join('services', name, 'main.ts')),
        name: `older ${name}`,
        cwd: folder,
        env,
        ready: (signal: AbortSignal) => assertServing(env.GRPC_ADDRESS ?? '', signal),
        readyWithinMs: 60_000,
        stopSignal: 'SIGINT' as const,
        stopWithinMs: 8_000,
      }
      const instance = supervise(plan, { ...around, signal: new AbortController().signal })
      await instance.start()
      all.defer(() => instance.stop())
    },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

async function sourcesOf(commit: string): Promise<string> {
  const folder = path.join(root, '.build', 'older-build')
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const archive = path.join(folder, 'sources.tar')
  await demand('git', ['archive', '-o', archive, commit, ...ITS_OWN])
  await demand('tar', ['-xf', archive, '-C', folder])
  await rm(archive)
  for (const name of OF_TODAY) await cp(path.join(root, name), path.join(folder, name), { recursive: true })
  await linkModules(folder)
  return folder
}

async function demand(...command: Parameters<typeof run>): Promise<void> {
  const { ok, output } = await run(...command)
  if (!ok) throw new Error(`${command[0]} ${command[1].join(' ')} failed:\n${output}`)
}
