import type { ServiceName } from '@hotel/stack/service-names'
import { expect } from '@jest/globals'
import { Client } from 'pg'
import type { Suite } from '../harness/test-suite.ts'
import { eventually } from './hotel.ts'

/** Keeps the writers of all hotels of a service waiting for as long as `act` takes, or whom else the statement locks out. */
export async function whileLocked(
  suite: Suite,
  service: ServiceName,
  act: () => Promise<void>,
  statement = 'select 1 from feed_head for update',
): Promise<void> {
  const lock = new Client({ connectionString: suite.stack.databaseUrls[service] })
  await lock.connect()
  try {
    await lock.query('set idle_in_transaction_session_timeout = 0')
    await lock.query('set transaction_timeout = 0')
    await lock.query(`begin; ${statement}`)
    await act()
    await lock.query('rollback')
  } finally {
    await lock.end()
  }
}

/** The statements of a service's database that wait for this, once one does. */
export function waiting(suite: Suite, service: ServiceName, event: 'Lock' | 'PgSleep'): Promise<string[]> {
  return eventually(async () => {
    const statements = await waitingNow(suite, service, event)
    expect(statements).not.toEqual([])
    return statements
  })
}

/** Resolves when no statement of a service's database waits for a lock any more. */
export async function noneWaiting(suite: Suite, service: ServiceName): Promise<void> {
  await eventually(async () => expect(await waitingNow(suite, service, 'Lock')).toEqual([]))
}

async function waitingNow(suite: Suite, service: ServiceName, event: string): Promise<string[]> {
  const sql = `select query from pg_stat_activity
    where datname = current_database() and $1 in (wait_event_type, wait_event)`
  const rows = await suite.sql<{ query: string }>(service, sql, [event])
  return rows.map(({ query }) => query)
}

/** Takes the row of a reservation and, once a call waits for it, the head that this call has taken: a deadlock of the call. */
export async function crossLock(suite: Suite, id: string): Promise<{ crossed: Promise<unknown> }> {
  const crossed = suite.sql(
    'reservations',
    `do $$ begin
       set local deadlock_timeout = '20s';
       perform 1 from reservation where id = '${id}' for update;
       while not exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock') loop
         perform pg_sleep(0.02);
         perform pg_stat_clear_snapshot();
       end loop;
       perform 1 from feed_head for update;
     end $$`,
  )
  await waiting(suite, 'reservations', 'PgSleep')
  return { crossed }
}
