import type { ClockOffset } from '../database/clock.ts'
import { type EntityManager, forkFor, type MikroORM, query } from '../database/database.ts'
import { databaseError } from '../database/database-error.ts'
import { HeadIsHeld, HotelIsBusy, type Limits, type Turns, turns } from '../database/turns.ts'
import { currentCall } from '../server/call.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { hotelBusy } from './refusal.ts'

/** What a write is about: the hotel it happens in, and, when it creates a hotel, that one. */
export type Scope = { readonly hotel: string; readonly creates?: string }

/**
 * Whose turns at the heads a transaction takes: a call's, an import's, which stays long, or the service's own. None of
 * them waits for a turn that one of the others has.
 */
export type Lane = keyof typeof LANES

/**
 * Runs a transaction that first takes the hotel's feed head, in its turn. All that takes a head comes by here, so that
 * what waits for one hotel leaves connections for the other hotels and for reads. Throws UNAVAILABLE when the hotel is busy.
 */
export type UnderHead = <T>(
  scope: Scope,
  signal: AbortSignal,
  work: (em: EntityManager, now: Date) => Promise<T>,
  lane?: Lane,
) => Promise<T>

const WAITING = { quick: 1_000, slow: 128 }
const CALLERS_WAIT_MS = { quick: 12_000, slow: 6_000 }

/** Turns of each lane, and so connections: those of all lanes together leave a third of the pool for reads. */
export const LANES = {
  calls: { quick: 6, slow: 2, waiting: WAITING, waitMs: CALLERS_WAIT_MS },
  imports: { quick: 1, slow: 1, waiting: WAITING, waitMs: CALLERS_WAIT_MS },
  // Who follows a feed goes on with other hotels, and comes again.
  own: { quick: 2, slow: 2, waiting: WAITING, waitMs: { quick: 6_000, slow: 3_000 } },
} satisfies Record<string, Limits>

const LOCK_NOT_AVAILABLE = '55P03'

/** Makes the UnderHead of the service's database. */
export function underHead(orm: MikroORM, clockOffset: ClockOffset, metrics: Metrics): UnderHead {
  const lanes: Record<Lane, Turns> = {
    calls: turns(LANES.calls),
    imports: turns(LANES.imports),
    own: turns(LANES.own),
  }
  return async (scope, signal, work, lane = currentCall() === undefined ? 'own' : 'calls') => {
    const waiting = metrics.waits()
    try {
      return await lanes[lane](scope.hotel, signal, (turn) =>
        forkFor(orm, signal).transactional(async (em) => {
          const now = await takeHead(em, scope, clockOffset(), turn.patienceMs)
          turn.taken()
          waiting.over()
          return work(em, now)
        }),
      )
    } catch (error) {
      throw error instanceof HotelIsBusy ? hotelBusy(scope.hotel) : error
    } finally {
      waiting.over()
    }
  }
}

/** Takes the heads of a scope and gives the time of the write. Throws HeadIsHeld when that takes longer than the patience. */
async function takeHead(em: EntityManager, scope: Scope, offset: number, patienceMs: number): Promise<Date> {
  const hotels = scope.creates === undefined ? [scope.hotel] : [scope.hotel, scope.creates].sort()
  let now = new Date(0)
  for (const hotel of hotels) {
    const rows = await query<{ now: string }>(
      em,
      'select begin_write($1, make_interval(secs => $2), make_interval(secs => $3)) as now',
      [hotel, offset, patienceMs / 1_000],
    ).catch((error: unknown) => {
      throw databaseError(error)?.sqlState === LOCK_NOT_AVAILABLE ? new HeadIsHeld() : error
    })
    const time = new Date(rows[0]?.now ?? 0)
    if (time > now) now = time
  }
  return now
}
