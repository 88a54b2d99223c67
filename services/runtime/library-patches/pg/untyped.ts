/**
 * What a connection and a statement take is more than their types say: a connection knows which statements it has prepared, sends their
 * parts one by one without the arguments that the types demand, and a statement may have a time limit of its own.
 *
 * @library @types/pg 8.23.1
 * @issue none found
 */
import type { Connection, QueryConfig } from 'pg'

/** What a connection of `pg` sends by. */
type Wire = Pick<Connection, 'stream' | 'sync'> & {
  /** The texts of the statements that are prepared, by name. */
  readonly parsedStatements: Readonly<Record<string, string>>
  parse(statement: { name: string; text: string }): void
  bind(to: { statement: string; values: (string | null)[] }): void
  execute(): void
}

/** A connection as what sends the parts of a statement. */
export function wireOf(connection: Connection): Wire {
  return connection as unknown as Wire
}

/** A statement that fails when it has no answer within this time. */
export function within(milliseconds: number, statement: QueryConfig): QueryConfig {
  return { ...statement, query_timeout: milliseconds } as QueryConfig
}
