import { type EntityManager, MikroORM, type Options } from '@mikro-orm/postgresql'
import { type AbortableQueryOptions, CompiledQuery } from 'kysely'
import type { ClientBase, Pool } from 'pg'
import { notFound } from '../resource/refusal.ts'
import { showPool } from '../telemetry/pool-metrics.ts'
import { traceStatements } from '../telemetry/statements.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { quietWhenAborted } from './abort.ts'
import { connectionOf } from './database-url.ts'
import { releaseLostConnections } from './pool.ts'

export type { EntityManager, MikroORM }

/**
 * A migration: its name, which orders and remembers it, and its SQL. One that is `inSteps` is one statement that commits by
 * itself, may be interrupted, and then begins anew.
 */
export type MigrationFile = { readonly name: string; readonly file: URL; readonly inSteps?: boolean }

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
  const { connectionString, ssl } = connectionOf(options.url)
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
      application_name: 'hotel',
      onConnect: planProbes,
      onPoolCreated(pool: Pool) {
        releaseLostConnections(pool)
        if (options.telemetry !== undefined) observePool(pool, options.telemetry)
      },
    },
    findOneOrFailHandler: (entity, where) => notFound(snakeCase(entity), String((where as { id?: unknown }).id ?? '')),
    ...options.migrating,
  }
  // `init` loads each library of the ORM's that is installed, the migrator too, whether it is named or not.
  return options.migrating === undefined ? new MikroORM(settings) : MikroORM.init(settings)
}

/** RoomType, an entity, is room_type to callers. */
function snakeCase(name: string): string {
  return name.replaceAll(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase()
}

/**
 * A prepared statement keeps its plan, and one that was made while a table was small may read all of it: also when it has
 * grown, until the table is analyzed anew. What an index can find is found by it, however few rows there are.
 */
async function planProbes(client: ClientBase): Promise<void> {
  await client.query('set enable_seqscan = off')
}

function observePool(pool: Pool, { metrics, tracing }: Telemetry): void {
  showPool(pool, metrics.registry)
  if (tracing !== undefined) pool.on('connect', traceStatements)
}

/** A statement that a connection plans once, under this name: for what is read so often that planning it counts. */
export type Prepared = { readonly name: string; readonly text: string }

/**
 * Runs one SQL statement with parameters ($1 …) on the manager's transaction or pool and gives its rows. The ORM's own
 * `execute` writes values into the text, which then shows in the server's log.
 */
export async function query<Row>(
  em: EntityManager,
  sql: string | Prepared,
  parameters: readonly unknown[] = [],
): Promise<Row[]> {
  // The manager hands its signal to its own queries only; the method that tells it is protected.
  const abort = (em as unknown as { getAbortOptions(): AbortableQueryOptions | undefined }).getAbortOptions()
  // Kysely hands the statement to `pg` as it is, which takes a named one too; and adds to the object that it is given.
  const statement = typeof sql === 'string' ? sql : ({ ...sql } as unknown as string)
  const { rows } = await em.getKysely().executeQuery<Row>(CompiledQuery.raw(statement, [...parameters]), abort)
  return rows
}

/** A manager for one call: when the call is cancelled, its query is cancelled in the database too. */
export function forkFor(orm: MikroORM, signal: AbortSignal): EntityManager {
  return orm.em.fork({ signal, inflightQueryAbortStrategy: 'cancel query' })
}
