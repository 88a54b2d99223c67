import { administer } from '@hotel/stack/servers/administer'
import { databaseUrl } from '@hotel/stack/servers/provision'
import type { ServiceName } from '@hotel/stack/service-names'
import type { Client } from 'pg'
import { type FullHotel, SLOT_DAYS, sqlIdOf } from './house.ts'

/** Of one statement: its change log is one array of that many rows. */
const BATCH = 5_000

/** Puts guests, rooms and the annex where they belong and where they are copied to, as the services would have. */
export async function fillPeople(adminUrl: string, house: FullHotel): Promise<void> {
  const { hotel, annex, guests } = house
  const name = `'${hotel}', ${sqlIdOf('guest', 'n')}, ${FIRST_NAME}, ${LAST_NAME}`
  await fillGuests(adminUrl, house, 0, guests)
  const made = "now(), now(), 'bench'"
  await pastTriggers(
    adminUrl,
    'rooms',
    `insert into location (hotel_id, id, name, time_zone, create_time, update_time, updated_by)
     values ('${hotel}', '${annex}', 'Annex', 'UTC', ${made})`,
    `insert into room (hotel_id, id, location_id, number, create_time, update_time, updated_by)
     select '${hotel}', r.id, r.location, r.number, ${made} from (${roomsOf(house)}) r`,
  )
  await pastTriggers(
    adminUrl,
    'reservations',
    `insert into location (hotel_id, id, name, time_zone, version) values ('${hotel}', '${annex}', 'Annex', 'UTC', 1)`,
    `insert into room (hotel_id, id, location_id, number, version) select '${hotel}', r.id, r.location, r.number, 1 from (${roomsOf(house)}) r`,
    `insert into guest (hotel_id, id, first_name, last_name, version) select ${name}, 1 from generate_series(0, ${guests - 1}) n`,
  )
  await fillStays(adminUrl, house, 0, house.annexRooms, (n) => ({
    id: sqlIdOf('arrival', n),
    room: sqlIdOf('annexRoom', n),
    location: annex,
    first: `date '${house.today}' - 1`,
    nights: 1,
  }))
}

function roomsOf({ location, rooms, annex, annexRooms }: FullHotel): string {
  return `select ${sqlIdOf('room', 'n')} as id, '${location}'::uuid as location, (n + 1)::text as number from generate_series(0, ${rooms - 1}) n
    union all select ${sqlIdOf('annexRoom', 'n')}, '${annex}', (n + 1)::text from generate_series(0, ${annexRooms - 1}) n`
}

/** Twenty by twenty by … names, so that a name is found among many. */
const SYLLABLES = `array['an','be','co','da','el','fi','go','ha','in','jo','ka','le','ma','no','or','pe','ri','sa','to','ul']`
const syllable = (expression: string) => `(${SYLLABLES})[1 + (${expression})::int % 20]`
const FIRST_NAME = `initcap(${syllable('n')} || ${syllable('n / 20')})`
const LAST_NAME = `initcap(${syllable('n * 7')} || ${syllable('n / 31')} || ${syllable('n / 601')} || ${syllable('n / 12007')})`

/** Adds guests to the service that owns them, from one number to another: for searches among many. */
export async function fillGuests(adminUrl: string, { hotel }: FullHotel, from: number, to: number): Promise<void> {
  for (let start = from; start < to; start += 100_000)
    await pastTriggers(
      adminUrl,
      'guests',
      `insert into guest (hotel_id, id, first_name, last_name, email, create_time, update_time, updated_by)
       select '${hotel}', ${sqlIdOf('guest', 'n')}, ${FIRST_NAME}, ${LAST_NAME}, 'guest.' || n || '@example.org', now(), now(), 'bench'
       from generate_series(${start}, ${Math.min(to, start + 100_000) - 1}) n`,
    )
}

/** Makes the reservations of the house's rooms from one number to another. */
export function fillReservations(adminUrl: string, house: FullHotel, from: number, to: number): Promise<void> {
  const { rooms, today, location } = house
  return fillStays(adminUrl, house, from, to, (n) => ({
    id: sqlIdOf('reservation', n),
    room: sqlIdOf('room', `${n} % ${rooms}`),
    location,
    first: `date '${today}' + (${n} / ${rooms} * ${SLOT_DAYS} + ${n} % ${rooms} % 3)::int`,
    nights: 2,
  }))
}

/** A stay in SQL, by its number. */
type Stay = {
  readonly id: string
  readonly room: string
  readonly location: string
  readonly first: string
  readonly nights: number
}

/**
 * Makes reservations with their nights through the triggers that a write goes through: the changes, the view and the heads
 * are those that the service would have made.
 */
async function fillStays(
  adminUrl: string,
  { hotel, guests }: FullHotel,
  from: number,
  to: number,
  stayOf: (n: string) => Stay,
): Promise<void> {
  const { id, room, location, first, nights } = stayOf('n')
  await administer(databaseUrl(adminUrl, 'reservations'), async (client) => {
    for (let start = from; start < to; start += BATCH) {
      const every = `from generate_series(${start}, ${Math.min(to, start + BATCH) - 1}) n`
      await inOneTransaction(client, [
        `select begin_write('${hotel}', '0')`,
        `insert into occupancy (hotel_id, holder_id, room_id, in_date, out_date, holder)
         select '${hotel}', ${id}, ${room}, ${first}, ${first} + ${nights}, 'RESERVATION' ${every}`,
        `insert into reservation (hotel_id, id, location_id, in_date, out_date, status, guest_id, rooms, create_time, update_time, updated_by)
         select '${hotel}', ${id}, '${location}', ${first}, ${first} + ${nights}, 'PENDING', ${sqlIdOf('guest', `n % ${guests}`)},
           array[${room}], now(), now(), 'bench' ${every}`,
      ])
    }
    await client.query('vacuum analyze')
  })
}

/** Stores rows in a service's database as they are: without changes in its feed. */
export async function pastTriggers(adminUrl: string, service: ServiceName, ...statements: string[]): Promise<void> {
  await administer(databaseUrl(adminUrl, service), async (client) => {
    await inOneTransaction(client, ['set local session_replication_role = replica', ...statements])
    await client.query('vacuum analyze')
  })
}

async function inOneTransaction(client: Client, statements: readonly string[]): Promise<void> {
  await client.query(['begin', ...statements, 'commit'].join(';\n'))
}
