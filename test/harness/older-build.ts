import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { cp, mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { assertServing } from '@hotel/runtime/server/health'
import { roleOf } from '@hotel/stack/servers/provision'
import type { Env } from '@hotel/stack/servers/services'
import type { ServiceName } from '@hotel/stack/service-names'
import { root, run } from '../../stack/setup/run.mjs'
import { eventually } from '../support/hotel.ts'
import { linkModules } from './linked-modules.ts'

/** The services as they were at a commit, with the libraries of today. */
export type OlderBuild = AsyncDisposable & {
  /** Makes and migrates the database of a service on an administrator's server, as its jobs did. */
  prepare(name: ServiceName, adminUrl: string): Promise<void>
  /** Starts an instance of a service in these settings; resolves once it takes calls. */
  start(name: ServiceName, env: Env, write: (line: string) => void): Promise<AsyncDisposable>
}

/** What is taken of it. */
const ITS_OWN = ['gateway', 'package.json', 'proto/hotel', 'proto/package.json', 'services', 'stack']

/** What today's protos come from, and those of others: of the older build only what it says itself. */
const TODAY = ['buf.yaml', 'buf.gen.yaml', 'proto/buf', 'proto/google', 'proto/grpc']

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
  const folder = path.join(root, '.build', 'older-build')
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const archive = path.join(folder, 'sources.tar')
  await demand('git', ['archive', '-o', archive, commit, ...ITS_OWN])
  await demand('tar', ['-xf', archive, '-C', folder])
  await rm(archive)
  for (const name of TODAY) await cp(path.join(root, name), path.join(folder, name), { recursive: true })
  await linkModules(folder)
  const programs = path.join(root, 'node_modules', '.bin')
  const env = { ...process.env, PATH: `${programs}${path.delimiter}${process.env.PATH}` }
  const buf = path.join(programs, 'buf')
  await demand(buf, ['generate'], { cwd: folder, env })
  const descriptors = path.join('proto', 'gen', 'api.binpb')
  await demand(buf, ['build', '-o', descriptors, '--as-file-descriptor-set'], { cwd: folder, env })
  return {
    prepare: (name, adminUrl) => prepare(folder, name, adminUrl),
    start: (name, settings, write) => start(folder, name, settings, write),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
  }
}

async function demand(...command: Parameters<typeof run>): Promise<void> {
  const { ok, output } = await run(...command)
  if (!ok) throw new Error(`${command[0]} ${command[1].join(' ')} failed:\n${output}`)
}

/** Where the program of the jobs is, or was. */
const PREPARE = ['stack/servers/prepare-database.ts', 'stack/prepare-database.ts']

async function prepare(folder: string, name: ServiceName, adminUrl: string): Promise<void> {
  const program = PREPARE.find((place) => existsSync(path.join(folder, place)))
  if (program === undefined) throw new Error(`the older build has none of ${PREPARE.join(', ')}`)
  // Whoever uses it gives the role a password of its own.
  const url = Object.assign(new URL(adminUrl), {
    pathname: `/${name}`,
    username: roleOf(name),
    password: 'for-a-moment',
  })
  const env = { ...process.env, DATABASE_URL: adminUrl, SERVICE_DATABASE_URL: url.href }
  await demand(process.execPath, [program, name], { cwd: folder, env })
}

async function start(
  folder: string,
  name: ServiceName,
  env: Env,
  write: (line: string) => void,
): Promise<AsyncDisposable> {
  const withParent = new URL('../../stack/run/with-parent.mjs', import.meta.url).href
  const args = ['--expose-gc', '--import', withParent, path.join('services', name, 'main.ts')]
  const child = spawn(process.execPath, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  const ended = once(child, 'exit')
  const lines: string[] = []
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      lines.push(text)
      write(text)
    })
  try {
    await eventually(async () => {
      if (child.exitCode !== null) throw new Error(`an older ${name} ended:\n${lines.join('')}`)
      await assertServing(env.GRPC_ADDRESS ?? '', AbortSignal.timeout(1_000))
    }, 60_000)
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
  return {
    async [Symbol.asyncDispose]() {
      child.kill('SIGINT')
      await ended
    },
  }
}
