import type { Status as StatusMessage } from '@hotel/proto/google/rpc/status'
import { type CallContext, Status } from 'nice-grpc'
import { isVisible } from '../access/hotels.ts'
import { currentCall } from '../call/call.ts'
import type { SendQueue } from '../call/send-queue.ts'
import { type Owner, type PlaceLimits, places } from '../call/stream-places.ts'
import { Invalid, id, valid } from '../call/valid.ts'
import { type EntityManager, forkFor, type MikroORM, query } from '../database/database.ts'
import { Refusal, statusMessage, unknownHotel } from '../errors/refusal.ts'
import { refusalOf } from '../errors/refusal-of.ts'
import type { ClockOffset } from '../process/clock.ts'
import type { Logger } from '../process/log.ts'
import { type ChangePage, changeReader } from './change-pages.ts'
import type { Rebuild } from './change-row.ts'
import { type Cursor, cursorExpired, cursorText, readCursor } from './cursor.ts'
import type { FeedListener } from './feed-listener.ts'

type WatchOptions = {
  /** Days that a cursor is good for. */
  feedRetentionDays: number
  /** Most watches at once in this process. */
  watchLimit: number
  /** Seconds in which a reader must have taken an answer. */
  watchPatienceSeconds: number
  orm: MikroORM
  heads: FeedListener
  rebuild: Rebuild
  log: Logger
  clockOffset: ClockOffset
  /** Throws INVALID_FIELD unless the hotel exists, deleted or not. */
  demandHotel: (hotel: string, signal: AbortSignal) => Promise<void>
}

type WatchRequest = { hotel: string; cursor: string; from_now: boolean }

/** The changes are of the message that the feed holds under the name of the resource, which no type can tell: all fit. */
type WatchAnswer = { changes: never[]; cursor: string; error?: StatusMessage }

/**
 * Answers the `Watch…` methods of a service, for each kind of resource that its feed holds; the protos say what they
 * promise. A stream keeps its place in the feed and one answer, nothing else: a reader as slow as it may be reads from
 * the database at its own pace, and one that takes nothing is let go.
 */
export type Watch = (call: CallContext, request: WatchRequest, resource: string) => AsyncGenerator<WatchAnswer>

const CHECKPOINT_EVERY_MS = 5_000
/** So long a reader who was let go may take what is left, and why. */
export const CUT_AFTER_MS = 60_000
const DAY_MS = 86_400_000

/** Makes the service's Watch. */
export function watcher(options: WatchOptions): Watch {
  const { orm, heads, demandHotel } = options
  const read = changeReader(orm, options.rebuild)
  const now = () => Date.now() + options.clockOffset() * 1_000
  const takePlace = places(sharesOf(options.watchLimit), tooManyWatches)

  return async function* watch(call, request, resource) {
    let place = placeOf(request, resource, now(), options.feedRetentionDays)
    if (!isVisible(request.hotel)) throw unknownHotel()
    await demandHotel(request.hotel, call.signal)
    const sendQueue = takePlace(request.hotel)
    if (request.from_now) place = { ...place, ...(await headOf(forkFor(orm, call.signal), request.hotel)) }
    // Follow first, then read: a change that commits in between wakes the next wait.
    const following = heads.follow(call.signal, request.hotel)
    let told: number | undefined
    try {
      for (;;) {
        const page = await read(place.hotel, place.resource, place.seq)
        place = { ...after(page, place), time: now() }
        const idle = told === undefined ? CHECKPOINT_EVERY_MS : performance.now() - told
        if (page.changes.length > 0 || idle >= CHECKPOINT_EVERY_MS) {
          told = performance.now()
          yield { changes: page.changes as never[], cursor: cursorText(place) }
          await demandTaken(sendQueue, call.signal)
        }
        if (page.upTo === page.head) await following.moved(untilCheckpoint(told))
        call.signal.throwIfAborted()
      }
    } catch (error) {
      const refusal = refusalOf(error, call, currentCall()?.requestId ?? '', call.signal)
      if (told !== undefined && refusal instanceof Refusal)
        yield { changes: [], cursor: cursorText(place), error: statusMessage(refusal) }
      throw error
    } finally {
      following.end()
    }
  }

  async function demandTaken(sendQueue: SendQueue, signal: AbortSignal): Promise<void> {
    const { watchPatienceSeconds: seconds } = options
    if (await sendQueue.taken(seconds * 1_000, signal)) return
    // The call itself ends, and has its line, only when its reader takes what is left or is gone.
    options.log.info({ request_id: currentCall()?.requestId, seconds }, 'a watcher that reads nothing is dropped')
    sendQueue.cutAfter(CUT_AFTER_MS)
    throw tooSlow(seconds)
  }
}

/** Where a watch begins; throws INVALID_FIELD for a wrong request, CURSOR_EXPIRED for a cursor of long ago. */
function placeOf(request: WatchRequest, resource: string, now: number, retentionDays: number): Cursor {
  const { hotel, cursor } = valid(request, {
    hotel: id,
    cursor: (text) => (text === '' ? undefined : readCursor(String(text), request.hotel, resource, now)),
    from_now: (wanted) => {
      if (wanted === true && request.cursor !== '')
        throw new Invalid('cannot be given together with a cursor: give one of them')
    },
  })
  if (cursor === undefined) return { epoch: '', hotel, resource, seq: 0n, time: now }
  if (now - cursor.time > retentionDays * DAY_MS) throw cursorExpired(`a cursor is valid for ${retentionDays} days`)
  return cursor
}

async function headOf(em: EntityManager, hotel: string): Promise<Pick<Cursor, 'epoch' | 'seq'>> {
  const [head] = await query<{ epoch: string; seq: string }>(
    em,
    'select epoch, coalesce((select seq from feed_head where hotel_id = $1), 0) as seq from feed_epoch',
    [hotel],
  )
  return { epoch: head?.epoch ?? '', seq: BigInt(head?.seq ?? 0) }
}

/** The place after a page; throws CURSOR_EXPIRED when the numbers are not those that the place is of. */
function after({ epoch, head, upTo }: ChangePage, place: Cursor): Cursor {
  if ((place.epoch !== '' && place.epoch !== epoch) || head < place.seq)
    throw cursorExpired('the cursor belongs to a numbering that a restore has replaced')
  return { ...place, epoch, seq: upTo }
}

function untilCheckpoint(told = 0): number {
  return Math.max(told + CHECKPOINT_EVERY_MS - performance.now(), 0)
}

/** RESOURCE_EXHAUSTED of a reader who takes nothing. */
export function tooSlow(seconds: number): Refusal {
  return new Refusal(
    Status.RESOURCE_EXHAUSTED,
    'WATCHER_TOO_SLOW',
    `nothing was read for ${seconds} seconds: continue from the last cursor, and read faster`,
    { seconds: String(seconds) },
  )
}

/** A subject has a fifth of the places, the watches of a hotel half: so others are left some by whoever takes all he gets. */
function sharesOf(total: number): PlaceLimits {
  return { total, ofSubject: Math.ceil(total / 5), ofHotel: Math.ceil(total / 2) }
}

const OWNERS = { SERVICE: 'the service has', SUBJECT: "the token's subject has", HOTEL: 'the hotel has' } as const

/** RESOURCE_EXHAUSTED of the one who has as many watches as it may. */
export function tooManyWatches(of: Owner, limit: number): Refusal {
  return new Refusal(
    Status.RESOURCE_EXHAUSTED,
    'TOO_MANY_WATCHES',
    `${OWNERS[of]} ${limit} watches at this instance already: end some, or repeat later`,
    { limit: String(limit), of },
  )
}
