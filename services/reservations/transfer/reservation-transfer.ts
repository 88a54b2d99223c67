import type { ReservationRecord } from '@hotel/proto/hotel/transfer/v1/transfer'
import { query } from '@hotel/runtime/database/database'
import { invalidFields, Refusal } from '@hotel/runtime/errors/refusal'
import type { Write } from '@hotel/runtime/resource/write'
import { type ImportPlan, importRows } from '@hotel/runtime/transfer/import-rows'
import type { Importing, Transfer } from '@hotel/runtime/transfer/transfer'
import { refuseTakenNumbers } from '../finding/external-id.ts'
import type { Place } from '../replicas/guest-and-rooms.ts'
import { namedRooms } from '../reservation/reservation-request.ts'
import { assumedParties } from './assumed-parties.ts'
import { exportReservations } from './exported-reservation.ts'
import { storeReservations } from './imported-guests.ts'
import { partyViolations, placeOf, placesOf } from './imported-parties.ts'
import {
  asOf,
  isOpen,
  type LocalDates,
  mayBeOpen,
  nightsOf,
  type ReservationRow,
  reservationRow,
  untimely,
} from './imported-reservation.ts'
import type { TransferDeps } from './transfer-deps.ts'

/** Reservations in bulk. */
export function reservationTransfer(deps: TransferDeps): Transfer<ReservationRecord> {
  return {
    import: (records, importing) => importRows(deps.writer, reservationPlan(deps, importing), records, importing),
    export: (call) => exportReservations(deps.exportsFrom, call.signal, deps.clockOffset),
  }
}

function reservationPlan(deps: TransferDeps, importing: Importing): ImportPlan<ReservationRecord, ReservationRow> {
  const assumed = assumedParties(importing.assumed)
  const places = new Map<ReservationRecord, Place>()
  const legs = new Map<ReservationRow, ReservationRecord['legs']>()
  return {
    table: 'reservation',
    async hotels(records, { signal }) {
      const roomsOf = ({ reservation, legs }: ReservationRecord) => [
        ...(reservation === undefined ? [] : namedRooms(reservation)),
        ...legs.map(({ room }) => room),
      ]
      const guestsOf = ({ reservation }: ReservationRecord) => (reservation === undefined ? [] : [reservation.guest])
      const named = {
        rooms: records.flatMap(roomsOf),
        guests: records.flatMap(guestsOf),
        live: records.filter(mayBeOpen).flatMap((record) => [...roomsOf(record), ...guestsOf(record)]),
      }
      const known = await placesOf(deps, named, assumed, signal)
      return records.map((record) => {
        const place = placeOf(known, roomsOf(record), { hotel: '', location: '', ...record.reservation })
        if (place instanceof Refusal) return withFields(place, record)
        places.set(record, place)
        return place.hotel
      })
    },
    row(record, hotel) {
      const row = reservationRow(record, hotel, places.get(record)?.location ?? '')
      legs.set(row, record.legs)
      return row
    },
    asOf,
    assume: assumed.assume,
    async store(write, rows) {
      const dates = await localDates(write, rows)
      const refusals = await wrongRows(write, rows, dates, legs)
      const datesOf = (row: ReservationRow) => dates.get(row) as LocalDates
      return storeReservations(write, rows, refusals, {
        datesOf,
        nightsOf: (row) => nightsOf(row, legs.get(row) ?? [], datesOf(row)),
      })
    },
  }
}

/** A row without known rooms has other wrong fields too, perhaps: they are told along. */
function withFields(unknownRooms: Refusal, record: ReservationRecord): Refusal {
  try {
    reservationRow(record, '', '')
    return unknownRooms
  } catch (error) {
    return error instanceof Refusal ? error : unknownRooms
  }
}

async function wrongRows(
  write: Write,
  rows: readonly ReservationRow[],
  dates: ReadonlyMap<ReservationRow, LocalDates>,
  legs: ReadonlyMap<ReservationRow, ReservationRecord['legs']>,
): Promise<Map<ReservationRow, Refusal>> {
  const refusals = new Map<ReservationRow, Refusal>()
  const [first] = rows
  if (first === undefined) return refusals
  const needs = rows.map((row) => ({
    guest: row.guest_id,
    rooms: [...row.rooms, ...(legs.get(row) ?? []).map(({ room }) => room)],
    isOpen: isOpen(row, dates.get(row) as LocalDates),
  }))
  for (const [index, violations] of await partyViolations(write, first.hotel_id, needs))
    refusals.set(rows[index] as ReservationRow, invalidFields(violations))
  for (const row of rows) {
    const refusal = untimely(row, dates.get(row) as LocalDates, write.now)
    if (refusal !== undefined && !refusals.has(row)) refusals.set(row, refusal)
  }
  await refuseTakenNumbers(write, rows, refusals)
  return refusals
}

async function localDates(
  { em, now }: Write,
  rows: readonly ReservationRow[],
): Promise<Map<ReservationRow, LocalDates>> {
  const [first] = rows
  if (first === undefined) return new Map()
  const times = (field: 'checkin_datetime' | 'checkout_datetime') =>
    rows.map((row) => row[field]?.toISOString() ?? null)
  const dates = await query<LocalDates & { place: string }>(
    em,
    `select t.place, location_date(l.time_zone, t.checkin) as checkin, location_date(l.time_zone, t.checkout) as checkout,
       location_date(l.time_zone, $5::timestamptz) as today
     from unnest($2::uuid[], $3::timestamptz[], $4::timestamptz[]) with ordinality as t (location_id, checkin, checkout, place)
     join location l on l.hotel_id = $1 and l.id = t.location_id`,
    [
      first.hotel_id,
      rows.map((row) => row.location_id),
      times('checkin_datetime'),
      times('checkout_datetime'),
      now.toISOString(),
    ],
  )
  return new Map(dates.map(({ place, ...local }) => [rows[Number(place) - 1] as ReservationRow, local]))
}
