import type { Suite } from '../harness/test-suite.ts'
import { day } from '../support/hotel.ts'

/** The default hotel, filled: what dear requests are about. Ids by number, from 1. */
export type LargeHotel = {
  readonly hotel: string
  readonly location: string
  readonly guest: (n: number) => string
  readonly room: (n: number) => string
  /** Without stays, and with a long history. */
  readonly freeRoom: string
  readonly roomType: (n: number) => string
  readonly employee: (n: number) => string
  /** Of the first room, a night each; then of the others. */
  readonly reservation: (n: number) => string
}

export const SIZE = {
  rooms: 500,
  guests: 20_000,
  roomTypes: 60,
  busyRooms: 60,
  cancelled: 10_000,
  firstNight: -2,
  nights: 440,
}

const idOf = (kind: number) => (n: number) => `0198000${kind}-0000-7000-8000-${n.toString(16).padStart(12, '0')}`
const KINDS = { guest: 1, room: 2, roomType: 3, reservation: 4, employee: 5 }
/** The same in SQL. */
const sqlId = (kind: number, n: string) => `('0198000${kind}-0000-7000-8000-' || lpad(to_hex(${n}), 12, '0'))::uuid`

/** Fills the default hotel by SQL, without triggers: the rows are what they would leave. */
export async function fillLargeHotel(suite: Suite): Promise<LargeHotel> {
  const [place] = await suite.sql<{ hotel_id: string; id: string }>('rooms', 'select hotel_id, id from location')
  if (place === undefined) throw new Error('there is no default location')
  const { hotel_id: hotel, id: location } = place
  const run = (service: 'guests' | 'rooms' | 'reservations', ...statements: string[]) =>
    suite.sql(
      service,
      [
        'begin',
        `select begin_write('${hotel}', '0')`,
        'set local session_replication_role = replica',
        ...statements,
        'commit',
        'analyze',
      ].join(';\n'),
    )
  await run(
    'reservations',
    ...replicas(hotel, location),
    ...reservations(hotel, location),
    history(hotel, 'reservation', idOf(KINDS.reservation)(1)),
  )
  await run('guests', guestsTable(hotel), history(hotel, 'guest', idOf(KINDS.guest)(2)))
  await run('rooms', ...roomsTables(hotel, location), history(hotel, 'room', idOf(KINDS.room)(SIZE.rooms + 1)))
  return {
    hotel,
    location,
    guest: idOf(KINDS.guest),
    room: idOf(KINDS.room),
    freeRoom: idOf(KINDS.room)(SIZE.rooms + 1),
    employee: idOf(KINDS.employee),
    roomType: idOf(KINDS.roomType),
    reservation: idOf(KINDS.reservation),
  }
}

/** The type of a room: all are of the first, but for the free one. */
const typeOf = (n: string) => `case when ${n} <= ${SIZE.rooms} then ${sqlId(KINDS.roomType, '1')} end`

/** Letters of which all guests have all: what is found by letters has long lists of guests. */
export const SHARED = [
  'the',
  'sea',
  'view',
  'house',
  'for',
  'quiet',
  'guests',
  'who',
  'walk',
  'along',
  'every',
  'beach',
]
  .map((word, n) => `${word}${n}${[...word].toReversed().join('')}`)
  .join('')

/** Names of syllables, and of what all have. */
function guestsTable(hotel: string): string {
  const syllable = (expression: string) =>
    `(array['an','be','co','da','el','fi','go','ha','in','jo','ka','le','ma','no','or','pe','ri','sa','to','ul'])[1 + ${expression} % 20]`
  const last = [17, 31, 101, 7].map((prime) => syllable(`(n / ${prime})`)).join(' || ')
  return `insert into guest (hotel_id, id, first_name, last_name, email, phone, create_time, update_time, updated_by)
    select '${hotel}', ${sqlId(KINDS.guest, 'n')}, ${syllable('n')} || ${syllable('(n / 20)')} || 'a', ${last} || '${SHARED}',
      'guest.' || ${last} || n || '@example.org', '+4144' || lpad(n::text, 7, '0'), now(), now(), 'test'
    from generate_series(1, ${SIZE.guests}) n`
}

function roomsTables(hotel: string, location: string): string[] {
  return [
    `insert into room_type (hotel_id, id, name, description, create_time, update_time, updated_by)
     select '${hotel}', ${sqlId(KINDS.roomType, 'n')}, 'Type ' || n, repeat('words ', 30), now(), now(), 'test'
     from generate_series(1, ${SIZE.roomTypes}) n`,
    `insert into room (hotel_id, id, location_id, number, room_type_id, create_time, update_time, updated_by)
     select '${hotel}', ${sqlId(KINDS.room, 'n')}, '${location}', n, ${typeOf('n')}, now(), now(), 'test'
     from generate_series(1, ${SIZE.rooms} + 1) n`,
    `insert into employee (hotel_id, id, location_id, first_name, last_name, email, role, create_time, update_time, updated_by)
     select '${hotel}', ${sqlId(KINDS.employee, 'n')}, '${location}', 'Ada', 'Name ' || n, n || '@example.org', 'FRONT_DESK',
       now(), now(), 'test'
     from generate_series(1, ${SIZE.rooms}) n`,
  ]
}

function replicas(hotel: string, location: string): string[] {
  return [
    `insert into guest (hotel_id, id, first_name, last_name, version)
     select '${hotel}', ${sqlId(KINDS.guest, 'n')}, 'Ada',
       case when n % 20 = 0 then 'Rare' when n % 40 = 1 then 'Seldom' else 'Lovelace' end, 1
     from generate_series(1, ${SIZE.guests}) n`,
    `insert into room_type (hotel_id, id, name, version)
     select '${hotel}', ${sqlId(KINDS.roomType, 'n')}, 'Type ' || n, 1 from generate_series(1, ${SIZE.roomTypes}) n`,
    `insert into room (hotel_id, id, location_id, number, room_type_id, version)
     select '${hotel}', ${sqlId(KINDS.room, 'n')}, '${location}', n, ${typeOf('n')}, 1
     from generate_series(1, ${SIZE.rooms} + 1) n`,
  ]
}

/** No night is free: the first rooms are taken by stays of a night, the others by stays of a week. */
function reservations(hotel: string, location: string): string[] {
  const { rooms, busyRooms, nights, firstNight, guests } = SIZE
  return [
    `create temporary table stay on commit drop as
     select row_number() over (order by room, night) as n, room, date '${day(firstNight)}' + night as in_date,
       case when room <= ${busyRooms} then 1 else 7 end as long
     from generate_series(1, ${rooms}) room, generate_series(0, ${nights}) night
     where room <= ${busyRooms} or night % 7 = 0`,
    `insert into reservation (hotel_id, id, location_id, in_date, out_date, status, guest_id, rooms, create_time, update_time,
       updated_by)
     select '${hotel}', ${sqlId(KINDS.reservation, 'n')}, '${location}', in_date, in_date + long, 'PENDING',
       ${sqlId(KINDS.guest, `case when n % 50 = 0 then 1 else 2 + n % (${guests} - 1) end`)}, array[${sqlId(KINDS.room, 'room')}], now(), now(), 'test'
     from stay`,
    `insert into reservation (hotel_id, id, location_id, in_date, out_date, status, guest_id, rooms, create_time, update_time,
       updated_by, delete_time)
     select '${hotel}', ${sqlId(KINDS.reservation, '1000000 + n')}, '${location}', in_date, in_date + long, 'PENDING',
       ${sqlId(KINDS.guest, '3')}, array[${sqlId(KINDS.room, 'room')}], now(), now(), 'test', now() - n * interval '1 hour'
     from stay where n <= ${SIZE.cancelled}`,
    `insert into occupancy (hotel_id, holder_id, room_id, in_date, out_date, holder)
     select hotel_id, id, rooms[1], in_date, out_date, 'RESERVATION' from reservation
     where delete_time is null`,
    `insert into current_and_upcoming
       (hotel_id, id, location_id, in_date, out_date, status, guest_id, first_name, last_name, rooms, room_numbers)
     select hotel_id, id, location_id, in_date, out_date, status, guest_id, 'Ada', 'Lovelace', rooms, array['1']
     from reservation where delete_time is null and out_date >= date '${day(-1)}'`,
  ]
}

/** Changes of one resource: more than a page of its history can have. */
function history(hotel: string, resource: string, id: string): string {
  return `insert into change (hotel_id, seq, resource, id, version, kind, actor, time, payload)
    select h.hotel_id, h.seq + n, '${resource}', r.id, n, 'UPDATED', 'test', now(),
      to_jsonb(r) || jsonb_build_object('note', repeat('a', 100) || n)
    from feed_head h, ${resource} r, generate_series(1, 600) n where h.hotel_id = '${hotel}' and r.id = '${id}';
    update feed_head set seq = seq + 600 where hotel_id = '${hotel}';
    update ${resource} set version = 600 where id = '${id}'`
}
