import { Status } from 'nice-grpc'
import { Invalid } from '../call/valid.ts'
import { isId } from '../errors/id.ts'
import { Refusal } from '../errors/refusal.ts'

/** A place in a hotel's feed, as handed to one who watches a kind of resource. */
export type Cursor = {
  /** Of the numbering that `seq` is of. */
  readonly epoch: string
  readonly hotel: string
  readonly resource: string
  /** Number of the change that it stands after. */
  readonly seq: bigint
  /** When it was handed out, in milliseconds since 1970: it is good for so long afterwards. */
  readonly time: number
}

/** A cursor as text for the caller. It holds nothing secret, and one that was made up shows nothing that is not asked for. */
export function cursorText({ epoch, hotel, resource, seq, time }: Cursor): string {
  return Buffer.from([epoch, hotel, resource, seq, time.toString(36)].join(' ')).toString('base64url')
}

/** How far apart the clocks of two instances may be. */
const CLOCKS_DIFFER_MS = 3_600_000

/**
 * Reads the cursor of a request to watch; throws Invalid for one that is none, or is of another hotel or resource, or of a
 * time that is still to come, by which it would be good for longer than cursors are.
 */
export function readCursor(text: string, hotel: string, resource: string, now: number): Cursor {
  const [epoch = '', itsHotel, itsResource, seq = '', time = ''] = Buffer.from(text, 'base64url').toString().split(' ')
  const handedOut = /^[0-9a-z]{1,9}$/.test(time) ? Number.parseInt(time, 36) : Number.NaN
  if (!isId(epoch) || !/^\d{1,18}$/.test(seq) || !(handedOut <= now + CLOCKS_DIFFER_MS))
    throw new Invalid('is not a cursor: start over without one')
  if (itsHotel !== hotel) throw new Invalid('is a cursor of another hotel: start over without one')
  if (itsResource !== resource) throw new Invalid('is a cursor of another kind of resource: start over without one')
  return { epoch, hotel, resource, seq: BigInt(seq), time: handedOut }
}

/** OUT_OF_RANGE: what comes after the cursor can not be told any more. */
export function cursorExpired(why: string): Refusal {
  return new Refusal(Status.OUT_OF_RANGE, 'CURSOR_EXPIRED', `${why}: take a cursor with from_now, list, then watch`)
}
