import { GetGuestRequest } from '@hotel/proto/hotel/guests/v1/guests'
import { administer } from '@hotel/stack/servers/administer'
import { databaseUrl } from '@hotel/stack/servers/provision'
import { sqlIdOf } from '../data/house.ts'
import { startBenchSuite } from '../data/suite.ts'
import type { Figure, Side } from '../frame/figure.ts'
import { ghzSide, pgbenchSide } from '../load/sides.ts'
import { startPeer } from '../peers/start.ts'
import type { Run } from '../run.ts'

const GROUP = 128

/** What the machine can do at all, which no design passes: commits, rows, and calls of a process that does nothing. */
export async function alone(run: Run): Promise<void> {
  await using suite = await startBenchSuite({ gateway: false, redis: false })
  await using echo = await startPeer('echo', suite.stack.dataDir)
  const url = databaseUrl(suite.adminUrl, 'reservations')
  const postgres = { postgres: [suite.stack.postgres?.process.pid ?? 0] }
  await administer(url, (client) => client.query(TABLES))
  const pg = (name: string, clients: number, script: string, perTransaction = 1): Side => {
    const side = pgbenchSide(name, clients, () => ({ url, script, clients }), postgres)
    return {
      ...side,
      async round(seconds) {
        const round = await side.round(seconds)
        return { ...round, value: round.value * perTransaction, calls: round.calls * perTransaction }
      },
    }
  }
  const figure = (each: Omit<Figure, 'comparisons'>) => run.figure({ ...each, comparisons: [] })
  const commit = 'insert into peer.written values (1);'
  await figure({
    name: 'limit-commits',
    title: 'Commits that are on the disk, of a row without an index',
    unit: 'commits/s',
    durability: suite.durability,
    sides: [pg('one client', 1, commit), pg('32 clients', 32, commit)],
  })
  await figure({
    name: 'limit-rows',
    title: `Nights in groups of ${GROUP}, one group a transaction, one client`,
    unit: 'rows/s',
    durability: suite.durability,
    sides: [
      pg('under the EXCLUDE constraint and the primary key', 1, `select peer.hold_group(${GROUP});`, GROUP),
      pg('under the primary key alone', 1, `select peer.write_group(${GROUP});`, GROUP),
    ],
  })
  const load = {
    address: echo.address,
    method: 'hotel.guests.v1.GuestService.GetGuest',
    requests: [GetGuestRequest.encode({ id: 'none' }).finish()],
    metadata: {},
  }
  await figure({
    name: 'limit-echo',
    title: 'Calls of a process of nice-grpc that does nothing',
    unit: 'calls/s',
    sides: [1, 32, 128].map((inFlight) =>
      ghzSide(inFlight === 1 ? 'one client' : `${inFlight} in flight`, { ...load, inFlight }, { service: [echo.pid] }),
    ),
  })
}

/** Two nights in each of 2,000 rooms, then the next two. */
const TABLES = `create schema peer;
create table peer.written (n int);
create sequence peer.written_group;
create table peer.held (like occupancy including all);
create table peer.kept (like occupancy including defaults including constraints including generated);
alter table peer.kept add primary key (hotel_id, holder_id, room_id, in_date);
create function peer.group_rows(size int) returns table (hotel_id uuid, holder_id uuid, room_id uuid, in_date date, out_date date, holder text)
language sql as $$
  select '00000000-0000-7000-8000-000000000001'::uuid, uuidv7(),
    ${sqlIdOf('room', 'n % 2000')}, d, d + 2, 'RESERVATION'
  from (select nextval('peer.written_group') * size as first) g, generate_series(g.first, g.first + size - 1) n,
    lateral (select date '2030-01-01' + (n / 2000 * 3)::int as d) at
$$;
create function peer.hold_group(size int) returns void language sql as $$
  insert into peer.held (hotel_id, holder_id, room_id, in_date, out_date, holder)
  select * from peer.group_rows(size) on conflict do nothing
$$;
create function peer.write_group(size int) returns void language sql as $$
  insert into peer.kept (hotel_id, holder_id, room_id, in_date, out_date, holder) select * from peer.group_rows(size)
$$`
