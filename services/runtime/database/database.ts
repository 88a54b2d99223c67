import { type EntityManager, MikroORM, type Options } from '@mikro-orm/postgresql'
import type { ClientBase, Pool } from 'pg'
import { notFound } from '../errors/refusal.ts'
import { snakeCase } from '../errors/snake-case.ts'
import { quietWhenAborted } from '../library-patches/kysely/aborted-statements.ts'
import { closingWhenIdle } from '../library-patches/kysely/closing.ts'
import { releaseLostConnections } from '../library-patches/kysely/lost-connections.ts'
import { showPool } from '../telemetry/pool-metrics.ts'
import { traceStatements } from '../telemetry/statements.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { connectionOf } from './database-url.ts'

export { type Prepared, query } from '../library-patches/mikro-orm/bound-parameters.ts'
export type { EntityManager, MikroORM }

/**
 * A migration: its name, which orders and remembers it, and its SQL. One that is `inSteps` is one statement that commits by
 * itself, may be interrupted, and then begins anew. One with the name of an `index` is one `create index concurrently` of it:
 * writers go on meanwhile.
 */
export type MigrationFile = {
  readonly name: string
  readonly file: URL
  readonly inSteps?: boolean
  readonly index?: string
}

/** Connections of a service's pool: fourteen at most are used under feed heads (resource/under-head.ts), the rest is for reads. */
export const CONNECTIONS = 20

type DatabaseOptions = {
  url: string
  entities: NonNullable<Options['entities']>
  /** For who migrates; a service does not even load the migrator. */
  migrating?: Pick<Options, 'extensions' | 'migrations'>
  poolSize?: number
  /** Shows the pool and the statements of calls. */
  telemetry?: Telemetry
}

/** Opens a service's database through the ORM; nothing is migrated. */
export async function openDatabase(options: DatabaseOptions): Promise<MikroORM> {
  // The ORM passes over what the URL says of TLS.
  const { connectionString, ssl, stream, hosts } = connectionOf(options.url)
  let made: Pool | undefined
  const settings: Options = {
    clientUrl: connectionString,
    entities: options.entities,
    // The tables are made by SQL, and `find` needs no discovery of what is not there.
    discovery: { warnWhenNoEntities: false },
    forceUtcTimezone: true,
    onCreateConnection: quietWhenAborted,
    pool: { min: 0, max: options.poolSize ?? CONNECTIONS },
    driverOptions: {
      connectionTimeoutMillis: 5_000,
      ssl,
      ...(stream !== undefined && { stream }),
      application_name: 'hotel',
      async onConnect(client: ClientBase) {
        await hosts?.demandPrimary(client)
        await planProbes(client)
      },
      onPoolCreated(pool: Pool) {
        made = pool
        releaseLostConnections(pool)
        if (options.telemetry !== undefined) observePool(pool, options.telemetry)
      },
    },
    findOneOrFailHandler: (entity, where) => notFound(snakeCase(entity), String((where as { id?: unknown }).id ?? '')),
    ...options.migrating,
  }
  // `init` loads each library of the ORM's that is installed, the migrator too, whether it is named or not.
  const orm = options.migrating === undefined ? new MikroORM(settings) : await MikroORM.init(settings)
  return closingWhenIdle(orm, () => made)
}

/**
 * A prepared statement keeps its plan, and one that was made while a table was small may read all of it: also when it has
 * grown, until the table is analyzed anew. What an index can find is found by it, however few rows there are.
 */
export async function planProbes(client: ClientBase): Promise<void> {
  await client.query('set enable_seqscan = off')
}

function observePool(pool: Pool, { metrics, tracing }: Telemetry): void {
  showPool(pool, metrics.registry)
  if (tracing !== undefined) pool.on('connect', traceStatements)
}

/** A manager for one call: when the call is cancelled, its query is cancelled in the database too. */
export function forkFor(orm: MikroORM, signal: AbortSignal): EntityManager {
  return orm.em.fork({ signal, inflightQueryAbortStrategy: 'cancel query' })
}
