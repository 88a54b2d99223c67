import { type CallContext, ClientError, Status } from 'nice-grpc'
import { currentCaller } from '../access/caller.ts'
import { causeOf } from '../database/cause.ts'
import { type EntityManager, forkFor, type MikroORM, query } from '../database/database.ts'
import { type ByHotel, byHotel, intervalJob } from '../server/interval-job.ts'
import { whyNoAnswer } from '../server/peers.ts'
import type { Logger } from '../telemetry/log.ts'
import { matchEtag } from './etag.ts'
import { notFound, peerUnavailable, type Refusal } from './refusal.ts'
import { beingRetired, isUndecided, type Retirable, takeBack, triedUntil } from './retiring.ts'
import { change, type Scope, type Write, type Writer } from './write.ts'

const FINISH_AFTER = '10 seconds'
/** How long a deletion is tried. Nobody expects one much later, when the reservations service is back at last. */
const GIVE_UP_AFTER = '10 minutes'
const FINISH_EVERY_MS = 5_000
const ROUND_MS = 60_000
/** Marks of a hotel that one round looks at. */
const MOST_OF_HOTEL = 20

/** What is decided about: the resource as it was when it was marked, and the number of its mark. */
export type Mark = { readonly hotel: string; readonly id: string; readonly version: number; readonly attempt: number }

/**
 * Deletion across two services: mark the resource, let the reservations service decide in its own transaction (from then
 * on it takes no reservation), then delete the resource or clear the mark. A mark that was left behind is finished
 * by any replica, taken back by who wants, and given up at last.
 * proto/hotel/reservations/v1/retirement.proto says why no decision is left behind without a mark.
 */
export type Retirement<Message extends object> = {
  /**
   * Deletes the resource; a repeat of an idempotent call gets its first answer. Throws the refusal of the decision,
   * PEER_UNAVAILABLE when there is none, saying until when it is tried, NOT_FOUND for a resource already deleted.
   */
  remove(call: CallContext, method: string, request: { id: string; etag: string }, scope: Scope): Promise<Message>
  /**
   * Has the deletion of a live resource agreed to, and gives the mark by which the caller deletes it; undefined when it
   * is deleted already. Throws as `remove`.
   */
  agree(wanted: Wanted, signal: AbortSignal): Promise<Mark | undefined>
  close(): Promise<void>
}

/** A deletion that is wanted: by whom, and what throws unless the version is the wanted one. */
export type Wanted = {
  readonly hotel: string
  readonly id: string
  readonly actor: string
  readonly demandVersion: (version: number) => void
}

type Options<Message extends object> = {
  orm: MikroORM
  writer: Writer
  log: Logger
  /** Of the resource, and of its table. */
  name: 'guest' | 'room'
  find: (em: EntityManager, hotel: string, id: string) => Promise<Retirable<Message>>
  /** Asks for the decision; rejects with FAILED_PRECONDITION when it is refused. */
  ask: (mark: Mark, signal: AbortSignal) => Promise<unknown>
  /** What a refused decision means to the caller. */
  refusal: (id: string, error: ClientError) => Refusal
}

/** Makes the Retirement of one kind of resource and begins to finish what was left behind. */
export function retirement<Message extends object>(options: Options<Message>): Retirement<Message> {
  const { writer, log, name, find } = options
  const job = { failed: `deletions of a ${name} not finished`, level: 'debug', log } as const
  const inTurn = byHotel(job)
  const close = intervalJob({ ...job, everyMs: FINISH_EVERY_MS, limitMs: ROUND_MS }, (signal) =>
    finishAll(options, inTurn, signal),
  )
  const agree = async (wanted: Wanted, signal: AbortSignal) => {
    const mark = await begin(options, wanted, signal)
    if (mark !== undefined) await decide(options, mark, signal)
    return mark
  }

  return {
    agree,
    async remove(call, method, request, scope) {
      const repeated = await writer.replay<Message>(call, method, request, scope)
      if (repeated !== undefined) return repeated
      const demandVersion = (version: number) => matchEtag(call, request, version)
      const wanted = { ...scope, id: request.id, actor: currentCaller().subject, demandVersion }
      const mark = await begin(options, wanted, call.signal)
      if (mark !== undefined) {
        await decide(options, mark, call.signal).catch((error: unknown) => {
          throw isUndecided(error) ? triedUntil(name, mark.until) : error
        })
      }
      return writer.write(call, method, request, scope, {
        shares: { kind: name, changes: [request.id] },
        load: (em) => find(em, scope.hotel, request.id),
        apply(written, resource) {
          if (resource.deleteTime || mark === undefined) throw notFound(name, request.id)
          // A change in between has lifted the decision: reservations may have been made since.
          if (resource.version !== mark.version) throw beingRetired(name)
          deleteNow(resource, written)
          return () => resource.toProto()
        },
      })
    },
    close,
  }
}

/** Marks the resource for deletion; undefined when it is deleted already, perhaps by the same call sent twice. */
async function begin<Message extends object>(
  { writer, name, find }: Options<Message>,
  { hotel, id, actor, demandVersion }: Wanted,
  signal: AbortSignal,
): Promise<(Mark & { until: string }) | undefined> {
  return writer.underHead(hotel, signal, {
    load: (em) => find(em, hotel, id),
    async apply({ em }, { deleteTime, version }) {
      if (deleteTime) return undefined
      demandVersion(version)
      const [row] = await query<{ attempt: number; until: string }>(
        em,
        `update ${name} set retiring_time = clock_timestamp(), retiring_by = $3, retire_attempt = retire_attempt + 1
         where hotel_id = $1 and id = $2
         returning retire_attempt as attempt, retiring_time + interval '${GIVE_UP_AFTER}' as until`,
        [hotel, id, actor],
      )
      if (row === undefined) throw new Error(`the ${name} is gone while its hotel's head is held`)
      return { hotel, id, version, attempt: row.attempt, until: new Date(row.until).toISOString() }
    },
  })
}

async function decide<Message extends object>(
  options: Options<Message>,
  mark: Mark,
  signal: AbortSignal,
): Promise<void> {
  try {
    await options.ask(mark, signal)
  } catch (error) {
    if (!(error instanceof ClientError) || error.code === Status.CANCELLED) throw error
    if (error.code !== Status.FAILED_PRECONDITION) throw peerUnavailable('reservations', whyNoAnswer(error))
    // A mark that stays is cleared later: the same attempt is refused again.
    await clearMarks(options, mark, signal).catch((error: unknown) =>
      options.log.debug({ err: causeOf(error), id: mark.id }, 'the mark of a refused deletion stays for a while'),
    )
    throw options.refusal(mark.id, error)
  }
}

async function finishAll<Message extends object>(
  options: Options<Message>,
  inTurn: ByHotel,
  signal: AbortSignal,
): Promise<void> {
  const { orm, name } = options
  const left = await query<Mark & { late: boolean }>(
    forkFor(orm, signal),
    `select hotel_id as hotel, id, version, retire_attempt as attempt,
       retiring_time < clock_timestamp() - interval '${GIVE_UP_AFTER}' as late
     from (
       select *, row_number() over (partition by hotel_id order by retiring_time) as place
       from ${name} where retiring_time < clock_timestamp() - interval '${FINISH_AFTER}') marked
     where place <= ${MOST_OF_HOTEL}`,
  )
  await inTurn(
    Map.groupBy(left, ({ hotel }) => hotel),
    signal,
    (_hotel, { late, ...mark }) => (late ? giveUp(options, mark) : finishOne(options, mark)),
  )
}

/** Ends a deletion that was tried for long enough, unless it was asked for anew meanwhile. */
async function giveUp<Message extends object>({ writer, name, find, log }: Options<Message>, mark: Mark) {
  const { hotel, id, attempt } = mark
  await writer.system(hotel, async (written) => {
    const resource = await find(written.em, hotel, id)
    const still = `select from ${name} where hotel_id = $1 and id = $2 and retire_attempt = $3 and retiring_time is not null`
    if ((await query(written.em, still, [hotel, id, attempt])).length === 0) return
    takeBack(resource, written)
    log.warn({ id }, `the deletion of a ${name} is given up: the reservations service has not decided it`)
  })
}

async function finishOne<Message extends object>(options: Options<Message>, mark: Mark): Promise<void> {
  const { writer, ask, find } = options
  const agreed = await ask(mark, AbortSignal.timeout(5_000)).then(() => true, isRefused)
  if (!agreed) return clearMarks(options, mark, AbortSignal.timeout(5_000))
  await writer.system(mark.hotel, async (written) => {
    const resource = await find(written.em, mark.hotel, mark.id)
    if (resource.deleteTime || resource.version !== mark.version) return
    deleteNow(resource, { ...written, actor: resource.retiringBy ?? written.actor })
  })
}

function isRefused(error: unknown): false {
  if (error instanceof ClientError && error.code === Status.FAILED_PRECONDITION) return false
  throw error
}

function deleteNow<Message extends object>(resource: Retirable<Message>, written: Write): void {
  change(resource, { deleteTime: written.now, retiringTime: null, retiringBy: null }, written)
}

/** Up to the attempt that was refused: a later one has a mark of its own. No change of the resource for its readers. */
async function clearMarks<Message extends object>(
  { writer, name }: Options<Message>,
  mark: Mark,
  signal: AbortSignal,
): Promise<void> {
  await writer.underHead(mark.hotel, signal, {
    apply: ({ em }) =>
      query(
        em,
        `update ${name} set retiring_time = null, retiring_by = null
         where hotel_id = $1 and id = $2 and retire_attempt <= $3`,
        [mark.hotel, mark.id, mark.attempt],
      ),
  })
}
