import { administer } from '@hotel/stack/servers/administer'
import { databaseUrl } from '@hotel/stack/servers/provision'
import type { Client } from 'pg'
import type { Check } from '../frame/figure.ts'
import { type FullHotel, NEW_NIGHTS, sqlIdOf, sqlNewDay } from './house.ts'

/** Creates that were sent with a key each, which ends with the number of the call. */
export type SentCreates = {
  /** What the keys begin with. */
  readonly keys: string
  /** The number of the new stay that the first of them asked for. */
  readonly first: number
  readonly sent: number
  readonly acknowledged: number
  readonly stays: SentStays
}

/** Which stay a call asked for, in SQL by its number: the room, and the first of NEW_NIGHTS nights. */
export type SentStays = { readonly room: (n: string) => string; readonly first: (n: string) => string }

/** The new stays of a house. */
export function newStaysOf(house: FullHotel): SentStays {
  return {
    room: (n) => sqlIdOf('room', `${n} % ${house.rooms}`),
    first: (n) => `date '${house.today}' + ${sqlNewDay(n, house)}`,
  }
}

/** Looks at what creates left behind: each one that was acknowledged is there with its nights, and all else is as it must be. */
export async function checkHistory(adminUrl: string, creates: readonly SentCreates[]): Promise<readonly Check[]> {
  const there = await administer(databaseUrl(adminUrl, 'reservations'), (client) =>
    acknowledgedAreThere(client, creates),
  )
  return [there, ...(await checkState(adminUrl))]
}

/** Looks at the tables alone: no room is held twice, the view is what it must be, and the feed has no gap. */
export async function checkState(adminUrl: string): Promise<readonly Check[]> {
  return administer(databaseUrl(adminUrl, 'reservations'), async (client) => [
    await nobodyOverlaps(client),
    await nightsAreThoseOfReservations(client),
    await viewIsRight(client),
    await feedHasNoGap(client),
  ])
}

/** As many as were acknowledged, each in the room and for the nights that its call asked for. */
async function acknowledgedAreThere(client: Client, creates: readonly SentCreates[]): Promise<Check> {
  // All at once, in this order: the planner may know nothing yet of tables that have grown just now.
  await client.query(
    `analyze idempotency_key, change, reservation, occupancy;
     set join_collapse_limit = 1;
     create temp table made as select split_key[1] as keys, split_key[2]::bigint as n, r.rooms, r.in_date, r.out_date
     from idempotency_key i
     join change c on c.hotel_id = i.change_hotel_id and c.seq = i.change_seq and c.resource = 'reservation'
     join reservation r on r.hotel_id = c.hotel_id and r.id = c.id and r.delete_time is null
     join occupancy o on o.hotel_id = r.hotel_id and o.holder_id = r.id and o.holder = 'RESERVATION'
       and o.room_id = r.rooms[1] and o.in_date = r.in_date and o.out_date = r.out_date
     cross join regexp_match(i.key, '^(.*-)([0-9]+)$') as split_key
     where split_key is not null;
     create index on made (keys);
     analyze made`,
  )
  const wrong: string[] = []
  for (const { keys, first, sent, acknowledged, stays } of creates) {
    const number = `(${first} + m.n)`
    const { rows } = await client.query<{ made: string }>(
      `select count(*) as made from made m
       where m.keys = $1 and m.rooms = array[${stays.room(number)}] and m.in_date = ${stays.first(number)}
         and m.out_date = m.in_date + ${NEW_NIGHTS}`,
      [keys],
    )
    const made = Number(rows[0]?.made)
    // What was not answered well may have been made all the same.
    if (made < acknowledged || made > sent)
      wrong.push(`of ${keys}… ${made} are there, ${acknowledged} were acknowledged`)
  }
  const all = creates.reduce((sum, { acknowledged }) => sum + acknowledged, 0)
  return check('every acknowledged reservation is there', wrong.length === 0, wrong.join('; ') || `all ${all}`)
}

/** Neighbours in the order of their first nights, against the last night of all before: not what the constraint compares. */
async function nobodyOverlaps(client: Client): Promise<Check> {
  const { rows } = await client.query<{ overlaps: string }>(
    `with night as (
       select r.hotel_id, u.room, r.in_date, greatest(r.out_date, r.in_date + 1) as out_date
       from reservation r, unnest(r.rooms) as u (room)
       where r.delete_time is null and (r.hold_until is null or r.hold_until > now())
     )
     select count(*) as overlaps from (
       select in_date < max(out_date) over (partition by hotel_id, room order by in_date, out_date
         rows between unbounded preceding and 1 preceding) as overlaps from night) o
     where o.overlaps`,
  )
  return none('no two reservations overlap', rows[0]?.overlaps)
}

async function nightsAreThoseOfReservations(client: Client): Promise<Check> {
  const { rows } = await client.query<{ wrong: string }>(
    `select count(*) as wrong from (
       select hotel_id, holder_id, room_id from occupancy where holder = 'RESERVATION'
     ) o full join (
       select r.hotel_id, r.id, u.room from reservation r, unnest(r.rooms) as u (room) where r.delete_time is null
     ) r on r.hotel_id = o.hotel_id and r.id = o.holder_id and r.room = o.room_id
     where r.id is null or o.holder_id is null`,
  )
  return none('the nights held are those of the reservations', rows[0]?.wrong)
}

async function viewIsRight(client: Client): Promise<Check> {
  const { rows } = await client.query<{ wrong: string }>(`select count(*) as wrong from verify_current_and_upcoming()`)
  return none('verify_current_and_upcoming() is empty', rows[0]?.wrong)
}

async function feedHasNoGap(client: Client): Promise<Check> {
  const { rows } = await client.query<{ wrong: string }>(
    `select count(*) as wrong from feed_head h left join (
       select hotel_id, count(*) as n, min(seq) as first, max(seq) as last from change group by 1
     ) c on c.hotel_id = h.hotel_id
     where coalesce(c.last, 0) <> h.seq or (c.n is not null and c.last - c.first + 1 <> c.n)`,
  )
  return none('the feed has no gap', rows[0]?.wrong)
}

function none(name: string, wrong: string | undefined): Check {
  return check(name, wrong === '0', wrong === '0' ? 'none' : `${wrong} found`)
}

function check(name: string, ok: boolean, found: string): Check {
  return { name, ok, found }
}
