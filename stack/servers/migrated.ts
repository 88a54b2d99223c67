import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { markOf, stateOf } from '@hotel/runtime/database/migration-mark'
import type { Client } from 'pg'
import type { ServiceName } from '../service-names.ts'
import { filesBelow } from '../setup/files-below.mjs'
import { root } from '../setup/run.mjs'

/** A digest of all that the migration of a service's database can depend on: its sources and those of the runtime, and settings. */
export async function inputsOf(service: ServiceName, settings: readonly string[]): Promise<string> {
  runtime ??= sourcesIn('runtime')
  const named = [...(await sourcesIn(service)), ...(await runtime)]
  return createHash('sha256')
    .update(JSON.stringify([settings, named]))
    .digest('hex')
}

/** Read once for the three services: a start is over before it changes. */
let runtime: ReturnType<typeof sourcesIn> | undefined

/** The sources in a folder of `services`, by their names. */
async function sourcesIn(folder: string): Promise<(readonly [name: string, text: string])[]> {
  const files = (await filesBelow(path.join(root, 'services', folder))).filter(isSource)
  return Promise.all(files.map(async (file) => [path.relative(root, file), await readFile(file, 'utf8')] as const))
}

function isSource(file: string): boolean {
  return /\.(sql|ts)$/.test(file) && !file.endsWith('.test.ts')
}

/**
 * Whether the schema of a database is as its last migration has left it, and that was made of these inputs: then to migrate
 * would change nothing. A backup that was restored, a build before that migrated since, and a function or privilege that
 * somebody has changed by hand are found. Rows are not looked at: the hotel and location of the first migration, should somebody have
 * deleted their rows by hand, come back with the next migration only. The connection belongs to this question from now on.
 */
export async function isMigrated(client: Client, schema: string, inputs: string): Promise<boolean> {
  await client.query('set search_path = pg_catalog')
  const { rows } = await client.query<{ mark: string | null; counted: boolean }>(
    `select obj_description(to_regnamespace($1), 'pg_namespace') as mark, to_regclass($1 || '.migration') is not null as counted`,
    [schema],
  )
  const { mark, counted } = rows[0] ?? {}
  if (!counted || mark?.startsWith(markOf(inputs, '')) !== true) return false
  const found = await client.query<{ state: string }>(stateOf(schema))
  return mark === markOf(inputs, found.rows[0]?.state ?? '')
}
