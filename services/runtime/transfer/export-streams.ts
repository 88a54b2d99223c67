import { type CallContext, Status } from 'nice-grpc'
import { currentCall } from '../call/call.ts'
import type { SendQueue } from '../call/send-queue.ts'
import { type Owner, places } from '../call/stream-places.ts'
import { Refusal } from '../errors/refusal.ts'
import type { Logger } from '../process/log.ts'

export type ExportOptions = {
  /** Most exports at once in this process, each with a connection to the database. */
  readonly exportLimit: number
  /** Seconds in which a reader must have taken an answer. */
  readonly exportPatienceSeconds: number
  readonly log: Logger
}

/** The longest that an export may take: a snapshot that stays open keeps the database from cleaning up behind writers. */
const LONGEST_MS = 3_600_000

/**
 * Streams what an export reads, a few at once and no subject more than half of them. An export whose reader takes nothing
 * ends, and with it its transaction; a while later its stream is cut, so that nothing of it is held. Throws
 * TOO_MANY_EXPORTS or EXPORT_TOO_SLOW.
 */
export function exportStreams({ exportLimit, exportPatienceSeconds: seconds, log }: ExportOptions) {
  const takePlace = places({ total: exportLimit, ofSubject: Math.ceil(exportLimit / 2) }, tooManyExports)
  return async function* stream<Rows>(
    call: CallContext,
    read: (call: CallContext) => AsyncIterable<Rows>,
  ): AsyncGenerator<Rows> {
    const sendQueue = takePlace()
    const late = AbortSignal.timeout(LONGEST_MS)
    try {
      for await (const rows of read({ ...call, signal: AbortSignal.any([call.signal, late]) })) {
        yield rows
        if (!(await sendQueue.taken(seconds * 1_000, call.signal)))
          throw tooSlow(`nothing was read for ${seconds} seconds`)
      }
    } catch (error) {
      const ended = late.aborted && !call.signal.aborted ? tooSlow('the export took more than an hour') : error
      if (ended instanceof Refusal) letGo(sendQueue, ended.details)
      throw ended
    }
  }

  function letGo(sendQueue: SendQueue, why: string): void {
    sendQueue.cutAfter(seconds * 1_000)
    log.info({ request_id: currentCall()?.requestId, why }, 'an export is dropped')
  }
}

const OWNERS = { SERVICE: 'the service has', SUBJECT: "the token's subject has", HOTEL: 'the hotel has' } as const

function tooManyExports(of: Owner, limit: number): Refusal {
  return new Refusal(
    Status.RESOURCE_EXHAUSTED,
    'TOO_MANY_EXPORTS',
    `${OWNERS[of]} ${limit} exports at this instance already: wait until one has ended`,
    { limit: String(limit), of },
  )
}

function tooSlow(why: string): Refusal {
  return new Refusal(Status.RESOURCE_EXHAUSTED, 'EXPORT_TOO_SLOW', `${why}: start again, and read faster`)
}
