import type { Client } from 'pg'
import { migrationsOf } from '../backup/choose.ts'
import { administer } from '../servers/administer.ts'
import { type ServiceName, serviceNames } from '../service-names.ts'
import { type Bounds, clockFinding, type Finding, type Target, usualBounds } from './finding.ts'

const KEPT_BYTES = 1_073_741_824
/** Postgres itself begins to warn at about 2.1 billion. */
const OLD_TRANSACTIONS = 1_500_000_000

/** What is wrong with the databases and their servers. */
export async function lookAtDatabases({ databaseUrls, bounds }: Target): Promise<Finding[]> {
  const found = await Promise.all(
    serviceNames.map((service) =>
      administer(databaseUrls[service] ?? '', (client) =>
        lookAtDatabase(client, service, { ...usualBounds, ...bounds }),
      ).catch((error: Error): Finding[] => [
        {
          about: service,
          wrong: `its database cannot be asked (${error.message})`,
          remedy: 'start the server, or correct DATABASE_URL or POSTGRES_PORT',
        },
      ]),
    ),
  )
  // One server has all three, as a rule: what is said of it is said once.
  const all = found.flat()
  return [...new Map(all.map((each) => [JSON.stringify(each), each])).values()]
}

async function lookAtDatabase(client: Client, service: ServiceName, bounds: Bounds): Promise<Finding[]> {
  const looks = [clock, migrations, invalidIndexes, longTransactions, stuckLocks, connections, archiver, slots, old]
  const found: Finding[] = []
  for (const look of looks) found.push(...(await look(client, service, bounds)))
  return found
}

type Look = (client: Client, service: ServiceName, bounds: Bounds) => Promise<Finding[]>

const clock: Look = async (client) => {
  const asked = Date.now()
  const { rows } = await client.query<{ now: Date }>('select clock_timestamp() as now')
  const ours = (asked + Date.now()) / 2
  return clockFinding('Postgres', rows[0]?.now.getTime() ?? ours, ours)
}

const migrations: Look = async (client, service) => {
  const { rows } = await client.query<{ name: string }>('select name from migration')
  const applied = new Set(rows.map(({ name }) => name))
  const known = await migrationsOf(service)
  const pending = known.filter((name) => !applied.has(name))
  const newer = [...applied].filter((name) => !known.includes(name))
  return [
    ...finding(pending.length > 0, {
      about: service,
      wrong: `its database lacks the migrations ${pending.join(', ')}`,
      remedy: `restart the suite, which migrates, or run \`node stack/servers/prepare-database.ts ${service}\``,
    }),
    ...finding(newer.length > 0, {
      about: service,
      wrong: `its database has the migrations ${newer.join(', ')}, which this checkout does not know`,
      remedy: 'look from the checkout of the build that runs; an older one must not write there for long',
    }),
  ]
}

const invalidIndexes: Look = async (client, service) => {
  const { rows } = await client.query<{ name: string }>(
    `select indexrelid::regclass::text as name from pg_index where not indisvalid
     and not exists (select from pg_stat_progress_create_index p where p.index_relid = indexrelid) order by 1`,
  )
  return rows.map(({ name }) => ({
    about: service,
    wrong: `the index ${name} is invalid: its making was interrupted`,
    remedy: `\`reindex index concurrently ${name}\` in the database ${service}`,
  }))
}

const longTransactions: Look = async (client, service, bounds) => {
  const { rows } = await client.query<{ pid: number; role: string; seconds: number; state: string }>(
    `select pid, coalesce(usename, backend_type) as role, state, extract(epoch from now() - xact_start)::int as seconds
     from pg_stat_activity where datname = current_database() and backend_type = 'client backend'
     and xact_start < now() - make_interval(secs => $1) and pid <> pg_backend_pid()`,
    [bounds.transactionSeconds],
  )
  return rows.map(({ pid, role, seconds, state }) => ({
    about: service,
    wrong: `a transaction of ${role} is open for ${seconds} s (${state}, process ${pid}): it keeps dead rows and may hold locks`,
    remedy: `end what began it, or \`select pg_terminate_backend(${pid})\``,
  }))
}

const stuckLocks: Look = async (client, service, bounds) => {
  const { rows } = await client.query<{ blocker: number; role: string; waiting: number; seconds: number }>(
    `select blocker, (select coalesce(usename, backend_type) from pg_stat_activity b where b.pid = blocker) as role,
       count(*)::int as waiting, max(extract(epoch from clock_timestamp() - l.waitstart))::int as seconds
     from pg_locks l join pg_stat_activity a using (pid), unnest(pg_blocking_pids(l.pid)) as blocker
     where not l.granted and a.datname = current_database() and l.waitstart < clock_timestamp() - make_interval(secs => $1)
     and not exists (select from pg_locks w where w.pid = blocker and not w.granted)
     group by blocker order by waiting desc limit 5`,
    [bounds.lockSeconds],
  )
  return rows.map(({ blocker, role, waiting, seconds }) => ({
    about: service,
    wrong: `${waiting} wait up to ${seconds} s for a lock of process ${blocker} (${role})`,
    remedy: `end what began it, or \`select pg_terminate_backend(${blocker})\``,
  }))
}

const connections: Look = async (client, _, bounds) => {
  const { rows } = await client.query<{ used: number; most: number }>(
    `select count(*)::int as used, current_setting('max_connections')::int as most from pg_stat_activity
     where backend_type = 'client backend'`,
  )
  const { used, most } = rows[0] ?? { used: 0, most: 1 }
  return finding(used >= most * bounds.connections, {
    about: 'Postgres',
    wrong: `${used} of ${most} connections are in use`,
    remedy: 'raise max_connections, run fewer instances (25 each), or end those of others (pg_stat_activity)',
  })
}

const archiver: Look = async (client) => {
  const { rows } = await client.query<{ failing: boolean; wal: string | null }>(
    `select last_failed_wal as wal, coalesce(last_failed_time > coalesce(last_archived_time, '-infinity'), false) as failing
     from pg_stat_archiver where current_setting('archive_mode') <> 'off'`,
  )
  return finding(rows[0]?.failing === true, {
    about: 'Postgres',
    wrong: `the log is not archived since ${rows[0]?.wal}: pg_wal grows until the disk is full`,
    remedy: "make the folder WAL_ARCHIVE writable for the server's user and free room there",
  })
}

const slots: Look = async (client) => {
  const { rows } = await client.query<{ name: string; bytes: string }>(
    `select slot_name as name, pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::text as bytes
     from pg_replication_slots where not active and pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) > $1`,
    [KEPT_BYTES],
  )
  return rows.map(({ name, bytes }) => ({
    about: 'Postgres',
    wrong: `the replication slot ${name}, which nobody reads, keeps ${bytes} bytes of log`,
    remedy: `start its standby, or \`select pg_drop_replication_slot('${name}')\``,
  }))
}

const old: Look = async (client, service) => {
  const { rows } = await client.query<{ age: number }>(
    'select age(datfrozenxid) as age from pg_database where datname = current_database()',
  )
  return finding((rows[0]?.age ?? 0) > OLD_TRANSACTIONS, {
    about: service,
    wrong: `its database was not frozen for ${rows[0]?.age} transactions; at 2.1 billion writes stop`,
    remedy: 'end long transactions and slots that are not read, then `vacuum (freeze)`',
  })
}

function finding(isWrong: boolean, what: Finding): Finding[] {
  return isWrong ? [what] : []
}
