import { Reservation } from '@hotel/proto/hotel/reservations/v1/reservations'
import { isVisible } from '@hotel/runtime/access/hotels'
import type { Scope, Several, Write, Writer } from '@hotel/runtime/resource/write'
import type { CallContext } from 'nice-grpc'
import type { Cache } from './cache.ts'
import { versionOf } from './replicas.ts'

/** How old an answer may be, at most: GetReservation promises it. */
export const RESERVATION_LIFETIME_MS = 2_000

/** Reservations by id, as writes left them and reads found them. For answers only: nothing is decided on them. */
export type ReservationCache = {
  /** A reservation as it was at some moment of the last two seconds: as it is kept, or as `load` gives it. */
  read(id: string, load: () => Promise<Reservation>): Promise<Reservation>
  /** Writes whose answers are, or hold, reservations: each keeps what it made before it is answered. */
  keeping<Answer extends object>(
    write: Writer['write'],
    reservationsOf: (answer: Answer) => readonly Reservation[],
  ): Keeping<Answer>
}

/** As Writer's `write`, of one kind of answer. */
export type Keeping<Answer extends object> = (
  call: CallContext,
  method: string,
  request: object,
  scope: Scope,
  apply: (write: Write) => Promise<() => Answer>,
  several?: Several<Answer>,
) => Promise<Answer>

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
      const kept = value && Reservation.decode(value)
      // A hold may have lapsed since: only the database's clock knows. What is not for this caller is looked up as what is
      // not kept, and not found.
      if (kept !== undefined && kept.hold_until === undefined && isVisible(kept.hotel)) return kept
      const reservation = await load()
      void keep(reservation, now)
      return reservation
    },
    keeping: (write, reservationsOf) => async (call, method, request, scope, apply, several) => {
      // The time before the write: should the value reach Redis late, others may have written after it.
      const asked = cache.now()
      const applied = async (written: Write) => {
        const answer = await apply(written)
        // Runs once the write is committed; not for a repeated call, whose first answer may be out of date by now.
        return async () => {
          const made = answer()
          const now = await asked
          const kept = await Promise.all(reservationsOf(made).map((reservation) => keep(reservation, now)))
          if (!kept.every(Boolean)) blindUntil = performance.now() + RESERVATION_LIFETIME_MS
          return made
        }
      }
      // The writer's callers await what it gives, a promise of the answer as the answer itself.
      return (await write(call, method, request, scope, applied, several as never)) as never
    },
  }
}
