import { Refusal } from '@hotel/runtime/errors/refusal'
import { Status } from 'nice-grpc'
import { type ErrorDetails, PreconditionFailure } from 'nice-grpc-error-details'
import type { Stay } from './stay.ts'

/** What a write wanted and did not get, for which alternatives can be found. */
export type Wish = {
  readonly hotel: string
  readonly location: string
  readonly stay: Stay
  /** The rooms that were named, or the type of which `count` were wanted. */
  readonly rooms: readonly string[] | { readonly type: string; readonly count: number }
  /** The reservation whose own nights are in nobody's way. */
  readonly own?: string
  /** When no other dates will do, as for a check-in. */
  readonly datesAreFixed?: boolean
  /** When the guest is here already: the first night that is still to come, and what the reservation has now. */
  readonly here?: { readonly tonight: string; readonly rooms: readonly string[]; readonly outDate: string }
}

/** What is in the way: a room and nights of it, and what kind of holder has them. */
export type Conflict = {
  readonly room: string
  readonly in_date: string
  readonly out_date: string
  readonly by: string
  /** Since when the stay is over of a guest who is still there. */
  readonly overSince?: string
}

/** The most nights in the way that are named: details travel in trailers, of which a gRPC client takes 8 KiB by default. */
export const MOST_IN_THE_WAY = 10

/** A refusal for lack of rooms. The wish goes with it, if any, so that alternatives can be added when the write is over. */
export class NoRoom extends Refusal {
  readonly wish: Wish | undefined
  readonly #metadata: Record<string, string>

  constructor(
    reason: 'ROOM_NOT_AVAILABLE' | 'NO_ROOM_OF_TYPE_AVAILABLE',
    message: string,
    metadata: Record<string, string>,
    wish: Wish | undefined,
    details: ErrorDetails[] = [],
  ) {
    super(Status.FAILED_PRECONDITION, reason, message, metadata, details)
    this.wish = wish
    this.#metadata = metadata
  }

  /** The same refusal with more details. */
  with(details: ErrorDetails[]): Refusal {
    return new Refusal(this.code, this.reason, this.details, this.#metadata, [...this.extra.slice(1), ...details])
  }
}

/** ROOM_NOT_AVAILABLE, with the nights in the way. */
export function roomNotAvailable(conflicts: readonly Conflict[], wish?: Wish): NoRoom {
  const [first] = conflicts
  return new NoRoom(
    'ROOM_NOT_AVAILABLE',
    first === undefined ? 'a room is held for some of the nights' : `room ${first.room} is ${heldFor(first)}`,
    first === undefined ? {} : { room: first.room, in_date: first.in_date, out_date: first.out_date },
    wish,
    inTheWay(conflicts),
  )
}

/** NO_ROOM_OF_TYPE_AVAILABLE: too few rooms of the type are free. */
export function noRoomOfType(type: string, requested: number, free: number, wish: Wish): NoRoom {
  return new NoRoom(
    'NO_ROOM_OF_TYPE_AVAILABLE',
    `${requested} rooms of the room type ${type} are needed, ${free} are free`,
    { room_type: type, requested: String(requested), free: String(free) },
    wish,
  )
}

/** The nights in the way as a detail of the refusal: the first ten; no detail when there are none. */
export function inTheWay(conflicts: readonly Conflict[]): PreconditionFailure[] {
  const violations = conflicts.slice(0, MOST_IN_THE_WAY).map((conflict) => ({
    type: conflict.by,
    subject: `rooms/${conflict.room}`,
    description: heldFor(conflict),
  }))
  return violations.length > 0 ? [PreconditionFailure.fromPartial({ violations })] : []
}

function heldFor({ in_date, out_date, overSince }: Conflict): string {
  const held = `held for the nights from ${in_date} to ${out_date}`
  return overSince === undefined
    ? held
    : `${held} by a guest whose stay ended on ${overSince} and who is not checked out`
}
