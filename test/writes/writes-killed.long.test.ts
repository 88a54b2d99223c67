import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { Metadata } from 'nice-grpc'
import { Client } from 'pg'
import { type Suite, startSuite } from '../harness/test-suite.ts'
import { day, demandViewIsTrue, eventually, freshNumber } from '../support/hotel.ts'

const WRITES = 12
/** Of the lock that a write of a reservation waits for once its rows are written. */
const LOCK = 4711

let suite: Suite
let guest: string
beforeAll(async () => {
  suite = await startSuite({ ownPostgres: true, gateway: false })
  guest = (await suite.guests.createGuest({ first_name: 'Ada' })).id
  await suite.sql(
    'reservations',
    `create function halt() returns trigger language plpgsql set lock_timeout = 0 as $$
     begin
       perform pg_advisory_xact_lock_shared(${LOCK});
       return null;
     end $$`,
  )
  await suite.sql(
    'reservations',
    'create trigger halt after update on reservation for each statement execute function halt()',
  )
})
afterAll(async () => {
  await suite?.[Symbol.asyncDispose]()
})

const victims = {
  'the service': () => suite.stack.services.reservations,
  Postgres: () => suite.stack.postgres?.process,
}

test.each(['the service', 'Postgres'] as const)(
  '%s is killed in the middle of a transaction that writes share: each is made whole, once, by its repeat',
  async (victim) => {
    const stays = await Promise.all(Array.from({ length: WRITES }, newStay))
    const write = (id: string) =>
      suite.reservations.updateReservation(
        { id, note: victim },
        { metadata: Metadata({ 'idempotency-key': `${victim.replace(' ', '-')}-${id}` }) },
      )
    const lock = await halted()
    const ended = Promise.allSettled(stays.map(write))
    await eventually(async () => expect(await halting()).toBeGreaterThan(0))
    await victims[victim]()?.kill('SIGKILL')
    await lock.end().catch(() => undefined)
    // None was acknowledged, as none had been committed.
    expect((await ended).map(({ status }) => status)).toEqual(stays.map(() => 'rejected'))
    await victims[victim]()?.start()
    for (const id of stays) await eventually(() => write(id))
    const rows = await eventually(() =>
      suite.sql<{ version: number; note: string; changes: number }>(
        'reservations',
        `select version, note, (select count(*)::int from change c where c.id = r.id and c.version > 1) as changes
         from reservation r where id = any($1)`,
        [stays],
      ),
    )
    expect(rows).toEqual(stays.map(() => ({ version: 2, note: victim, changes: 1 })))
    await demandViewIsTrue(suite)
  },
  60_000,
)

async function newStay(): Promise<string> {
  const { id: room } = await suite.rooms.createRoom({ number: freshNumber() })
  return (await suite.reservations.createReservation({ guest, room, in_date: day(1), out_date: day(2) })).id
}

/** Has the lock until the connection ends. */
async function halted(): Promise<Client> {
  const lock = new Client({ connectionString: suite.adminUrl('reservations') })
  lock.on('error', () => undefined)
  await lock.connect()
  await lock.query('select pg_advisory_lock($1)', [LOCK])
  return lock
}

async function halting(): Promise<number> {
  const rows = await suite.sql(
    'reservations',
    `select from pg_stat_activity where datname = current_database() and wait_event = 'advisory'`,
  )
  return rows.length
}
