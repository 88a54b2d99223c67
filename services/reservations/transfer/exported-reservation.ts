import type { Leg as LegMessage, ReservationRecord } from '@hotel/proto/hotel/transfer/v1/transfer'
import type { MikroORM } from '@hotel/runtime/database/database'
import type { ClockOffset } from '@hotel/runtime/process/clock'
import { exportRows } from '@hotel/runtime/transfer/export-rows'
import { legsOf, legsUntil } from '../nights/stay.ts'
import { RESERVATION_SIZE, Reservation } from '../reservation/reservation.ts'

/** Reservations with the nights that they hold and the date of leaving, by the location's calendar. */
const EXPORTED = {
  table: 'reservation',
  bytes: `${RESERVATION_SIZE.bytes} + 70 * (
    select count(*) from occupancy o
    where o.hotel_id = found.hotel_id and o.holder_id = found.id and o.holder = 'RESERVATION')`,
  more: [
    `(select location_date(l.time_zone, t.checkout_datetime) from location l
      where l.hotel_id = t.hotel_id and l.id = t.location_id) as checkout_date`,
    `(select coalesce(json_agg(json_build_object('room', o.room_id, 'in_date', o.in_date, 'out_date', o.out_date)
        order by o.in_date, o.room_id), '[]')
      from occupancy o where o.hotel_id = t.hotel_id and o.holder_id = t.id and o.holder = 'RESERVATION') as legs`,
  ],
}

/** All reservations; with their legs where those are not what the reservation itself says. */
export async function* exportReservations(
  orm: MikroORM,
  signal: AbortSignal,
  clockOffset: ClockOffset,
): AsyncGenerator<ReservationRecord[]> {
  const at = new Date(Date.now() + clockOffset() * 1_000)
  for await (const rows of exportRows(orm, signal, EXPORTED)) {
    const em = orm.em.fork()
    yield rows.map(({ legs, checkout_date, ...row }) => {
      const reservation = em.map(Reservation, row as never)
      const usual = isUsual(reservation, at, legs as LegMessage[], checkout_date as string | null)
      return { reservation: reservation.toProto(at), legs: usual ? [] : (legs as LegMessage[]) }
    })
  }
}

function isUsual(reservation: Reservation, at: Date, legs: LegMessage[], checkout: string | null): boolean {
  if (reservation.isGone(at)) return true
  const { inDate, outDate, rooms } = reservation
  const all = legsOf({ inDate, outDate }, rooms)
  const usual = checkout === null ? all : legsUntil(checkout, all)
  const texts = (of: { room: string; from: string; to: string }[]) =>
    of.map((leg) => Object.values(leg).join(' ')).sort()
  return (
    texts(usual.map(({ room, inDate, outDate }) => ({ room, from: inDate, to: outDate }))).join() ===
    texts(legs.map(({ room, in_date, out_date }) => ({ room, from: in_date, to: out_date }))).join()
  )
}
