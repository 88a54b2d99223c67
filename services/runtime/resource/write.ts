import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUIDv7 } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { CallContext } from 'nice-grpc'
import { currentCaller } from '../access/caller.ts'
import { callersHotels, isVisible } from '../access/hotels.ts'
import { type HotelsOfIds, hotelsOfIds } from '../access/hotels-of-ids.ts'
import type { Heads } from '../changes/heads.ts'
import type { ClockOffset } from '../database/clock.ts'
import type { EntityManager, MikroORM } from '../database/database.ts'
import { databaseError } from '../database/database-error.ts'
import { currentCall } from '../server/call.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import type { Refusal } from './refusal.ts'
import { type Kept, type Repeat, recall, repeatOf } from './repeats.ts'
import { type HeadTask, type Scope, type Shares, underHead } from './under-head.ts'
import type { AtHead } from './write-group.ts'

export type { Scope }

/** A write under way: its transaction, its time, who does it, and how it asks along with others of its transaction. */
export type Write = Pick<AtHead, 'now' | 'together'> & {
  readonly em: EntityManager
  readonly actor: string
  /** Says what breaking a constraint, by its name, comes to. */
  breaks(constraint: string, refusal: () => Refusal): void
}

/** What a repeated idempotent call is answered from: the row of a change, as JSON, to the message of its resource. */
export type Rebuild = (resource: string, payload: Record<string, unknown>) => object

/**
 * The resources of a call that changes several, all or none, and how a repeat of it is answered: from the messages of them
 * all, in the order of the feed.
 */
export type Several<Answer> = { readonly ids: readonly string[]; answer(messages: object[]): Answer }

/** What a write does. */
export type Work<Answer extends object, Loaded = undefined> = {
  /**
   * Sends what it asks the database, which `apply` is to decide by, along with taking the head; called anew for each
   * attempt. It must send all at once, and change nothing.
   */
  load?(em: EntityManager): Promise<Loaded>
  /**
   * Decides, changes entities, and returns how to answer, called once these changes are committed. Where it shares its
   * transaction, nothing else may throw once it has changed something.
   */
  apply(write: Write, loaded: Loaded): Promise<() => Answer> | (() => Answer)
  /** What it may share its transaction by. */
  readonly shares?: Shares
  readonly several?: Several<Answer>
}

/**
 * Runs a write in one transaction that first takes the hotel's feed head: so writers of a hotel come one after another,
 * and all that the work reads stands until it commits. Writes that wait and may share a transaction do; to each the
 * others are as those that came before or after it.
 *
 * A call with an `idempotency-key` is answered from the change that its first one caused, or found its resource at; its key
 * is stored in the same transaction, and repeats that run at once wait at the head. Throws what `apply` throws; a broken
 * constraint as the Refusal of its name.
 */
export type Writer = {
  /** In which hotel a write is. */
  readonly hotels: HotelsOfIds

  write<Answer extends object, Loaded>(
    call: CallContext,
    method: string,
    request: object,
    scope: Scope,
    work: Work<Answer, Loaded>,
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
  underHead<T, Loaded = undefined>(hotel: string, signal: AbortSignal, work: Under<T, Loaded>): Promise<T>
}

/** What a transaction under a head does; `load` as that of a Work. */
export type Under<T, Loaded = undefined> = {
  load?(em: EntityManager): Promise<Loaded>
  apply(write: Omit<Write, 'actor' | 'breaks'>, loaded: Loaded): Promise<T>
}

const ATTEMPTS = 4
const RETRIED = new Set(['40001', '40P01'])
/** How long a write of the service itself may take, the wait for the head included. */
const SYSTEM_MS = 15_000

type WriterOptions = {
  orm: MikroORM
  clockOffset: ClockOffset
  rebuild: Rebuild
  /** The kinds of resources that it writes, by their tables. */
  resources: readonly string[]
  heads: Heads
  metrics: Metrics
}

/** Makes the service's Writer. */
export function writer(options: WriterOptions): Writer {
  const { orm, clockOffset, rebuild, heads, metrics } = options
  const hotels = hotelsOfIds(orm)
  const under = underHead(orm, clockOffset, metrics, (rows) => {
    for (const { table, hotel, id } of rows) hotels.know(table, id, hotel)
  })
  const replayed = (call: CallContext, answer: () => object) => () => {
    metrics.replayed()
    call.header.set('idempotent-replayed', 'true')
    return answer()
  }

  return {
    hotels,
    async write(call, method, request, scope, work) {
      demandOwn(scope)
      const repeat = repeatOf(call, method, request)
      const broken: Broken = new Map()
      const first = (kept: readonly [Kept, ...Kept[]]) => {
        const messages = kept.map(({ resource, payload }) => rebuild(resource, payload))
        return replayed(call, () => work.several?.answer(messages) ?? (messages[0] as object))
      }
      const begin = beginning({ ...options, scope, repeat, request, work: work as never, broken, first })
      const inContext = AsyncLocalStorage.snapshot()
      const task: HeadTask<() => object> = {
        scope,
        signal: call.signal,
        shares: work.shares,
        key: repeat && `${repeat.key} ${repeat.caller}`,
        begin(em) {
          const decide = inContext(begin, em)
          return (at) => inContext(decide, at)
        },
      }
      const lane = method === 'Import' ? 'imports' : undefined
      const answer = await retried(() => under(task, lane), broken, metrics)
      heads.moved(scope.creates ?? scope.hotel)
      return answer() as never
    },
    async replay(call, method, request, scope) {
      demandOwn(scope)
      const repeat = repeatOf(call, method, request)
      if (repeat === undefined) return undefined
      const load = (em: EntityManager) => recall(em, scope, repeat)
      const kept = await under(taskOf(scope, call.signal, { load, apply: async (_, kept) => kept }))
      return kept?.[0] && (replayed(call, () => rebuild(kept[0].resource, kept[0].payload))() as never)
    },
    async system(hotel, apply) {
      const left = (currentCall()?.deadline ?? Number.POSITIVE_INFINITY) - Date.now()
      const signal = AbortSignal.timeout(Math.min(Math.max(Math.ceil(left), 0), SYSTEM_MS))
      const broken: Broken = new Map()
      const task = taskOf({ hotel }, signal, {
        apply: (write) => apply({ ...write, actor: 'system', breaks: (name, refusal) => broken.set(name, refusal) }),
      })
      await retried(() => under(task), broken, metrics)
      heads.moved(hotel)
    },
    underHead: (hotel, signal, work) => under(taskOf({ hotel }, signal, work)),
  }
}

/** What breaking a constraint comes to, by its name. */
type Broken = Map<string, () => Refusal>

type Beginning = Pick<WriterOptions, 'resources'> & {
  readonly scope: Scope
  readonly repeat: Repeat
  readonly request: { readonly id?: string }
  /** Of whatever it loads. */
  readonly work: Work<object, never>
  readonly broken: Broken
  readonly first: (kept: readonly [Kept, ...Kept[]]) => () => object
}

/** How a write begins: it looks for its key and for what it is to decide by, and decides, unless it is a repeat. */
function beginning({
  scope,
  repeat,
  request,
  work,
  broken,
  first,
  resources,
}: Beginning): HeadTask<() => object>['begin'] {
  const { load, apply, several } = work
  const actor = currentCaller().subject
  return (em) => {
    const keeping = unawaited(recall(em, scope, repeat, several?.ids.length))
    const loading = unawaited(load?.(em) ?? Promise.resolve(undefined as never))
    return async ({ now, before, together }) => {
      const kept = await keeping
      if (kept !== undefined) return { result: first(kept) }
      const breaks: Write['breaks'] = (constraint, refusal) => broken.set(constraint, refusal)
      const result = await apply({ em, now, actor, together, breaks }, await loading)
      return { result, key: repeat && { scope, repeat, before, now, several: several?.ids, id: request.id, resources } }
    }
  }
}

/** A transaction for itself. */
function taskOf<T, Loaded>(scope: Scope, signal: AbortSignal, { load, apply }: Under<T, Loaded>): HeadTask<T> {
  return {
    scope,
    signal,
    begin(em) {
      const loading = unawaited(load?.(em) ?? Promise.resolve(undefined as never))
      return async ({ now, together }) => ({ result: await apply({ em, now, together }, await loading) })
    },
  }
}

/** A promise that is awaited only later, or never. */
function unawaited<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined)
  return promise
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

/** Tries again after a conflict; throws the refusal of a constraint that was broken. */
async function retried<T>(attempt: () => Promise<T>, refusals: Broken, metrics: Metrics): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt()
    } catch (error) {
      const broken = databaseError(error)
      if (broken === undefined) throw error
      const refusal = refusals.get(broken.constraint)
      if (refusal !== undefined && broken.sqlState.startsWith('23')) throw refusal()
      if (!RETRIED.has(broken.sqlState) || tries === ATTEMPTS) throw error
      metrics.retried(broken.sqlState)
    }
  }
}
