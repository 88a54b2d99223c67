/**
 * The ORM writes the values into the text of each statement that it sends, its `execute` too: no plan can be kept, and the server's log
 * shows them. Kysely beneath it binds them, but is not given the manager's signal, whose method is protected.
 *
 * @library @mikro-orm/postgresql 7.2.1
 * @issue https://github.com/mikro-orm/mikro-orm/issues/8001
 */
import type { EntityManager } from '@mikro-orm/postgresql'
import { type AbortableQueryOptions, CompiledQuery } from 'kysely'

/** A statement that a connection plans once, under this name: for what is read so often that planning it counts. */
export type Prepared = { readonly name: string; readonly text: string }

/** Runs one SQL statement with parameters ($1 …) on the manager's transaction or pool and gives its rows. */
export async function query<Row>(
  em: EntityManager,
  sql: string | Prepared,
  parameters: readonly unknown[] = [],
): Promise<Row[]> {
  const abort = (em as unknown as { getAbortOptions(): AbortableQueryOptions | undefined }).getAbortOptions()
  // Kysely hands the statement to `pg` as it is, which takes a named one too; and adds to the object that it is given.
  const statement = typeof sql === 'string' ? sql : ({ ...sql } as unknown as string)
  const { rows } = await em.getKysely().executeQuery<Row>(CompiledQuery.raw(statement, [...parameters]), abort)
  return rows
}
