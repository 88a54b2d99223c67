import { Reservation } from '@hotel/proto/hotel/reservations/v1/reservations'
import type { Scope, Write, Writer } from '@hotel/runtime/write'
import type { CallContext } from 'nice-grpc'
import type { Cache } from './cache.ts'
import { versionOf } from './replicas.ts'

/** How old an answer may be, at most: GetReservation promises it. */
export const RESERVATION_LIFETIME_MS = 2_000

/** Reservations by id, as writes left them and reads found them. For answers only: nothing is decided on them. */
export type ReservationCache = {
  /** A reservation as it was at some moment of the last two seconds: as it is kept, or as `load` gives it. */
  read(id: string, load: () => Promise<Reservation>): Promise<Reservation>
  /** Writes of reservations, each of which keeps what it made before it is answered. */
  keeping(write: Writer['write']): ReservationWrite
}

/** As Writer's `write`, of reservations only. */
export type ReservationWrite = (
  call: CallContext,
  method: string,
  request: object,
  scope: Scope,
  apply: (write: Write) => Promise<() => Reservation>,
) => Promise<Reservation>

/** Keeps reservations in a cache whose lifetime is RESERVATION_LIFETIME_MS. */
export function reservationCache(cache: Cache): ReservationCache {
  // What this process wrote and could not keep, it does not read as it was before: when the time is over, that is gone.
  let blindUntil = 0
  const keep = (reservation: Reservation, now: number | undefined) =>
    cache.put(reservation.id, Reservation.encode(reservation).finish(), now, { version: versionOf(reservation) })

  return {
    async read(id, load) {
      if (performance.now() < blindUntil) return load()
      const { value, now } = await cache.get(id)
      if (value !== undefined) return Reservation.decode(value)
      const reservation = await load()
      void keep(reservation, now)
      return reservation
    },
    keeping: (write) => async (call, method, request, scope, apply) => {
      // The time before the write: should the value reach Redis late, others may have written after it.
      const asked = cache.now()
      return await write(call, method, request, scope, async (written) => {
        const answer = await apply(written)
        // Runs once the write is committed; not for a repeated call, whose first answer may be out of date by now.
        return async () => {
          const reservation = answer()
          if (!(await keep(reservation, await asked))) blindUntil = performance.now() + RESERVATION_LIFETIME_MS
          return reservation
        }
      })
    },
  }
}
