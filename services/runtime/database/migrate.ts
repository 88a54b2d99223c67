import { readFile } from 'node:fs/promises'
import type * as Migrations from '@mikro-orm/migrations'
import { readEnv, text, textOr } from '../process/env.ts'
import { type EntityManager, type MigrationFile, openDatabase } from './database.ts'
import { readDatabaseUrl } from './database-url.ts'
import { markOf, stateOf } from './migration-mark.ts'
import { statementsOf } from './sql/statements.ts'

/** The migrations that every service begins with. */
export const FEED_MIGRATION: MigrationFile = {
  name: '0001-feed',
  file: new URL('sql/feed-tables.sql', import.meta.url),
}

/** What every service's keys of repeated calls have besides, since the build that has it. */
export const KEY_DIGESTS = new URL('sql/key-digests.sql', import.meta.url)

/** Where imports claim their ids: a migration that each service has, under a name in its own order. */
export const IMPORTED_IDS = new URL('sql/imported-ids.sql', import.meta.url)

/** How texts are compared: a migration of the services that compare them. */
export const FOLDING = new URL('sql/folding.sql', import.meta.url)

/** How texts are searched: functions of the services that search them, which have FOLDING. */
export const SEARCHING = new URL('sql/searching.sql', import.meta.url)

/** The functions that every service's database has. */
const OF_EVERY_SERVICE = ['sql/feed.sql', 'sql/take-head.sql'].map((file) => new URL(file, import.meta.url))

type Plan = {
  /** Of all that is made: the one on the owner's search_path. */
  schema: string
  migrations: readonly MigrationFile[]
  /** Functions and triggers: applied again at each migration, after the tables. */
  programs: readonly URL[]
  /** What the service's role may do beyond reading: SQL with :role for its name. */
  grants: string
  /** Rows that exist from the first migration: a statement and its parameters. */
  seed?: (defaultTimeZone: string) => readonly [sql: string, parameters: readonly unknown[]]
}

/** Brings a service's database up to date as its owner, and grants the service's role what it needs. Safe to repeat. */
export async function migrate(plan: Plan, env: NodeJS.ProcessEnv): Promise<void> {
  const settings = readEnv(env, {
    role: ['SERVICE_ROLE', text],
    timeZone: ['DEFAULT_TIME_ZONE', textOr('UTC')],
    inputs: ['MIGRATION_INPUTS', digest],
  })
  const url = readDatabaseUrl(env, 'MIGRATION_DATABASE_URL')
  const { schema, migrations } = plan
  const orm = await openDatabase({ url, entities: [], poolSize: 2, migrating: await migrating(schema, migrations) })
  try {
    await orm.migrator.up()
    const programs = await Promise.all([...OF_EVERY_SERVICE, ...plan.programs].map((file) => readFile(file, 'utf8')))
    const role = `"${settings.role.replaceAll('"', '""')}"`
    await orm.em.transactional(async (em) => {
      const connection = em.getConnection()
      // One lock for all who migrate at once: `create or replace` of one function by two fails with "tuple concurrently updated".
      await connection.execute('select pg_advisory_xact_lock(4711)', [], 'run', em.getTransactionContext())
      for (const sql of [...programs, grantsTo(role, schema, plan.grants)].flatMap(statementsOf)) {
        await connection.execute(sql, [], 'run', em.getTransactionContext())
      }
      if (plan.seed !== undefined) {
        const [sql, parameters] = plan.seed(settings.timeZone)
        await connection.execute(sql, [...parameters], 'run', em.getTransactionContext())
      }
      if (settings.inputs !== '') await mark(em, schema, settings.inputs)
    })
  } finally {
    await orm.close()
  }
}

/** Says of what the schema is made, and how, for whoever asks whether it has to be made anew. */
async function mark(em: EntityManager, schema: string, inputs: string): Promise<void> {
  const run = <Row>(sql: string) => em.getConnection().execute<Row[]>(sql, [], 'all', em.getTransactionContext())
  await run('set local search_path = pg_catalog')
  const [found] = await run<{ state: string }>(stateOf(schema))
  await run(`comment on schema ${schema} is '${markOf(inputs, found?.state ?? '')}'`)
}

/** A SHA-256 in hexadecimal digits; empty when there is none. */
function digest(value: string | undefined): string {
  if (value === undefined || /^[0-9a-f]{64}$/.test(value)) return value ?? ''
  throw new Error('is not a SHA-256: give 64 hexadecimal digits, or nothing')
}

/** The library is loaded here: services import the names of their migrations, and migrate nothing. */
async function migrating(schema: string, migrations: readonly MigrationFile[]) {
  const library = await import('@mikro-orm/migrations')
  return {
    extensions: [library.Migrator],
    migrations: {
      // Without a schema the migrator takes `public`, whatever the search_path.
      tableName: `${schema}.migration`,
      snapshot: false,
      // Each migration in a transaction of its own, so that none holds its locks while another one works.
      allOrNothing: false,
      migrationsList: await Promise.all(migrations.map((migration) => sqlMigration(library, migration))),
    },
  }
}

async function sqlMigration({ Migration }: typeof Migrations, { name, file, inSteps = false, index }: MigrationFile) {
  const sql = await readFile(file, 'utf8')
  return {
    name,
    class: class extends Migration {
      override isTransactional() {
        return !inSteps && index === undefined
      }

      override async up() {
        // One that was interrupted leaves an index that is invalid, and that none of this name may be made beside.
        if (index !== undefined) this.addSql(`drop index concurrently if exists ${index}`)
        this.addSql(sql)
      }
    },
  }
}

function grantsTo(role: string, schema: string, grants: string): string {
  return `
    revoke all on all tables in schema ${schema} from ${role};
    grant usage on schema ${schema} to ${role};
    grant select on all tables in schema ${schema} to ${role};
    grant insert, update on feed_head to ${role};
    grant insert on change to ${role};
    grant insert, delete on idempotency_key, imported_id to ${role};
    ${grants.replaceAll(':role', role)}`
}
