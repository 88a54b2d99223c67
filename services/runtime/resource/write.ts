import { randomUUIDv7 } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { CallContext } from 'nice-grpc'
import { currentCaller } from '../access/caller.ts'
import { callersHotels, isVisible } from '../access/hotels.ts'
import type { Heads } from '../changes/heads.ts'
import type { ClockOffset } from '../database/clock.ts'
import type { EntityManager, MikroORM } from '../database/database.ts'
import { databaseError } from '../database/database-error.ts'
import { currentCall } from '../server/call.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Refusal } from './refusal.ts'
import { headOf, recall, remember, repeatOf } from './repeats.ts'
import { type Lane, type Scope, underHead } from './under-head.ts'

export type { Scope }

/** What breaking each constraint of the service's tables means to the caller, by the constraint's name. */
export type Refusals = Readonly<Record<string, (error: { message: string; detail: string }) => Refusal>>

/** A write under way: its transaction, its time and who does it. */
export type Write = { readonly em: EntityManager; readonly now: Date; readonly actor: string }

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

  /**
   * A write of the service itself, by `system`, in a bounded time: throws UNAVAILABLE when the hotel's head is not to be
   * had, or the time of the call on whose behalf it is made is over.
   */
  system(hotel: string, apply: (write: Write) => Promise<void>): Promise<void>

  /** A transaction under the hotel's head that changes no resource, of a call or of the service itself. */
  underHead<T>(hotel: string, signal: AbortSignal, work: (em: EntityManager) => Promise<T>): Promise<T>
}

const ATTEMPTS = 4
const RETRIED = new Set(['40001', '40P01'])
/** How long a write of the service itself may take, the wait for the head included. */
const SYSTEM_MS = 15_000

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
  const under = underHead(orm, clockOffset, metrics)
  const begin = (
    signal: AbortSignal,
    scope: Scope,
    work: (em: EntityManager, now: Date) => Promise<() => object>,
    lane?: Lane,
  ) => retried(() => under(scope, signal, work, lane), refusals, metrics)

  return {
    async write(call, method, request, scope, apply, several) {
      demandOwn(scope)
      const repeat = repeatOf(call, method, request)
      const actor = currentCaller().subject
      const work = async (em: EntityManager, now: Date) => {
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
      }
      const answer = await begin(call.signal, scope, work, method === 'Import' ? 'imports' : undefined)
      heads.moved(scope.creates ?? scope.hotel)
      return answer() as never
    },
    async replay(call, method, request, scope) {
      demandOwn(scope)
      const repeat = repeatOf(call, method, request)
      if (repeat === undefined) return undefined
      const first = await under(scope, call.signal, (em) => recall(em, scope, repeat))
      return first?.[0] && (replayed(call, metrics, () => rebuild(first[0].resource, first[0].payload))() as never)
    },
    async system(hotel, apply) {
      const left = (currentCall()?.deadline ?? Number.POSITIVE_INFINITY) - Date.now()
      const signal = AbortSignal.timeout(Math.min(Math.max(Math.ceil(left), 0), SYSTEM_MS))
      await begin(signal, { hotel }, async (em, now) => {
        await apply({ em, now, actor: 'system' })
        await em.flush()
        return () => ({})
      })
      heads.moved(hotel)
    },
    underHead: (hotel, signal, work) => under({ hotel }, signal, work),
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
