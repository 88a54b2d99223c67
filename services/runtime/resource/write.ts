import { randomUUIDv7 } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { CallContext } from 'nice-grpc'
import { currentCaller } from '../access/caller.ts'
import { callersHotels, isVisible } from '../access/hotels.ts'
import type { Heads } from '../changes/heads.ts'
import { admission } from '../database/admission.ts'
import type { ClockOffset } from '../database/clock.ts'
import { CONNECTIONS, type EntityManager, forkFor, type MikroORM, query } from '../database/database.ts'
import { databaseError } from '../database/database-error.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Refusal } from './refusal.ts'
import { headOf, recall, remember, repeatOf } from './repeats.ts'

/** What breaking each constraint of the service's tables means to the caller, by the constraint's name. */
export type Refusals = Readonly<Record<string, (error: { message: string; detail: string }) => Refusal>>

/** A write under way: its transaction, its time and who does it. */
export type Write = { readonly em: EntityManager; readonly now: Date; readonly actor: string }

/** What a write is about: the hotel it happens in, and, when it creates a hotel, that one. */
export type Scope = { readonly hotel: string; readonly creates?: string }

/** What a repeated idempotent call is answered from: the row of a change, as JSON, to the message of its resource. */
export type Rebuild = (resource: string, payload: Record<string, unknown>) => object

/**
 * The resources of a call that changes several, all or none, and how a repeat of it is answered: from the messages of them
 * all, in the order of the feed.
 */
export type Several<Answer> = { readonly ids: readonly string[]; answer(messages: object[]): Answer }

/**
 * Runs a write in one transaction that first takes the hotel's feed head: so writers of a hotel come one after another,
 * and all that `apply` reads stands until it commits. `apply` returns how to answer, called after the flush.
 *
 * A call with an `idempotency-key` is answered from the change that its first one caused, or found its resource at; its key
 * is stored in the same transaction, and repeats that run at once wait at the head. Throws what `apply` throws; a broken
 * constraint as the Refusal of its name.
 */
export type Writer = {
  write<Answer extends object>(
    call: CallContext,
    method: string,
    request: object,
    scope: Scope,
    apply: (write: Write) => Promise<() => Answer>,
    several?: Several<Answer>,
  ): Promise<Answer>

  /** The first answer of a call that is a repeat, undefined otherwise: for a write that asks a peer before it begins. */
  replay<Answer extends object>(
    call: CallContext,
    method: string,
    request: object,
    scope: Scope,
  ): Promise<Answer | undefined>

  /** A write of the service itself, by `system`. */
  system(hotel: string, apply: (write: Write) => Promise<void>): Promise<void>
}

const ATTEMPTS = 4
const RETRIED = new Set(['40001', '40P01'])
/** Enough to keep a hotel's head busy: while one writes, the next waits at the head and another begins. */
const WRITES_OF_HOTEL = 3

type WriterOptions = {
  orm: MikroORM
  clockOffset: ClockOffset
  refusals: Refusals
  rebuild: Rebuild
  /** The kinds of resources that it writes, by their tables. */
  resources: readonly string[]
  heads: Heads
  metrics: Metrics
}

/** Makes the service's Writer. */
export function writer({ orm, clockOffset, refusals, rebuild, resources, heads, metrics }: WriterOptions): Writer {
  const begin = (signal: AbortSignal, scope: Scope, work: (em: EntityManager, now: Date) => Promise<() => object>) =>
    retried(
      () => forkFor(orm, signal).transactional(async (em) => work(em, await beginWrite(em, scope, clockOffset()))),
      refusals,
      metrics,
    )

  const admit = admission(CONNECTIONS - 2, WRITES_OF_HOTEL)

  return {
    async write(call, method, request, scope, apply, several) {
      demandOwn(scope)
      const repeat = repeatOf(call, method, request)
      const actor = currentCaller().subject
      using _place = await metrics.waits(admit(scope.hotel, call.signal))
      const answer = await begin(call.signal, scope, async (em, now) => {
        const first = await recall(em, scope, repeat, several?.ids.length)
        if (first !== undefined) {
          const messages = first.map(({ resource, payload }) => rebuild(resource, payload))
          return replayed(call, metrics, () => several?.answer(messages) ?? (messages[0] as object))
        }
        const before = repeat === undefined ? 0n : await headOf(em, scope)
        const answer = await apply({ em, now, actor })
        await em.flush()
        const { id } = request as { id?: string }
        await remember(em, scope, repeat, { before, now, several: several?.ids, id, resources })
        return answer
      })
      heads.moved(scope.creates ?? scope.hotel)
      return answer() as never
    },
    async replay(call, method, request, scope) {
      demandOwn(scope)
      const repeat = repeatOf(call, method, request)
      if (repeat === undefined) return undefined
      const first = await forkFor(orm, call.signal).transactional(async (em) => {
        await beginWrite(em, scope, clockOffset())
        return recall(em, scope, repeat)
      })
      return first?.[0] && (replayed(call, metrics, () => rebuild(first[0].resource, first[0].payload))() as never)
    },
    async system(hotel, apply) {
      await begin(AbortSignal.timeout(10_000), { hotel }, async (em, now) => {
        await apply({ em, now, actor: 'system' })
        await em.flush()
        return () => ({})
      })
      heads.moved(hotel)
    },
  }
}

/**
 * Who asks for what is of another hotel is refused when its hotel is looked up, as for what does not exist. Should a method
 * have missed that, it fails here and changes nothing.
 */
function demandOwn({ hotel, creates }: Scope): void {
  if (!isVisible(hotel) || (creates !== undefined && callersHotels() !== null))
    throw new Error("a write for a hotel that is not the caller's: its method did not ask whether it is")
}

/** What every new resource begins with: an id of its own, its times and who made it. */
export function newborn({ now, actor }: Pick<Write, 'now' | 'actor'>) {
  return { id: randomUUIDv7(), createTime: now, updateTime: now, updatedBy: actor, version: 1 }
}

/**
 * Changes those fields of an entity that differ, and then its time and actor too. An entity that is as wanted stays
 * untouched, its version included.
 */
export function change<Entity extends { updateTime: Date; updatedBy: string }>(
  entity: Entity,
  data: Partial<Entity>,
  { now, actor }: Write,
): void {
  const differs = Object.entries(data).some(
    ([field, value]) => !isDeepStrictEqual((entity as Record<string, unknown>)[field] ?? null, value ?? null),
  )
  if (differs) Object.assign(entity, data, { updateTime: now, updatedBy: actor })
}

function replayed(call: CallContext, metrics: Metrics, answer: () => object): () => object {
  metrics.replayed()
  call.header.set('idempotent-replayed', 'true')
  return answer
}

async function retried<T>(attempt: () => Promise<T>, refusals: Refusals, metrics: Metrics): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt()
    } catch (error) {
      const broken = databaseError(error)
      if (broken === undefined) throw error
      const refusal = refusals[broken.constraint]
      if (refusal !== undefined && broken.sqlState.startsWith('23')) throw refusal(broken)
      if (!RETRIED.has(broken.sqlState) || tries === ATTEMPTS) throw error
      metrics.retried(broken.sqlState)
    }
  }
}

async function beginWrite(em: EntityManager, scope: Scope, offset: number): Promise<Date> {
  const hotels = scope.creates === undefined ? [scope.hotel] : [scope.hotel, scope.creates].sort()
  let now = new Date(0)
  for (const hotel of hotels) {
    const [row] = await query<{ now: string }>(em, 'select begin_write($1, make_interval(secs => $2)) as now', [
      hotel,
      offset,
    ])
    const time = new Date(row?.now ?? 0)
    if (time > now) now = time
  }
  return now
}
