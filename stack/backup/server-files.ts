import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Client } from 'pg'
import { Problem } from '../setup/problem.mjs'
import { type Part, writePart } from './parts.ts'
import type { Filter } from './run-command.ts'

/** The files of a running server, which its log makes consistent at one point of time for all databases. */
export type ServerFiles = {
  readonly server: Part
  readonly log: Part
  readonly wal: { readonly first: string; readonly last: string }
  readonly time: string
}

/**
 * The files of the running server that are not part of its data: pg_basebackup leaves them out too.
 * https://www.postgresql.org/docs/current/continuous-archiving.html#BACKUP-LOWLEVEL-BASE-BACKUP-DATA
 */
const LEFT_OUT = [
  ...[
    'pg_wal',
    'pg_replslot',
    'pg_dynshmem',
    'pg_notify',
    'pg_serial',
    'pg_snapshots',
    'pg_stat_tmp',
    'pg_subtrans',
  ].map((folder) => `./${folder}/*`),
  ...['postmaster.pid', 'postmaster.opts', 'backup_label*', 'tablespace_map*', 'recovery.signal', 'standby.signal'].map(
    (file) => `./${file}`,
  ),
  './global/pg_control',
  'pgsql_tmp*',
  'pg_internal.init*',
]
const CONTROL = path.join('global', 'pg_control')

/**
 * Copies the server's files while it works: a backup is begun, the files are copied as they come, and the log written
 * meanwhile makes them consistent when they are restored. A replication slot of this session keeps that log.
 */
export async function copyServer(
  client: Client,
  folder: string,
  encrypt: Filter | undefined,
  signal?: AbortSignal,
): Promise<ServerFiles> {
  const cluster = await answerOf(client, `current_setting('data_directory')`)
  const slot = `backup_${process.pid}`
  await client.query('select pg_create_physical_replication_slot($1, true, true)', [slot])
  const first = await answerOf(client, `pg_walfile_name(pg_backup_start('npm run backup', true))`)
  const leftOut = LEFT_OUT.map((pattern) => `--exclude=${pattern}`)
  const server = await writePart(folder, 'server', [...leftOut, '-C', cluster, '.'], { encrypt, live: true, signal })
  // Waiting for the archive would wait for one that is broken: the log is copied here.
  const { rows } = await client.query<{ last: string; labelfile: string; spcmapfile: string; time: Date }>(
    `select pg_walfile_name(lsn) as last, labelfile, spcmapfile, clock_timestamp() as time from pg_backup_stop(false)`,
  )
  const [end] = rows
  if (end === undefined) throw new Error('pg_backup_stop gave no row')
  if (end.spcmapfile) throw new Problem('The server has tablespaces of its own: back it up by pg_basebackup.')
  const log = await copyLog(folder, cluster, { first, last: end.last, label: end.labelfile, encrypt })
  await client.query('select pg_drop_replication_slot($1)', [slot])
  return { server, log, wal: { first, last: end.last }, time: end.time.toISOString() }
}

type Log = {
  readonly first: string
  readonly last: string
  readonly label: string
  readonly encrypt: Filter | undefined
}

async function copyLog(folder: string, cluster: string, { first, last, label, encrypt }: Log): Promise<Part> {
  const names = (await readdir(path.join(cluster, 'pg_wal'))).filter((name) => isSegment(name))
  const wanted = names.filter((name) => name >= first && name <= last).sort()
  if (wanted[0] !== first || wanted.at(-1) !== last)
    throw new Problem(`The server has removed its log from ${first} to ${last}: try again, with less going on.`)
  const beside = path.join(folder, 'beside')
  await mkdir(beside, { mode: 0o700 })
  try {
    await writeFile(path.join(beside, 'backup_label'), label, { mode: 0o600 })
    await mkdir(path.join(beside, path.dirname(CONTROL)))
    await writeFile(path.join(beside, CONTROL), await readControl(path.join(cluster, CONTROL)), { mode: 0o600 })
    const log = wanted.map((name) => path.join('pg_wal', name))
    return await writePart(folder, 'log', ['-C', cluster, ...log, '-C', beside, CONTROL, 'backup_label'], { encrypt })
  } finally {
    await rm(beside, { recursive: true, force: true })
  }
}

/** Whether a file is a piece of the log, and not the history of a timeline. */
function isSegment(name: string): boolean {
  return /^[0-9A-F]{24}$/.test(name)
}

/** The server writes this file in place: it is read until two readings are equal, so that none is of half a write. */
async function readControl(file: string): Promise<Buffer> {
  for (let before = await readFile(file); ; ) {
    await setTimeout(20)
    const now = await readFile(file)
    if (before.equals(now)) return now
    before = now
  }
}

async function answerOf(client: Client, expression: string): Promise<string> {
  const { rows } = await client.query<{ value: string }>(`select ${expression} as value`)
  return rows[0]?.value ?? ''
}
