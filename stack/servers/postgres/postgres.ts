import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { Client } from 'pg'
import { inheritedEnvironment } from '../../config.ts'
import type { SupervisorContext } from '../../run/supervision/process-plan.ts'
import { type Supervised, supervise } from '../../run/supervision/processes.ts'
import { embedded } from './embedded-postgres.ts'
import { assertOwn, CLUSTER, provideCluster } from './postgres-cluster.ts'
import { dataFolder, programFolder, type ServerUser, serverUser } from './postgres-user.ts'
import { archiveSettings, makeArchive } from './wal-archive.ts'

export type PostgresOptions = {
  /** Where the data is, or is put at the first start. */
  readonly data: string
  /** The folder in it that is the server's own, made already; without it the usual one, made at the first start. */
  readonly cluster?: string
  /** Where each finished piece of the server's log is copied to. */
  readonly walArchive?: string | undefined
  /** How long it may take to begin; recovery takes as long as there is log. */
  readonly readyWithinMs?: number
  readonly port: number
  /** The administrator's. */
  readonly password: string
  /** False for tests only: a crash of the machine then loses the data. */
  readonly durable: boolean
  /** More settings of the server. */
  readonly settings?: Readonly<Record<string, string>>
  readonly around: SupervisorContext
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
    options.around.say(`Postgres keeps its data in ${data}, as its user cannot reach ${options.data}.`)
  const cluster = path.join(data, options.cluster ?? CLUSTER)
  const isMade = options.cluster !== undefined
  await provideCluster({ folder: cluster, programs, version, user, isMade }, options)
  if (options.walArchive !== undefined) await makeArchive(options.walArchive, user)
  const url = `postgresql://postgres:${options.password}@127.0.0.1:${options.port}/postgres`
  const process = supervise(plan(programs, cluster, url, user, options), options.around)
  await startPatiently(process)
  return { url, process }
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
    // A statement holds names of guests: the postmaster, too, would write the one of a killed session.
    log_error_verbosity: 'terse',
    log_min_error_statement: 'panic',
    ...archiveSettings(options.walArchive),
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
    readyWithinMs: options.readyWithinMs ?? 60_000,
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
