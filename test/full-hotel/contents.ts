import { type ServiceName, serviceNames } from '@hotel/stack/service-names'
import { expect } from '@jest/globals'
import { Client } from 'pg'
import type { Suite } from '../harness/test-suite.ts'
import { eventually } from '../support/hotel.ts'

/** What a service's database holds: a digest of each of its tables. */
export async function contentOf(suite: Suite, service: ServiceName): Promise<Record<string, string>> {
  const tables = await suite.sql<{ name: string }>(
    service,
    `select oid::regclass as name from pg_class where relkind = 'r' and relnamespace::regnamespace::text !~ '^(pg_|information_schema)'`,
  )
  const digests = tables.map(
    ({ name }) => `'${name}', (select md5(string_agg(t::text, ',' order by t::text)) from ${name} t)`,
  )
  const [content] = await suite.sql<{ digests: Record<string, string> }>(
    service,
    `select json_build_object(${digests.join(', ')}) as digests`,
  )
  return content?.digests ?? {}
}

/** The same of all three, once the feeds are followed to their ends. */
export async function settled(suite: Suite): Promise<Record<ServiceName, Record<string, string>>> {
  await followed(suite)
  const contents = []
  for (const name of serviceNames) contents.push([name, await contentOf(suite, name)] as const)
  return Object.fromEntries(contents) as Record<ServiceName, Record<string, string>>
}

/** Resolves when the reservations service has followed all changes of guests and rooms. */
export function followed(suite: Suite): Promise<void> {
  return eventually(async () => {
    const applied = await headsOf(
      suite,
      'reservations',
      'select hotel_id, sum(seq) as seq from replica_cursor group by 1',
    )
    const [guests, rooms] = [await headsOf(suite, 'guests', HEADS), await headsOf(suite, 'rooms', HEADS)]
    for (const hotel of new Set([...guests.keys(), ...rooms.keys()]))
      expect(applied.get(hotel)).toBe((guests.get(hotel) ?? 0) + (rooms.get(hotel) ?? 0))
  })
}

const HEADS = 'select hotel_id, seq from feed_head where seq > 0'

async function headsOf(suite: Suite, service: ServiceName, text: string): Promise<Map<string, number>> {
  const rows = await suite.sql<{ hotel_id: string; seq: string }>(service, text)
  return new Map(rows.map(({ hotel_id, seq }) => [hotel_id, Number(seq)]))
}

/** Locks the feed heads of these hotels in all three databases, as a writer of each does. */
export async function lockedHeads(suite: Suite, hotels: readonly string[]): Promise<AsyncDisposable> {
  await using locks = new AsyncDisposableStack()
  for (const name of serviceNames) {
    const lock = new Client({ connectionString: suite.stack.databaseUrls[name] })
    await lock.connect()
    locks.defer(() => lock.end())
    await lock.query('set idle_in_transaction_session_timeout = 0; set transaction_timeout = 0; begin')
    await lock.query('select 1 from feed_head where hotel_id = any($1) for update', [hotels])
  }
  return locks.move()
}
