/**
 * Statements are sent without waiting for the answers of those before only on connections that are made for it, for good; those of a pool
 * that others use too cannot be switched. This switches the field that `pg` reads at each statement.
 *
 * @library pg 8.23.1
 * @issue https://github.com/brianc/node-postgres/issues/2646
 */
import type { PoolClient } from 'pg'

/** Switches the pipeline mode of a connection, on which no statement is under way. */
export function setPipeline(client: PoolClient, on: boolean): void {
  Object.assign(client, { pipeline: on })
}
