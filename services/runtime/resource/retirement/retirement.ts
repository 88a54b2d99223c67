import { type CallContext, ClientError, Status } from 'nice-grpc'
import { currentCaller } from '../../call/call.ts'
import { query } from '../../database/database.ts'
import { find } from '../../database/find.ts'
import { causeOf } from '../../errors/cause.ts'
import { notFound, peerUnavailable } from '../../errors/refusal.ts'
import { refusalValue, whyNoAnswer } from '../../peers/peers.ts'
import { etagOf, matchEtag } from '../../read/etag.ts'
import type { Scope } from '../write-scope.ts'
import { finishRetirements } from './finishing.ts'
import {
  clearMarks,
  deleteNow,
  GIVE_UP_AFTER,
  isUndecided,
  type Mark,
  type Retired,
  takenBack,
  triedUntil,
} from './retiring.ts'

/**
 * Deletion across two services: mark the resource, let the reservations service decide in its own transaction (from then
 * on it takes no reservation), then delete the resource or clear the mark. A mark that was left behind is finished
 * by any replica, taken back by who wants, and given up at last.
 * proto/hotel/reservations/v1/retirement.proto says why no decision is left behind without a mark.
 */
export type Retirement<Message extends object> = {
  /**
   * Deletes the resource; a repeat of an idempotent call gets its first answer. Throws the refusal of the decision,
   * PEER_UNAVAILABLE when there is none, saying until when it is tried, ETAG_MISMATCH when somebody takes the deletion back
   * meanwhile, NOT_FOUND for a resource already deleted.
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

/** Makes the Retirement of one kind of resource and begins to finish what was left behind. */
export function retirement<Message extends object>(options: Retired<Message>): Retirement<Message> {
  const { writer, name, entity } = options
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
        load: (em) => find(em, entity, scope.hotel, request.id),
        apply(written, resource) {
          if (resource.deleteTime || mark === undefined) throw notFound(name, request.id)
          // A change in between has lifted the decision: reservations may have been made since.
          if (resource.version !== mark.version) throw takenBack(name, etagOf(resource.version))
          deleteNow(resource, written)
          return () => resource.toProto()
        },
      })
    },
    close: finishRetirements(options),
  }
}

/** Marks the resource for deletion; undefined when it is deleted already, perhaps by the same call sent twice. */
async function begin<Message extends object>(
  { writer, name, entity }: Retired<Message>,
  { hotel, id, actor, demandVersion }: Wanted,
  signal: AbortSignal,
): Promise<(Mark & { until: string }) | undefined> {
  return writer.underHead(hotel, signal, {
    load: (em) => find(em, entity, hotel, id),
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
  options: Retired<Message>,
  mark: Mark,
  signal: AbortSignal,
): Promise<void> {
  try {
    await options.ask(mark, signal)
  } catch (error) {
    if (!(error instanceof ClientError) || error.code === Status.CANCELLED) throw error
    // A later version is known there than the one that is marked.
    if (error.code === Status.ABORTED && refusalValue(error, 'etag') !== '')
      throw takenBack(options.name, refusalValue(error, 'etag'))
    if (error.code !== Status.FAILED_PRECONDITION) throw peerUnavailable('reservations', whyNoAnswer(error))
    // A mark that stays is cleared later: the same attempt is refused again.
    await clearMarks(options, mark, signal).catch((error: unknown) =>
      options.log.debug({ err: causeOf(error), id: mark.id }, 'the mark of a refused deletion stays for a while'),
    )
    throw options.refusal(mark.id, error)
  }
}
