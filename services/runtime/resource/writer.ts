import { AsyncLocalStorage } from 'node:async_hooks'
import type { CallContext } from 'nice-grpc'
import { callersHotels, isVisible } from '../access/hotels.ts'
import { hotelsOfIds } from '../access/hotels-of-ids.ts'
import { currentCall, currentCaller } from '../call/call.ts'
import type { Rebuild } from '../changes/change-row.ts'
import type { FeedListener } from '../changes/feed-listener.ts'
import type { EntityManager, MikroORM } from '../database/database.ts'
import { databaseError } from '../errors/database-error.ts'
import type { Refusal } from '../errors/refusal.ts'
import type { ClockOffset } from '../process/clock.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { type Kept, type Repeat, recall, repeatOf } from './repeats.ts'
import { type HeadTask, underHead } from './under-head.ts'
import type { Under, Work, Write, Writer } from './write.ts'
import type { Scope } from './write-scope.ts'

export type WriterOptions = {
  orm: MikroORM
  clockOffset: ClockOffset
  rebuild: Rebuild
  /** The kinds of resources that it writes, by their tables. */
  resources: readonly string[]
  heads: FeedListener
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
      const first = (kept: readonly Kept[]) => {
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
      const [first] = (await under(taskOf(scope, call.signal, { load, apply: async (_, kept) => kept }))) ?? []
      return first && (replayed(call, () => rebuild(first.resource, first.payload))() as never)
    },
    async system(hotel, apply, given) {
      const left = (currentCall()?.deadline ?? Number.POSITIVE_INFINITY) - Date.now()
      const late = AbortSignal.timeout(Math.min(Math.max(Math.ceil(left), 0), SYSTEM_MS))
      const signal = given === undefined ? late : AbortSignal.any([late, given])
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
  readonly first: (kept: readonly Kept[]) => () => object
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
 * A resource of another hotel is refused when its hotel is looked up, like one that does not exist. If a method
 * does not do that, the write fails here and changes nothing.
 */
function demandOwn({ hotel, creates }: Scope): void {
  if (!isVisible(hotel) || (creates !== undefined && callersHotels() !== null))
    throw new Error("a write for a hotel that is not the caller's: its method did not ask whether it is")
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

const ATTEMPTS = 4

const RETRIED = new Set(['40001', '40P01'])

/** How long a write of the service itself may take, the wait for the head included. */
const SYSTEM_MS = 15_000
