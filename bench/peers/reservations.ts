import {
  type Reservation,
  ReservationServiceDefinition,
  Reservation_Status as Status,
  type Stay,
} from '@hotel/proto/hotel/reservations/v1/reservations'
import { openPool, serveBare } from './serve.ts'

/** GetReservation, ListReservations and ListCurrentAndUpcoming by one named statement each, and nothing else. */
const { methods, ...service } = ReservationServiceDefinition
const { getReservation, listReservations, listCurrentAndUpcoming } = methods
const definition = { ...service, methods: { getReservation, listReservations, listCurrentAndUpcoming } }
const pool = openPool()

const COLUMNS = `hotel_id, id, location_id, in_date::text, out_date::text, status, guest_id, rooms, checkin_datetime,
  checkout_datetime, hold_until`
const RESERVATION = `${COLUMNS}, note, version, create_time, update_time, delete_time, reason`
const get = { name: 'get', text: `select ${RESERVATION} from reservation where id = $1` }
const list = {
  name: 'list',
  text: `select ${RESERVATION} from reservation where hotel_id = $1 and delete_time is null
    order by reservation.in_date desc, id desc limit $2`,
}
const stays = {
  name: 'stays',
  text: `select ${COLUMNS}, first_name, last_name, room_numbers from current_and_upcoming v
    where hotel_id = $1 and location_id = $2 and v.in_date < current_date + 3 and v.out_date >= current_date
    order by v.in_date, status, id limit $3`,
}

await serveBare((server) =>
  server.add(definition, {
    getReservation: async ({ id }) => {
      const [row] = (await pool.query<ReservationRow>({ ...get, values: [id] })).rows
      if (row === undefined) throw new Error('there is no such reservation')
      return reservationOf(row)
    },
    listReservations: async ({ hotel, page_size }) => {
      const { rows } = await pool.query<ReservationRow>({ ...list, values: [hotel, page_size] })
      return { reservations: rows.map(reservationOf), next_page_token: '' }
    },
    listCurrentAndUpcoming: async ({ hotel, location, page_size }) => {
      const { rows } = await pool.query<StayRow>({ ...stays, values: [hotel, location, page_size] })
      return { reservations: rows.map(stayOf), next_page_token: '' }
    },
  }),
)

type Row = {
  readonly hotel_id: string
  readonly id: string
  readonly location_id: string
  readonly in_date: string
  readonly out_date: string
  readonly status: 'PENDING' | 'CHECKED_IN' | 'CHECKED_OUT'
  readonly guest_id: string
  readonly rooms: string[]
  readonly checkin_datetime: Date | null
  readonly checkout_datetime: Date | null
  readonly hold_until: Date | null
}
type ReservationRow = Row & {
  readonly note: string | null
  readonly version: number
  readonly create_time: Date
  readonly update_time: Date
  readonly delete_time: Date | null
  readonly reason: string | null
}
type StayRow = Row & {
  readonly first_name: string
  readonly last_name: string | null
  readonly room_numbers: string[]
}

function reservationOf(row: ReservationRow): Reservation {
  return {
    ...common(row),
    id: row.id,
    room: row.rooms[0] ?? '',
    note: row.note ?? undefined,
    create_time: row.create_time,
    update_time: row.update_time,
    delete_time: row.delete_time ?? undefined,
    etag: `"${row.version}"`,
    confirmation_code: '',
    external_id: undefined,
    source: undefined,
    cause: undefined,
    reason: row.reason ?? undefined,
  }
}

function stayOf(row: StayRow): Stay {
  return {
    ...common(row),
    reservation: row.id,
    first_name: row.first_name,
    last_name: row.last_name ?? undefined,
    room_number: row.room_numbers[0] ?? '',
    room_numbers: row.room_numbers,
    overstay: false,
  }
}

function common(row: Row) {
  return {
    in_date: row.in_date,
    out_date: row.out_date,
    status: Status[row.status],
    guest: row.guest_id,
    rooms: row.rooms,
    hotel: row.hotel_id,
    location: row.location_id,
    checkin_datetime: row.checkin_datetime ?? undefined,
    checkout_datetime: row.checkout_datetime ?? undefined,
    hold_until: row.hold_until ?? undefined,
  }
}
