import { currentCall } from '../call/call.ts'
import type { MikroORM, Prepared } from '../database/database.ts'
import type { Limits, TakenAlong, Turn } from '../database/head-lines.ts'
import { HeadIsHeld, HotelIsBusy, RowIsHeld, type Turns, turns } from '../database/head-turns.ts'
import type { Saved } from '../database/save.ts'
import { inTransaction, type Transaction } from '../database/transaction.ts'
import { databaseError } from '../errors/database-error.ts'
import { hotelBusy } from '../errors/refusal.ts'
import type { ClockOffset } from '../process/clock.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { type Head, type Task, writeGroup } from './write-group.ts'
import type { Scope } from './write-scope.ts'

/**
 * Whose turns at the heads a transaction takes: a call's, an import's, which stays long, or the service's own. None of
 * them waits for a turn that one of the others has.
 */
export type Lane = keyof typeof LANES

/** A write that has to come to the head of its hotel. */
export type HeadTask<Result = unknown> = Task<Result> & {
  readonly scope: Scope
  /** What it may share its transaction by; nothing: it has one for itself. */
  readonly shares?: Shares | undefined
  /** Of its caller: writes with one key come one after another. */
  readonly key?: string | undefined
}

/**
 * What lets a write share a transaction with others of its kind: all that it decides by stays as it is whatever these do, as
 * long as they change none of the same things, each a resource's id or another name.
 */
export type Shares = { readonly kind: string; readonly changes: readonly string[] }

/**
 * Runs a write in a transaction that first takes the hotel's feed head, in its turn, along with other writes of the hotel
 * that wait and may share it; the outcome is that of one after another. All that takes a head comes by here, so that what
 * waits for one hotel leaves connections for the other hotels and for reads. Throws UNAVAILABLE when the hotel is busy.
 */
export type UnderHead = <Result>(task: HeadTask<Result>, lane?: Lane) => Promise<Result>

const WAITING = { quick: 1_000, slow: 128 }
const CALLERS_WAIT_MS = { quick: 12_000, slow: 6_000 }

/** Turns of each lane, and so connections: those of all lanes together leave a third of the pool for reads. */
export const LANES = {
  calls: { quick: 6, slow: 2, waiting: WAITING, waitMs: CALLERS_WAIT_MS },
  imports: { quick: 1, slow: 1, waiting: WAITING, waitMs: CALLERS_WAIT_MS },
  // A follower of a feed continues with other hotels, and tries again later.
  own: { quick: 2, slow: 2, waiting: WAITING, waitMs: { quick: 6_000, slow: 3_000 } },
} satisfies Record<string, Limits>

/**
 * How long a write waits for rows under its head, which only somebody else than the services holds: longer than Postgres
 * takes to find a deadlock.
 */
const WAIT_FOR_ROWS_MS = 2_000
/** An import may wait for another hotel's, which is about to have the same ids. */
const IMPORTS_WAIT_FOR_ROWS_MS = 5_000
/** Then each of them goes alone. */
const TOGETHER_WAIT_FOR_ROWS_MS = 200
const WAIT_LESS: Prepared = { name: 'wait_less', text: `select set_config('lock_timeout', $1, true)` }
const LOCK_NOT_AVAILABLE = '55P03'

function isLockTimeout(error: unknown): boolean {
  return databaseError(error)?.sqlState === LOCK_NOT_AVAILABLE
}

/** So many writes have the head at once, at most: each waits for the others. */
const MOST_TOGETHER = 32

/** A task that waits, and is to be told that its head is taken. */
type Waiting = HeadTask & { readonly headTaken: () => void }

/** Makes the UnderHead of the service's database; `saved` is told of the rows that are committed. */
export function underHead(
  orm: MikroORM,
  clockOffset: ClockOffset,
  metrics: Metrics,
  saved: (rows: readonly Saved[]) => void,
): UnderHead {
  const lanes: Record<Lane, Turns<Waiting>> = {
    calls: turns(LANES.calls),
    imports: turns(LANES.imports),
    own: turns(LANES.own),
  }
  /** A transaction of one task, and of the others, which are asked for once the head is taken. */
  const transact = (turn: Turn<Waiting>, lane: Lane, first: Waiting, others: () => readonly Waiting[]) =>
    inTransaction(orm, first.signal, async (transaction) => {
      const head = takeHead(transaction, first.scope, { offset: clockOffset(), patienceMs: turn.patienceMs, lane })
      using group = writeGroup(transaction, head, saved)
      group.add(first)
      await head
      turn.taken()
      const along = others()
      // A row that somebody holds is to keep none but the one that needs it waiting.
      if (along.length > 0) transaction.run(WAIT_LESS, [String(TOGETHER_WAIT_FOR_ROWS_MS)]).catch(() => undefined)
      for (const other of along) group.add(other)
      return await group.finish()
    }).catch((error: unknown) => {
      throw isLockTimeout(error) ? new RowIsHeld() : error
    })
  /** In a turn of the first, along with those that wait and may share its transaction. */
  const attempt = async (turn: Turn<Waiting>, lane: Lane, first: Waiting) => {
    let along: readonly TakenAlong<Waiting>[] = []
    const others = () => {
      along = first.shares === undefined ? [] : turn.takeAlong(suiting(first))
      for (const { headTaken } of [first, ...along.map(({ task }) => task)]) headTaken()
      return along.map(({ task }) => task)
    }
    try {
      const [own, ...outcomes] = await transact(turn, lane, first, others)
      for (const [index, { settle }] of along.entries()) settle(told(outcomes[index]))
      return await told(own)
    } catch (error) {
      // The last one first, as each that is to come again comes before all that wait.
      for (const { settle } of along.toReversed()) settle(Promise.reject(error))
      // When its caller has gone, the statement was cancelled.
      throw first.signal.aborted ? first.signal.reason : error
    }
  }
  return async <Result>(task: HeadTask<Result>, lane: Lane = currentCall() === undefined ? 'own' : 'calls') => {
    const waiting = metrics.waits()
    const { scope, signal } = task
    const own: Waiting = { ...task, headTaken: waiting.over }
    try {
      return (await lanes[lane](scope.hotel, signal, (turn) => attempt(turn, lane, own), own)) as Result
    } catch (error) {
      throw error instanceof HotelIsBusy || error instanceof RowIsHeld ? hotelBusy(scope.hotel) : error
    } finally {
      waiting.over()
    }
  }
}

/** Whether a task may go along with one, and with those that it has said this of before. */
function suiting({ shares: own, key: ownKey }: Waiting): (task: Waiting) => boolean {
  const changes = new Set(own?.changes)
  const keys = new Set(ownKey === undefined ? [] : [ownKey])
  let places = MOST_TOGETHER - 1
  return ({ shares, key, signal }) => {
    if (places === 0 || shares?.kind !== own?.kind || signal.aborted) return false
    if ((key !== undefined && keys.has(key)) || shares?.changes.some((name) => changes.has(name))) return false
    if (key !== undefined) keys.add(key)
    for (const name of shares?.changes ?? []) changes.add(name)
    places -= 1
    return true
  }
}

function told(outcome: PromiseSettledResult<unknown> | undefined): Promise<unknown> {
  if (outcome === undefined) return Promise.reject(new Error('a write without an outcome'))
  return outcome.status === 'fulfilled' ? Promise.resolve(outcome.value) : Promise.reject(outcome.reason)
}

type Taking = { readonly offset: number; readonly patienceMs: number; readonly lane: Lane }

const TAKE_HEAD: Prepared = { name: 'take_head', text: 'select now, seq from take_head($1, $2, $3, $4, $5)' }

/** Takes the heads of a scope, the later one of two last. Throws HeadIsHeld when that takes longer than the patience. */
async function takeHead(
  { begun, run }: Transaction,
  { hotel, creates }: Scope,
  { offset, patienceMs, lane }: Taking,
): Promise<Head> {
  const rowsMs = lane === 'imports' ? IMPORTS_WAIT_FOR_ROWS_MS : WAIT_FOR_ROWS_MS
  const take = async (id: string) => {
    const [row] = await run<{ now: string; seq: string }>(TAKE_HEAD, [id, offset, patienceMs, rowsMs, lane === 'calls'])
    return { now: new Date(row?.now ?? 0), before: BigInt(row?.seq ?? 0), id }
  }
  try {
    const heads = await Promise.all((creates === undefined ? [hotel] : [hotel, creates].sort()).map(take))
    await begun
    const about = heads.find(({ id }) => id === (creates ?? hotel))
    return { now: new Date(Math.max(...heads.map(({ now }) => Number(now)))), before: about?.before ?? 0n }
  } catch (error) {
    throw isLockTimeout(error) ? new HeadIsHeld() : error
  }
}
