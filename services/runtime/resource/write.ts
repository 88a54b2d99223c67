import { createHash, randomUUIDv7 } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { type CallContext, Status } from 'nice-grpc'
import { currentCaller } from '../access/caller.ts'
import { callersHotels, isVisible } from '../access/hotels.ts'
import type { Heads } from '../changes/heads.ts'
import { admission } from '../database/admission.ts'
import type { ClockOffset } from '../database/clock.ts'
import { CONNECTIONS, type EntityManager, forkFor, type MikroORM, query } from '../database/database.ts'
import { databaseError } from '../database/database-error.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { invalidFields, Refusal } from './refusal.ts'

/** What breaking each constraint of the service's tables means to the caller, by the constraint's name. */
export type Refusals = Readonly<Record<string, (error: { message: string; detail: string }) => Refusal>>

/** A write under way: its transaction, its time and who does it. */
export type Write = { readonly em: EntityManager; readonly now: Date; readonly actor: string }

/** What a write is about: the hotel it happens in, and, when it creates a hotel, that one. */
export type Scope = { readonly hotel: string; readonly creates?: string }

/** What a repeated idempotent call is answered from: the row of a change, as JSON, to the message of its resource. */
export type Rebuild = (resource: string, payload: Record<string, unknown>) => object

/**
 * How a repeated call is answered when its first one changed several resources, always as many: from the messages of
 * them all, in the order of the feed.
 */
export type Several<Answer> = { readonly changes: number; answer(messages: object[]): Answer }

/**
 * Runs a write in one transaction that first takes the hotel's feed head: so writers of a hotel come one after another,
 * and all that `apply` reads stands until it commits. `apply` returns how to answer, called after the flush.
 *
 * A call with an `idempotency-key` is answered from the change that its first one caused; its key is stored in the
 * transaction of the effect, and repeats that run at once wait at the head. Throws what `apply` throws; a broken
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
  heads: Heads
  metrics: Metrics
}

/** Makes the service's Writer. */
export function writer({ orm, clockOffset, refusals, rebuild, heads, metrics }: WriterOptions): Writer {
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
        const first = await recall(em, scope, repeat, several?.changes)
        if (first !== undefined) {
          const messages = first.map(({ resource, payload }) => rebuild(resource, payload))
          return replayed(call, metrics, () => several?.answer(messages) ?? (messages[0] as object))
        }
        const before = await headOf(em, scope, repeat)
        const answer = await apply({ em, now, actor })
        await em.flush()
        await remember(em, scope, repeat, before, now)
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

/** What makes a call a repeat of another: undefined without a key. */
export type Repeat = { caller: string; key: string; erasedKey: string; method: string; hash: Buffer } | undefined

/** What the call's `idempotency-key` and request make it a repeat of. Throws INVALID_FIELD for a key that is none. */
export function repeatOf(call: CallContext, method: string, request: object): Repeat {
  const key = call.metadata.get('idempotency-key')
  if (key === undefined) return undefined
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw invalidFields([
      { field: 'idempotency-key', description: 'is not 1 to 255 visible ASCII characters without spaces' },
    ])
  }
  const hash = createHash('sha256')
    .update(JSON.stringify([method, request, call.metadata.get('if-match') ?? '']))
    .digest()
  return { caller: currentCaller().subject, key, erasedKey: erasedKey(key), method, hash }
}

async function headOf(em: EntityManager, scope: Scope, repeat: Repeat): Promise<bigint> {
  if (repeat === undefined) return 0n
  const [head] = await query<{ seq: string }>(em, 'select seq from feed_head where hotel_id = $1', [
    scope.creates ?? scope.hotel,
  ])
  return BigInt(head?.seq ?? 0)
}

type First = { method: string; request_hash: Buffer; resource: string; payload: Record<string, unknown> }

/** The changes that the first call caused: the last `changes` up to the one that its key points at. */
async function recall(
  em: EntityManager,
  scope: Scope,
  repeat: Repeat,
  changes = 1,
): Promise<[First, ...First[]] | undefined> {
  if (repeat === undefined) return undefined
  const { caller, key, erasedKey, method, hash } = repeat
  const [first, ...others] = await query<First>(
    em,
    `select k.method, k.request_hash, c.resource, c.payload
     from idempotency_key k
     join change c on c.hotel_id = k.change_hotel_id and c.seq > k.change_seq - $4 and c.seq <= k.change_seq
     where k.hotel_id = $1 and k.caller = $2 and k.key in ($3, $5)
     order by c.seq`,
    [scope.hotel, caller, key, changes, erasedKey],
  )
  if (first === undefined) return undefined
  const isErased = first.request_hash.length === 0
  if (first.method !== method || !(isErased || first.request_hash.equals(hash))) {
    throw new Refusal(
      Status.INVALID_ARGUMENT,
      'IDEMPOTENCY_KEY_REUSED',
      `the idempotency key ${key} was used with another request: use a new one`,
      { idempotency_key: key },
    )
  }
  return [first, ...others]
}

/** What stands for a key once the personal data of its call is erased (erasure.sql): then nothing of the request is left. */
function erasedKey(key: string): string {
  return ` ${createHash('sha256').update(key).digest('hex')}`
}

/** Only effects are stored: a write that changed nothing is tried afresh when repeated. */
async function remember(em: EntityManager, scope: Scope, repeat: Repeat, before: bigint, now: Date): Promise<void> {
  if (repeat === undefined) return
  const last = await headOf(em, scope, repeat)
  if (last === before) return
  const { caller, key, method, hash } = repeat
  await query(
    em,
    `insert into idempotency_key (hotel_id, caller, key, method, request_hash, change_hotel_id, change_seq, create_time)
     values ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [scope.hotel, caller, key, method, hash, scope.creates ?? scope.hotel, String(last), now.toISOString()],
  )
}
