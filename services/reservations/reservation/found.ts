import { type EntityManager, type Prepared, query } from '@hotel/runtime/database/database'
import { columnsOf } from '@hotel/runtime/database/find'
import { notFound } from '@hotel/runtime/errors/refusal'
import type { Leg } from '../nights/stay.ts'
import { FEEDS } from '../replicas/feeds.ts'
import { GUEST_IS_LIVE } from '../replicas/guest-and-rooms.ts'
import { Reservation } from './reservation.ts'

/** A guest as this service knows it. */
type FoundGuest = {
  readonly id: string
  /** Whether it takes reservations. */
  readonly isLive: boolean
  /** Whether its service said so since it was last restored. */
  readonly isCurrent: boolean
}

/** A room as this service knows it. */
export type FoundRoom = {
  readonly id: string
  readonly location: string
  readonly isDeleted: boolean
  /** Whether its deletion is agreed to. */
  readonly isRetired: boolean
  /** From when on it is retired; the constraint refuses those nights. */
  readonly retiredFrom: string | null
  /** The day after the last night of a guest who is in it, not that of the reservation itself; null when it is empty. */
  readonly occupiedUntil: string | null
  readonly isCurrent: boolean
}

/** The guests and rooms that a write is about. */
export type FoundParties = { readonly guests: readonly FoundGuest[]; readonly rooms: readonly FoundRoom[] }

/** A reservation, and what its changes are decided by, as it was under the hotel's head. */
export type Found = FoundParties & {
  readonly reservation: Reservation
  /** By the location's own calendar; the one place where a date is made of a time. */
  readonly today: string
  /** The dates of its check-in and of its check-out, in the same way. */
  readonly checkedIn: string | null
  readonly checkedOut: string | null
  /** The nights that it holds; only for a reservation that is or was checked in. */
  readonly legs: readonly Leg[]
}

/** The resources that are read in addition to a reservation's own guest and rooms. */
type Others = { readonly guestId?: string | undefined; readonly rooms?: readonly string[] | undefined }

/** Finds a reservation of a hotel with its own guest and rooms, and others. Throws NOT_FOUND. */
export async function findReservation(em: EntityManager, hotel: string, id: string, others: Others): Promise<Found> {
  const [row] = await query<Row>(em, found(em), [
    hotel,
    id,
    others.guestId || null,
    others.rooms ?? [],
    FEEDS.guests,
    FEEDS.rooms,
  ])
  if (row === undefined) throw notFound('reservation', id)
  const { today, checked_in, checked_out, legs, guests, found_rooms, ...columns } = row
  if (today === null) throw new Error(`the location of reservation ${id} is not replicated`)
  return {
    reservation: em.map(Reservation, columns),
    today,
    checkedIn: checked_in,
    checkedOut: checked_out,
    legs: legs ?? [],
    guests: guests ?? [],
    rooms: found_rooms ?? [],
  }
}

/** Finds rooms of a hotel, and today by the calendar of the first one's location; none for a room that is not known. */
export async function findRooms(
  em: EntityManager,
  hotel: string,
  rooms: readonly string[],
): Promise<FoundParties & Pick<Row, 'today'>> {
  const [row] = await query<Pick<Row, 'found_rooms' | 'today'>>(em, ROOMS, [hotel, rooms, FEEDS.rooms])
  return { guests: [], rooms: row?.found_rooms ?? [], today: row?.today ?? null }
}

type Row = {
  today: string | null
  checked_in: string | null
  checked_out: string | null
  legs: Leg[] | null
  guests: FoundGuest[] | null
  found_rooms: FoundRoom[] | null
}

/**
 * Rooms of the hotel and the ids in these SQL expressions, as JSON; the feed of rooms is in the parameter of this name. Who
 * is in them is told of other reservations than `own`.
 */
const roomsOf = (hotel: string, ids: string, feed: string, own: string) => `(
  select jsonb_agg(jsonb_build_object('id', t.id, 'location', t.location_id, 'isDeleted', t.delete_time is not null,
    'isRetired', retired.is_so, 'retiredFrom', retired.since, 'occupiedUntil', (
      select max(o.out_date) from occupied_room o
      where o.hotel_id = t.hotel_id and o.room_id = t.id and o.reservation_id is distinct from ${own}),
    'isCurrent', t.generation = replica_generation(${feed})))
  from (select distinct u from unnest(${ids}) u) as named (id) join room t on t.hotel_id = ${hotel} and t.id = named.id
  left join lateral (
    select true as is_so, (
      select max(o.in_date) from occupancy o
      where o.hotel_id = d.hotel_id and o.holder_id = d.room_id and o.holder = 'RETIRED') as since
    from retired_room d
    where d.hotel_id = t.hotel_id and d.room_id = t.id and (d.generation, d.version) >= (t.generation, t.version)
  ) retired on true)`

const ROOMS: Prepared = {
  name: 'found_rooms',
  text: `select ${roomsOf('$1', '$2::uuid[]', '$3', 'null')} as found_rooms, (
      select location_date(l.time_zone, write_time())::text
      from room r join location l on l.hotel_id = r.hotel_id and l.id = r.location_id
      where r.hotel_id = $1 and r.id = ($2::uuid[])[1]) as today`,
}

function found(em: EntityManager): Prepared {
  const dateOf = (time: string) => `(select location_date(l.time_zone, ${time})::text from location l
    where ${time} is not null and l.hotel_id = r.hotel_id and l.id = r.location_id)`
  const columns = columnsOf(em.getMetadata(Reservation), 'r')
  return {
    name: 'found_reservation',
    text: `select ${columns},
        ${dateOf('write_time()')} as today,
        ${dateOf('r.checkin_datetime')} as checked_in, ${dateOf('r.checkout_datetime')} as checked_out,
        case when r.status <> 'PENDING' then (
          select jsonb_agg(jsonb_build_object('room', o.room_id, 'inDate', o.in_date, 'outDate', o.out_date)
            order by o.in_date, o.room_id)
          from occupancy o where o.hotel_id = r.hotel_id and o.holder_id = r.id and o.holder = 'RESERVATION') end as legs,
        (select jsonb_agg(jsonb_build_object('id', g.id, 'isLive', ${GUEST_IS_LIVE},
           'isCurrent', g.generation = replica_generation($5)))
         from (select distinct u from unnest(array[r.guest_id, $3::uuid]) u) as named (id)
         join guest g on g.hotel_id = r.hotel_id and g.id = named.id
        ) as guests,
        ${roomsOf('r.hotel_id', '(r.rooms || $4::uuid[])', '$6', 'r.id')} as found_rooms
      from reservation r where r.hotel_id = $1 and r.id = $2`,
  }
}
