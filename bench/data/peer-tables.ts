import { administer } from '@hotel/stack/servers/administer'
import { databaseUrl } from '@hotel/stack/servers/provision'
import { type FullHotel, MOST_NUMBER, NEW_STAY_BY_PGBENCH, sqlIdOf, sqlNumberOf } from './house.ts'

/**
 * Tables of the peers' own, in a schema beside the service's: copies of its tables with the rows that are in them, so that a
 * peer writes into as much as the service does. `bare`: the nights under the same EXCLUDE constraint and the reservations,
 * with their primary keys only. `all`: all tables that a create writes, with all of their indexes; no triggers.
 */
export async function makePeerTables(adminUrl: string, sets: readonly PeerSet[] = ['bare', 'all']): Promise<void> {
  await administer(databaseUrl(adminUrl, 'reservations'), async (client) => {
    await client.query(COPY_TABLE)
    for (const set of sets)
      for (const table of TABLES[set]) {
        const indexed = set === 'all' ? ['p', 'u', 'x'] : ['p', 'x']
        await client.query(`select peer.copy_table($1, $2, $3, $4)`, [table, `${set}_${table}`, indexed, set === 'all'])
      }
    await client.query('vacuum analyze')
  })
}

export type PeerSet = 'bare' | 'all'

const TABLES: Readonly<Record<PeerSet, readonly string[]>> = {
  bare: ['occupancy', 'reservation'],
  all: ['feed_head', 'occupancy', 'reservation', 'change', 'current_and_upcoming', 'view_head', 'idempotency_key'],
}

/** The rows first and the indexes then, which is much faster. */
const COPY_TABLE = `create schema if not exists peer;
create or replace function peer.copy_table(source regclass, target text, constraints text[], indexed boolean) returns void
language plpgsql as $$
declare
  columns text;
  definition text;
begin
  execute format('drop table if exists peer.%I', target);
  execute format('create table peer.%I (like %s including defaults including constraints including generated
    including storage)', target, source);
  select string_agg(quote_ident(a.attname), ', ') into columns from pg_attribute a
    where a.attrelid = source and a.attnum > 0 and not a.attisdropped and a.attgenerated = '';
  execute format('insert into peer.%I (%s) select %s from %s', target, columns, columns, source);
  for definition in
    select pg_get_constraintdef(c.oid) from pg_constraint c
    where c.conrelid = source and c.contype::text = any(constraints)
  loop
    execute format('alter table peer.%I add %s', target, definition);
  end loop;
  for definition in
    select regexp_replace(pg_get_indexdef(i.indexrelid), 'INDEX \\S+ ON \\S+', format('INDEX ON peer.%I', target))
    from pg_index i
    where indexed and i.indrelid = source and not exists (select from pg_constraint c where c.conindid = i.indexrelid)
  loop
    execute definition;
  end loop;
end $$`

/** The variables that the scripts need, beside those that say where to begin. */
export function peerVariables({ rooms, guests, slots }: FullHotel, clients: number) {
  return { rooms, guests, slots, clients, n: 0 }
}

/** The number after the last new stay that a peer has made itself; 0 before the first. */
export async function nextOfPeer(adminUrl: string, set: PeerSet): Promise<number> {
  return administer(databaseUrl(adminUrl, 'reservations'), async (client) => {
    const { rows } = await client.query<{ next: string }>(
      `select coalesce(max(${sqlNumberOf('id')}) + 1, 0) as next
       from peer.${set}_reservation where id between ${sqlIdOf('peer', '0')} and ${sqlIdOf('peer', String(MOST_NUMBER))}`,
    )
    return Number(rows[0]?.next)
  })
}

/** Numbers of a client's own, one after another: `i`, and from it the room and the day. */
const NEXT = `\\set n :n + 1
\\set i :from + (:n - 1) * :clients + :client_id
${NEW_STAY_BY_PGBENCH}
`

/** One transaction of the two inserts. */
export function bareScript(house: FullHotel): string {
  const { occupancy, reservation } = inserts(house, 'bare')
  return `${NEXT}begin;\n${occupancy};\n${reservation};\ncommit;\n`
}

/** One transaction with all rows that a create makes: under the hotel's head, the change, the row of the view, the key. */
export function allScript(house: FullHotel): string {
  const { hotel } = house
  const { occupancy, reservation, id } = inserts(house, 'all')
  return `${NEXT}begin;
update peer.all_feed_head set seq = seq + 1, time = clock_timestamp() where hotel_id = '${hotel}' returning seq as seq \\gset
${occupancy};
with made as (${reservation} returning *)
insert into peer.all_change (hotel_id, seq, resource, id, version, kind, actor, time, payload)
select m.hotel_id, :seq, 'reservation', m.id, 1, 'CREATED', 'bench', m.update_time, to_jsonb(m) from made m;
insert into peer.all_current_and_upcoming (hotel_id, id, location_id, in_date, out_date, status, guest_id, first_name,
  last_name, rooms, room_numbers)
select r.hotel_id, r.id, r.location_id, r.in_date, r.out_date, r.status, r.guest_id, g.first_name, g.last_name, r.rooms,
  array[m.number]
from peer.all_reservation r
join guest g on g.hotel_id = r.hotel_id and g.id = r.guest_id
join room m on m.hotel_id = r.hotel_id and m.id = r.rooms[1]
where r.hotel_id = '${hotel}' and r.id = ${id};
update peer.all_view_head set seq = seq + 1 where hotel_id = '${hotel}';
insert into peer.all_idempotency_key (hotel_id, caller, key, method, request_hash, request_digest, change_hotel_id,
  change_seq, create_time)
values ('${hotel}', 'bench', 'key-' || :i::bigint, 'CreateReservation', sha256('request'), sha256('digest'), '${hotel}', :seq, now());
commit;
`
}

function inserts({ hotel, location, today }: FullHotel, set: PeerSet) {
  const id = sqlIdOf('peer', ':i')
  const room = sqlIdOf('room', ':room')
  const first = `date '${today}' + :day::int`
  return {
    id,
    occupancy: `insert into peer.${set}_occupancy (hotel_id, holder_id, room_id, in_date, out_date, holder)
values ('${hotel}', ${id}, ${room}, ${first}, ${first} + 2, 'RESERVATION')`,
    reservation: `insert into peer.${set}_reservation (hotel_id, id, location_id, in_date, out_date, status, guest_id, rooms,
  create_time, update_time, updated_by)
values ('${hotel}', ${id}, '${location}', ${first}, ${first} + 2, 'PENDING', ${sqlIdOf('guest', 'mod(:i::bigint, :guests::bigint)')},
  array[${room}], now(), now(), 'bench')`,
  }
}
