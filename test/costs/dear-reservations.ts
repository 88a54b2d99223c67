import type { JsonObject } from '@bufbuild/protobuf'
import type { Suite } from '../harness/test-suite.ts'
import { day } from '../support/hotel.ts'
import { byId, type Dearest, dear, long, PAGE } from './dear.ts'
import { type LargeHotel, SIZE } from './large-hotel.ts'

/** Of the reservations service. */
export function dearReservations(suite: Suite, large: LargeHotel): Dearest {
  return {
    ...creations(large),
    ...changes(suite, large),
    ...lists(large),
    ...blocks(suite, large),
    ...availability(large),
  }
}

const YEAR = { in_date: day(31), out_date: day(31 + 366) }
const NIGHT = { in_date: day(31), out_date: day(32) }

/** A year that nothing is held in, a later one each time. */
function freeYear() {
  years += 1
  return { in_date: day(SIZE.nights + years * 366), out_date: day(SIZE.nights + (years + 1) * 366) }
}
let years = 0
/** Hundreds of days that no test has used. */
let days = 0

/** What is made once, when it is first asked for. */
function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined
  return () => (made ??= make())
}

const hundredRooms = ({ room }: LargeHotel) => Array.from({ length: 100 }, (_, n) => room(n + 1))

function creations(large: LargeHotel): Dearest {
  const { room, guest, roomType, location } = large
  const rooms = hundredRooms(large)
  const create = (about: string, request: JsonObject | (() => JsonObject), reason?: string) =>
    dear(
      about,
      () => ({ guest: guest(2), note: long(2000), ...(typeof request === 'function' ? request() : request) }),
      reason === undefined ? {} : { refused: reason },
    )
  const type = { room_type: roomType(1), location }
  return {
    'ReservationService/CreateReservation': [
      create('100 rooms', () => ({ rooms, ...freeYear() })),
      create('100 rooms of a type', () => ({ ...type, room_count: 100, ...freeYear() })),
      create('a room that is held', { room: room(1), ...YEAR }, 'ROOM_NOT_AVAILABLE'),
      create('100 rooms that are held', { rooms, ...YEAR }, 'ROOM_NOT_AVAILABLE'),
      create('100 rooms that are held for a night', { rooms, ...NIGHT }, 'ROOM_NOT_AVAILABLE'),
      create('a room of a full type', { ...type, ...YEAR }, 'NO_ROOM_OF_TYPE_AVAILABLE'),
      create('a room of a full type for a night', { ...type, ...NIGHT }, 'NO_ROOM_OF_TYPE_AVAILABLE'),
      create(
        'a room of a full type for two months',
        { ...type, in_date: day(31), out_date: day(91) },
        'NO_ROOM_OF_TYPE_AVAILABLE',
      ),
      create('100 rooms of a full type', { ...type, room_count: 100, ...YEAR }, 'NO_ROOM_OF_TYPE_AVAILABLE'),
    ],
  }
}

function changes(suite: Suite, large: LargeHotel): Dearest {
  const { guest, reservation, hotel } = large
  const rooms = hundredRooms(large)
  const made = (more: object = {}) =>
    suite.reservations.createReservation({ guest: guest(2), rooms, note: long(2000), ...freeYear(), ...more })
  const subject = async () => (await made()).id
  const two = async () => {
    const others = { rooms: Array.from({ length: 100 }, (_, n) => large.room(n + 101)) }
    const dates = freeYear()
    const [a, b] = await Promise.all([made(dates), made({ ...dates, ...others })])
    return `${a.id} ${b.id}`
  }
  /** A stay of 100 rooms, each time the same, as its guest came or left today: by SQL, as no night of now is free for it. */
  const today = (changes: string) => {
    const staying = lazily(subject)
    return async () => {
      const id = await staying()
      await suite.sql('reservations', `update reservation set version = version + 1, ${changes} where id = $1`, [id])
      return { id }
    }
  }
  const came = today(`status = 'CHECKED_IN', checkin_datetime = now()`)
  const left = today(`status = 'CHECKED_OUT', checkin_datetime = now(), checkout_datetime = now(),
    in_date = '${day(-1)}', out_date = '${day()}'`)
  /** As many reservations that nobody came for as one call marks, on a day of their own. */
  const noShows = async () => {
    days += 1
    const date = day(-1_000 - days)
    await suite.sql(
      'reservations',
      `begin; set local session_replication_role = replica;
       create temporary table missed on commit drop as
         select r.*, n from reservation r, generate_series(1, 100) n where r.id = '${reservation(1)}';
       update missed set id = gen_random_uuid(), in_date = '${date}', out_date = '${date}', note = repeat('a', 2000),
         rooms = array[('{${rooms.join()}}'::uuid[])[n]];
       insert into occupancy (hotel_id, holder_id, room_id, in_date, out_date, holder)
         select hotel_id, id, rooms[1], in_date, in_date + 1, 'RESERVATION' from missed;
       alter table missed drop column n;
       insert into reservation select * from missed;
       commit`,
    )
    return date
  }
  const dates = { refused: 'ROOM_NOT_AVAILABLE', subject }
  return {
    'ReservationService/UpdateReservation': [
      dear('dates of 100 rooms', (id) => ({ id, ...freeYear() }), { subject }),
      dear('dates on which 100 rooms are held', (id) => ({ id, ...YEAR }), dates),
    ],
    'ReservationService/ReplaceReservation': [
      dear('dates of 100 rooms', (id) => ({ id, guest: guest(2), rooms, ...freeYear() }), { subject }),
      dear('dates on which 100 rooms are held', (id) => ({ id, guest: guest(2), rooms, ...YEAR }), dates),
    ],
    'StatusCheckService/CheckUpdateReservation': [
      dear('dates of 100 rooms', (id) => ({ id, ...freeYear() }), { subject }),
    ],
    'StatusCheckService/CheckReplaceReservation': [
      dear('dates of 100 rooms', (id) => ({ id, guest: guest(2), rooms, ...freeYear() }), { subject }),
    ],
    'ReservationService/DeleteReservation': [byId(made)],
    'ReservationService/CancelReservation': [byId(made, { cause: 'HOTEL', reason: long(2000) })],
    'ReservationService/MarkNoShows': [
      dear('100 of a room', (date) => ({ location: large.location, date }), { subject: noShows }),
    ],
    'ReservationService/UndeleteReservation': [
      byId(async () => suite.reservations.deleteReservation({ id: await subject() })),
    ],
    'ReservationService/ConfirmReservation': [byId(() => made({ hold_until: new Date(Date.now() + 3_600_000) }))],
    'ReservationService/UndoCheckIn': [byId(came)],
    'ReservationService/UndoCheckOut': [byId(left)],
    'ReservationService/SwapRooms': [
      dear('100 rooms each', (ids) => ({ reservations: ids.split(' ') }), { subject: two }),
    ],
    'ReservationService/ListReservationHistory': [dear('a page', { ...PAGE, id: reservation(1) })],
    'ReservationService/WatchReservations': [dear('from the beginning', { hotel })],
  }
}

function lists({ hotel, location, room, guest, reservation }: LargeHotel): Dearest {
  const list = (filter: JsonObject) => dear(JSON.stringify(filter), { ...PAGE, hotel, ...filter })
  const nowhere = guest(1)
  const gone = { show_deleted: true }
  return {
    'ReservationService/GetReservation': [dear('one', { id: reservation(1) })],
    'ReservationService/ListReservations': [
      list({}),
      list({ guest: guest(1) }),
      list({ from: '2999-01-01' }),
      list({ to: '1999-01-01' }),
      list({ from: day(100), to: day(101), status: 'CHECKED_OUT' }),
      list({ status: 'CHECKED_IN' }),
      list({ location, status: 'CHECKED_IN' }),
      list({ location: nowhere }),
      list({ room: room(1), status: 'CHECKED_IN' }),
      list({ guest: guest(1), room: room(400) }),
      list({ guest_name: 'ada lovelace' }),
      list({ guest_name: 'ada lovelace', order_by: 'out_date' }),
      list({ guest_name: 'ada', location, status: 'CHECKED_IN' }),
      list({ guest_name: 'rare', show_deleted: true }),
      list({ guest_name: 'seldom', from: day(100), to: day(101) }),
      list({ guest_name: 'nobody' }),
      list({ order_by: 'out_date', status: 'CHECKED_OUT' }),
      list({ order_by: 'in_date', guest: guest(1) }),
      list({ order_by: 'update_time desc', room: room(1), status: 'CHECKED_IN' }),
      list({ departing_from: day(100), departing_to: day(101), status: 'CHECKED_OUT' }),
      list({ ...gone, updated_since: '1999-01-01T00:00:00Z', status: 'CHECKED_IN' }),
      list({ ...gone, deleted_from: '1999-01-01' }),
      list({ ...gone, cause: 'HOTEL', max_lead_days: 0 }),
      list({ ...gone, min_lead_days: 100_000 }),
      list({ ...gone, deleted_to: '2999-01-01', status: 'CHECKED_IN' }),
    ],
    'ReservationService/ListCurrentAndUpcoming': [list({}), list({ location })],
    'ReservationService/ListCurrent': [list({}), list({ guest_name: 'rare' })],
    'ReservationService/ListUpcoming': [list({})],
    'ReservationService/ListInHouse': [list({}), list({ location })],
    'ReservationService/ListArrivals': [list({}), list({ location, date: day(5) })],
    'ReservationService/ListDepartures': [
      list({}),
      list({ location, date: day(5) }),
      list({ location, date: day(5), guest_name: 'rare' }),
    ],
    'ReservationService/GetCurrentAndUpcoming': [dear('one', { id: reservation(3) })],
  }
}

function blocks(suite: Suite, { hotel, room, freeRoom }: LargeHotel): Dearest {
  const made = () => suite.blocks.createRoomBlock({ room: freeRoom, ...freeYear() })
  return {
    'RoomBlockService/CreateRoomBlock': [
      dear('a year', () => ({ room: freeRoom, reason: long(2000), ...freeYear() })),
      dear('a room that is held', { room: room(1), ...YEAR }, { refused: 'ROOM_NOT_AVAILABLE' }),
    ],
    'RoomBlockService/GetRoomBlock': [byId(made)],
    'RoomBlockService/ListRoomBlocks': [dear('all', { ...PAGE, hotel })],
    'RoomBlockService/UpdateRoomBlock': [
      dear('a year', (id) => ({ id, reason: long(2000), ...freeYear() }), { subject: async () => (await made()).id }),
    ],
    'RoomBlockService/DeleteRoomBlock': [byId(made)],
    'RoomBlockService/WatchRoomBlocks': [dear('from the beginning', { hotel })],
  }
}

function availability({ hotel, location, roomType }: LargeHotel): Dearest {
  const asked = [
    dear('a year', { ...PAGE, in_date: day(), out_date: day(366), hotel, location }),
    dear('a year, without a page size', { in_date: day(), out_date: day(366), hotel, location }),
    dear('six weeks', { ...PAGE, in_date: day(), out_date: day(40), hotel, location, room_type: roomType(1) }),
    dear('a night', { ...PAGE, in_date: day(), out_date: day(1), hotel, location }),
  ]
  return { 'AvailabilityService/ListRoomAvailability': asked, 'AvailabilityService/ListRoomTypeAvailability': asked }
}
